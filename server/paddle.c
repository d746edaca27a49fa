/* paddle.c - PaddleHub's openpose_body_estimation. In: {"images":[base64]},
 * of which the first counts. Out: all candidate joints, the people as rows of
 * indices into them, and the drawn picture.
 *
 * candidate (n x 4: x, y, score, index) and subset (people x 20: 18 indices or
 * -1, score, joints found) are raw little-endian float64 in base64, as the
 * published module has them; the lists beside them are ours. */
#include "paddle.h"

#include <stdint.h>
#include <string.h>

#include "base64.h"
#include "detection.h"
#include "drawing.h"
#include "json_text.h"
#include "picture_list.h"
#include "python_float.h"

enum {
    CANDIDATE_COLUMNS = 4,
    SUBSET_COLUMNS = HATPOSE_KEYPOINT_COUNT + 2,
    UNSUPPORTED_MEDIA = 415
};

/* Rows of doubles, twice: for "name" and for "name_list". */
typedef struct table {
    hps_buffer raw, list;
    int columns;
} table;

static void put(table *t, double value)
{
    uint64_t bits;
    unsigned char bytes[sizeof bits];

    memcpy(&bits, &value, sizeof bits);
    for (size_t i = 0; i < sizeof bits; i++)
        bytes[i] = (unsigned char)(bits >> 8 * i);
    hps_buffer_append(&t->raw, bytes, sizeof bytes);
}

static void put_row(table *t, const double *row)
{
    char text[HPS_PYTHON_FLOAT_BYTES];

    hps_buffer_text(&t->list, t->list.count > 0 ? ",[" : "[");
    for (int i = 0; i < t->columns; i++) {
        put(t, row[i]);
        hps_python_float(row[i], text);
        hps_buffer_print(&t->list, "%s%s", i > 0 ? "," : "", text);
    }
    hps_buffer_text(&t->list, "]");
}

static void fill_candidates(const hatpose_result *result, table *t)
{
    uint32_t count = hatpose_result_peak_count(result);

    for (uint32_t i = 0; i < count; i++) {
        hatpose_peak peak;

        hatpose_result_peak(result, i, &peak);
        const double row[CANDIDATE_COLUMNS] = {(double)peak.x, (double)peak.y,
                                               (double)peak.score, (double)i};
        put_row(t, row);
    }
}

static void fill_subset(const hatpose_result *result, table *t)
{
    uint32_t count = hatpose_result_person_count(result);

    for (uint32_t i = 0; i < count; i++) {
        hatpose_person p = {.struct_size = sizeof p};
        double row[SUBSET_COLUMNS];

        hatpose_result_person(result, i, &p);
        for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++)
            row[k] = p.peaks[k];
        row[HATPOSE_KEYPOINT_COUNT] = p.score;
        row[HATPOSE_KEYPOINT_COUNT + 1] = p.keypoint_count;
        put_row(t, row);
    }
}

static bool is_short(const table *t)
{
    return t->raw.failed || t->list.failed;
}

static void write_list(hps_buffer *body, const char *name, const table *t)
{
    hps_buffer_print(body, ",\"%s\":[", name);
    hps_buffer_append(body, t->list.data, t->list.count);
    hps_buffer_text(body, "]");
}

static void write_base64(hps_buffer *body, const char *name,
                         const hps_buffer *bytes)
{
    hps_buffer_print(body, "\"%s\":\"", name);
    hps_base64_append(body, bytes->data, bytes->count);
    hps_buffer_text(body, "\"");
}

/* Keys sorted, as its server did. */
static void write_results(hps_buffer *body, const table *candidates,
                          const table *subset, const hps_buffer *drawn)
{
    hps_buffer_text(body, "{\"msg\":\"\",\"results\":{");
    write_base64(body, "candidate", &candidates->raw);
    write_list(body, "candidate_list", candidates);
    hps_buffer_text(body, ",");
    write_base64(body, "data", drawn);
    hps_buffer_text(body, ",");
    write_base64(body, "subset", &subset->raw);
    write_list(body, "subset_list", subset);
    hps_buffer_text(body, "},\"status\":\"000\"}\n");
}

static bool answer(const hps_call *call, const hps_buffer *file,
                   const hatpose_result *result)
{
    table candidates = {.columns = CANDIDATE_COLUMNS};
    table subset = {.columns = SUBSET_COLUMNS};
    hps_buffer drawn = {0};
    const hps_drawing drawing = {call->worker->compat, file, result,
                                 HATPOSE_DRAW_SKELETONS};
    bool right;

    fill_candidates(result, &candidates);
    fill_subset(result, &subset);
    right = hps_drawing_make(call, &drawing, &drawn);
    if (right && (is_short(&candidates) || is_short(&subset)))
        right = hps_call_fail_plainly(call, HPS_FAULT_MEMORY);
    if (right)
        write_results(&call->reply->body, &candidates, &subset, &drawn);
    hps_buffer_release(&candidates.raw);
    hps_buffer_release(&candidates.list);
    hps_buffer_release(&subset.raw);
    hps_buffer_release(&subset.list);
    hps_buffer_release(&drawn);
    return right;
}

static bool predict(const hps_call *call, const json_t *object,
                    hps_buffer *file)
{
    hps_picture_list list;
    hatpose_result *result = NULL;
    bool right = hps_picture_list_open(call, object, "images", &list);

    for (size_t i = list.count; right && i > 0; i--)
        right = hps_picture_list_decode(call, &list, i - 1, file);
    if (right)
        result = hps_detect(call, call->worker->compat, file, NULL);
    right = result != NULL && answer(call, file, result);
    hatpose_result_destroy(result);
    return right;
}

void hps_paddle_predict(hps_worker *worker, const hps_request *request,
                        hps_reply *reply)
{
    hps_call call = {worker, request, reply};
    json_t *object = hps_json_body(&call);
    hps_buffer file = {0};

    if (object != NULL)
        predict(&call, object, &file);
    hps_buffer_release(&file);
    json_decref(object);
}

/* 112 is its word for a request that is not JSON, 101 for all else. */
void hps_paddle_error(const hps_service *service, int status, const char *code,
                      const char *message, hps_buffer *body)
{
    (void)service;
    (void)code;
    hps_buffer_text(body, "{\"msg\":\"");
    hps_buffer_json(body, message);
    hps_buffer_print(body, "\",\"results\":\"\",\"status\":\"%s\"}\n",
                     status == UNSUPPORTED_MEDIA ? "112" : "101");
}
