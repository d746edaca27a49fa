/* api.c - versions, texts, models and results: arguments are checked here,
 * the work is the modules'. Contexts are in context.c, detection in
 * detect.c, pictures in picture.c. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/sized_struct.h"
#include "base/skeleton.h"
#include "model/embedded.h"
#include "model/model.h"
#include "result/draw.h"
#include "result/json.h"
#include "result/result.h"
#include "result/wording.h"

enum { HOST_BYTES_1_0 = 40, PERSON_BYTES_1_0 = 376, TIMES_BYTES_1_0 = 56 };

/* ---- Version and texts ------------------------------------------------ */

uint32_t hatpose_version(void)
{
    return HATPOSE_VERSION;
}

const char *hatpose_version_string(void)
{
    return "0.1.0";
}

hatpose_status hatpose_check_abi(uint32_t header_version)
{
    if (header_version >> 16 != HATPOSE_VERSION >> 16 ||
        (header_version >> 8 & 0xff) > (HATPOSE_VERSION >> 8 & 0xff))
        return HATPOSE_E_ABI;
    return HATPOSE_OK;
}

const char *hatpose_status_string(hatpose_status status)
{
    return hp_status_string(status);
}

const char *hatpose_reason_string(int32_t reason)
{
    return hp_hat_reason_string(reason);
}

const char *hatpose_keypoint_name(uint32_t joint)
{
    return joint < HATPOSE_KEYPOINT_COUNT ? hp_keypoint_names[joint] : NULL;
}

/* ---- Models ----------------------------------------------------------- */

void hatpose_host_init(hatpose_host *host, uint32_t struct_size)
{
    hp_memory memory;

    if (host == NULL || struct_size < HOST_BYTES_1_0)
        return;
    hp_memory_init(&memory, NULL, 0);
    host->struct_size = struct_size;
    hp_sized_struct_write(host, &memory.host, sizeof memory.host,
                          HOST_BYTES_1_0);
}

/* What a load needs before anything is read: where the model goes, and a
 * whole host. host NULL stays NULL: malloc and silence. */
static hatpose_status begin_load(const hatpose_host *host, hatpose_model **out,
                                 hatpose_host *copy, const hatpose_host **use,
                                 hatpose_error *err)
{
    if (out == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "out is NULL");
    *out = NULL;
    *use = NULL;
    hp_error_clear(err);
    if (host == NULL)
        return HATPOSE_OK;
    memset(copy, 0, sizeof *copy);
    hatpose_status status = hp_sized_struct_read(
        copy, sizeof *copy, HOST_BYTES_1_0, host, "hatpose_host", err);
    if (status != HATPOSE_OK)
        return status;
    if ((copy->allocate == NULL) != (copy->deallocate == NULL))
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "hatpose_host: allocate and deallocate go together");
    *use = copy;
    return HATPOSE_OK;
}

hatpose_status hatpose_model_load_default(const hatpose_host *host,
                                          hatpose_model **out,
                                          hatpose_error *err)
{
    hatpose_host copy;
    const hatpose_host *use;
    hatpose_status status = begin_load(host, out, &copy, &use, err);

    if (status != HATPOSE_OK)
        return status;
#ifdef HP_HAVE_MODEL
    return hp_model_from_memory(hp_embedded_model,
                                (size_t)hp_embedded_model_bytes, false, use,
                                out, err);
#else
    return hp_fail(err, HATPOSE_E_UNSUPPORTED, "built without a model");
#endif
}

hatpose_status hatpose_model_load_file(const char *utf8_path,
                                       const hatpose_host *host,
                                       hatpose_model **out, hatpose_error *err)
{
    hatpose_host copy;
    const hatpose_host *use;
    hatpose_status status = begin_load(host, out, &copy, &use, err);

    if (status != HATPOSE_OK)
        return status;
    if (utf8_path == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "utf8_path is NULL");
    return hp_model_from_file(utf8_path, use, out, err);
}

hatpose_status hatpose_model_load_memory(const void *data, size_t bytes,
                                         const hatpose_host *host,
                                         hatpose_model **out,
                                         hatpose_error *err)
{
    hatpose_host copy;
    const hatpose_host *use;
    hatpose_status status = begin_load(host, out, &copy, &use, err);

    if (status != HATPOSE_OK)
        return status;
    if (data == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "data is NULL");
    return hp_model_from_memory(data, bytes, true, use, out, err);
}

hatpose_model *hatpose_model_retain(hatpose_model *model)
{
    if (model != NULL)
        hp_model_retain(model);
    return model;
}

void hatpose_model_release(hatpose_model *model)
{
    hp_model_release(model);
}

const char *hatpose_model_name(const hatpose_model *model)
{
    return model == NULL ? "" : model->name;
}

/* Cut to the room there is; `to` is all zero before. */
static void copy_text(char *to, size_t capacity, const char *from)
{
    size_t bytes = strlen(from);

    memcpy(to, from, bytes < capacity ? bytes : capacity - 1);
}

hatpose_status hatpose_model_describe(const hatpose_model *model,
                                      hatpose_model_info *info)
{
    hatpose_model_info ours;

    if (model == NULL || info == NULL)
        return HATPOSE_E_ARGUMENT;
    memset(&ours, 0, sizeof ours);
    ours.crc32 = model->crc32;
    ours.file_bytes = model->file_bytes;
    ours.parameter_count = model->parameter_count;
    ours.operation_count = (uint32_t)model->op_count;
    ours.heatmap_count = (uint32_t)model->heatmaps.count;
    ours.paf_count = (uint32_t)model->pafs.count;
    ours.hat_map_count = (uint32_t)model->hats.count;
    copy_text(ours.name, sizeof ours.name, model->name);
    copy_text(ours.license, sizeof ours.license, model->license);
    copy_text(ours.description, sizeof ours.description, model->description);
    copy_text(ours.source_url, sizeof ours.source_url, model->source_url);
    return hp_sized_struct_write(info, &ours, sizeof ours, sizeof ours);
}

/* ---- Results ---------------------------------------------------------- */

void hatpose_result_destroy(hatpose_result *result)
{
    hp_result_destroy(result);
}

void hatpose_result_size(const hatpose_result *result, uint32_t *width_px,
                         uint32_t *height_px)
{
    if (width_px != NULL)
        *width_px = result == NULL ? 0 : result->width_px;
    if (height_px != NULL)
        *height_px = result == NULL ? 0 : result->height_px;
}

uint32_t hatpose_result_precision(const hatpose_result *result)
{
    return result == NULL ? 0 : result->precision;
}

hatpose_status hatpose_result_times(const hatpose_result *result,
                                    hatpose_times *times)
{
    if (result == NULL || times == NULL)
        return HATPOSE_E_ARGUMENT;
    return hp_sized_struct_write(times, &result->times, sizeof *times,
                                 TIMES_BYTES_1_0);
}

uint32_t hatpose_result_person_count(const hatpose_result *result)
{
    return result == NULL ? 0 : result->person_count;
}

hatpose_status hatpose_result_person(const hatpose_result *result,
                                     uint32_t index, hatpose_person *person)
{
    if (person == NULL || index >= hatpose_result_person_count(result))
        return HATPOSE_E_ARGUMENT;
    return hp_sized_struct_write(person, &result->people[index], sizeof *person,
                                 PERSON_BYTES_1_0);
}

uint32_t hatpose_result_hat_count(const hatpose_result *result)
{
    return result == NULL ? 0 : result->hat_count;
}

hatpose_status hatpose_result_hat(const hatpose_result *result, uint32_t index,
                                  hatpose_hat *hat)
{
    if (hat == NULL || index >= hatpose_result_hat_count(result))
        return HATPOSE_E_ARGUMENT;
    *hat = result->hats[index];
    return HATPOSE_OK;
}

uint32_t hatpose_result_head_count(const hatpose_result *result)
{
    return result == NULL ? 0 : result->head_count;
}

hatpose_status hatpose_result_head(const hatpose_result *result, uint32_t index,
                                   hatpose_head *head)
{
    if (head == NULL || index >= hatpose_result_head_count(result))
        return HATPOSE_E_ARGUMENT;
    *head = result->heads[index];
    return HATPOSE_OK;
}

uint32_t hatpose_result_peak_count(const hatpose_result *result)
{
    return result == NULL ? 0 : result->peak_count;
}

hatpose_status hatpose_result_peak(const hatpose_result *result, uint32_t index,
                                   hatpose_peak *peak)
{
    if (peak == NULL || index >= hatpose_result_peak_count(result))
        return HATPOSE_E_ARGUMENT;
    *peak = result->peaks[index];
    return HATPOSE_OK;
}

hatpose_status hatpose_result_filter(const hatpose_result *result,
                                     float min_score, hatpose_result **out,
                                     hatpose_error *err)
{
    if (out == NULL || result == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "%s is NULL",
                       out == NULL ? "out" : "result");
    *out = NULL;
    if (!isfinite(min_score))
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "min_score: a finite number expected");
    hp_error_clear(err);
    return hp_result_filter(result, min_score, out, err);
}

hatpose_status hatpose_result_to_json(const hatpose_result *result,
                                      uint32_t flags, char *text,
                                      size_t capacity, size_t *needed)
{
    if (result == NULL || needed == NULL || (text == NULL && capacity > 0))
        return HATPOSE_E_ARGUMENT;
    return hp_result_to_json(result, flags, text, capacity, needed);
}

hatpose_status hatpose_result_draw(const hatpose_result *result, uint32_t flags,
                                   void *pixels, const hatpose_image *layout,
                                   hatpose_error *err)
{
    if (result == NULL || pixels == NULL || layout == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "%s is NULL",
                       result == NULL   ? "result"
                       : pixels == NULL ? "pixels"
                                        : "layout");
    hp_error_clear(err);
    return hp_result_draw(result, flags, pixels, layout, err);
}
