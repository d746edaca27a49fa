/* model.c - a model's life. In: the bytes of a model file. Out: an immutable,
 * counted model whose every rule of docs/model-format.md has been checked. */
#include "model/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "kernels.h"
#include "model/gguf.h"
#include "model/keys.h"
#include "model/network.h"
#include "model/ranges.h"
#include "model/weights.h"

#define KEY(name) HP_ARCHITECTURE "." name

enum {
    FORMAT_VERSION = 1,
    STRIDE = 8,
    MAX_FILE_BYTES = 1 << 30,
    SHOWN_PATH_BYTES = 100 /* of a long path in a message */
};

static hatpose_status check_architecture(const hp_gguf *gguf,
                                         hatpose_error *err)
{
    char architecture[HP_TEXT_BYTES];
    hatpose_status status =
        hp_keys_text(gguf, "general.architecture", true, architecture, err);

    if (status == HATPOSE_OK && strcmp(architecture, HP_ARCHITECTURE) != 0)
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                       "architecture %.64s, %s expected", architecture,
                       HP_ARCHITECTURE);
    return status;
}

/* CRC-32 over the file with the four bytes of its own value as zero. */
static uint32_t file_crc32(const unsigned char *data, size_t bytes,
                           size_t value_offset_bytes)
{
    static const unsigned char zeros[4] = {0};
    const hp_rows *rows = hp_rows_select(0);
    size_t rest = value_offset_bytes + sizeof zeros;
    uint32_t crc = rows->crc32(0, data, value_offset_bytes);

    crc = rows->crc32(crc, zeros, sizeof zeros);
    return rows->crc32(crc, data + rest, bytes - rest);
}

/* Comes first: what other keys say counts only if they are undamaged. */
static hatpose_status check_checksum(const hp_gguf *gguf, hatpose_model *model,
                                     hatpose_error *err)
{
    const char *key = "hatpose.crc32";
    const hp_gguf_value *value = hp_gguf_find_value(gguf, key);
    hatpose_status status = HATPOSE_OK;

    /* Somebody else's GGUF file has none: say rather that it is another's. */
    if (value == NULL)
        status = check_architecture(gguf, err);
    if (status == HATPOSE_OK)
        status = hp_keys_u32(gguf, key, &model->crc32, err);
    if (status != HATPOSE_OK)
        return status;
    model->crc32_offset = (size_t)value->offset_bytes;
    uint32_t computed =
        file_crc32(gguf->data, gguf->bytes, model->crc32_offset);
    if (computed != model->crc32)
        return hp_fail_at(err, HATPOSE_E_MODEL_CORRUPT, value->offset_bytes,
                          "checksum %08" PRIx32 " expected, %08" PRIx32
                          " computed: the file is damaged",
                          model->crc32, computed);
    return HATPOSE_OK;
}

static hatpose_status read_identity(const hp_gguf *gguf, hatpose_model *model,
                                    hatpose_error *err)
{
    uint32_t version = 0;
    hatpose_status status = check_architecture(gguf, err);

    if (status == HATPOSE_OK)
        status = hp_keys_u32(gguf, "hatpose.format_version", &version, err);
    if (status != HATPOSE_OK)
        return status;
    if (version != FORMAT_VERSION)
        return hp_fail(err, HATPOSE_E_UNSUPPORTED,
                       "hatpose.format_version %" PRIu32
                       ": this library reads version %d",
                       version, FORMAT_VERSION);
    status = hp_keys_text(gguf, "general.name", true, model->name, err);
    if (status == HATPOSE_OK)
        status =
            hp_keys_text(gguf, "general.license", false, model->license, err);
    if (status == HATPOSE_OK)
        status = hp_keys_text(gguf, "general.description", false,
                              model->description, err);
    if (status == HATPOSE_OK)
        status = hp_keys_text(gguf, "general.source.url", false,
                              model->source_url, err);
    return status;
}

static hatpose_status read_input(const hp_gguf *gguf, hatpose_model *model,
                                 hatpose_error *err)
{
    hp_normalisation *normalisation = &model->normalisation;
    char channels[HP_TEXT_BYTES];
    uint32_t stride = 0;
    hatpose_status status =
        hp_keys_text(gguf, KEY("input.channels"), true, channels, err);

    if (status == HATPOSE_OK)
        status =
            hp_keys_f32s(gguf, KEY("input.mean"), 3, normalisation->mean, err);
    if (status == HATPOSE_OK)
        status = hp_keys_f32s(gguf, KEY("input.scale"), 3, normalisation->scale,
                              err);
    if (status == HATPOSE_OK)
        status = hp_keys_u32(gguf, KEY("stride"), &stride, err);
    if (status != HATPOSE_OK)
        return status;
    normalisation->rgb = strcmp(channels, "rgb") == 0;
    if (!normalisation->rgb && strcmp(channels, "bgr") != 0)
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                       "%s: %.32s, bgr or rgb expected", KEY("input.channels"),
                       channels);
    for (int i = 0; i < 3; i++)
        if (!(normalisation->scale[i] > 0))
            return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                           "%s: element %d is not positive", KEY("input.scale"),
                           i);
    if (stride != STRIDE)
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                       "%s: %" PRIu32 ", %d expected", KEY("stride"), stride,
                       STRIDE);
    return HATPOSE_OK;
}

/* The decoders know one skeleton: the file must speak of the same. */
static hatpose_status check_names(const hp_gguf *gguf, hatpose_error *err)
{
    const char *key = KEY("keypoint.names");
    const hp_gguf_value *names;
    hatpose_status status =
        hp_keys_array(gguf, key, HP_GGUF_STRING, HATPOSE_KEYPOINT_COUNT,
                      HATPOSE_KEYPOINT_COUNT, &names, err);

    for (int i = 0; i < HATPOSE_KEYPOINT_COUNT && status == HATPOSE_OK; i++) {
        const char *name = hp_keypoint_names[i];
        hp_gguf_string text = hp_gguf_string_at(names, (uint64_t)i);
        if (text.bytes != strlen(name) ||
            memcmp(text.text, name, text.bytes) != 0)
            status =
                hp_fail_at(err, HATPOSE_E_MODEL_FORMAT, names->offset_bytes,
                           "%s: name %d is not %s", key, i, name);
    }
    return status;
}

static hatpose_status read_limbs(const hp_gguf *gguf, hatpose_model *model,
                                 hatpose_error *err)
{
    uint32_t from[HP_LIMB_COUNT], to[HP_LIMB_COUNT], paf[HP_LIMB_COUNT];
    hatpose_status status =
        hp_keys_u32s(gguf, KEY("limb.from"), HP_LIMB_COUNT, from, err);

    if (status == HATPOSE_OK)
        status = hp_keys_u32s(gguf, KEY("limb.to"), HP_LIMB_COUNT, to, err);
    if (status == HATPOSE_OK)
        status = hp_keys_u32s(gguf, KEY("limb.paf"), HP_LIMB_COUNT, paf, err);
    for (int i = 0; i < HP_LIMB_COUNT && status == HATPOSE_OK; i++) {
        const hp_limb_joints *limb = &hp_limbs[i];
        if (from[i] != (uint32_t)limb->from || to[i] != (uint32_t)limb->to)
            return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                           "%s: limb %d is %" PRIu32 "-%" PRIu32
                           ", %d-%d expected",
                           from[i] != (uint32_t)limb->from ? KEY("limb.from")
                                                           : KEY("limb.to"),
                           i, from[i], to[i], limb->from, limb->to);
        if (paf[i] > HP_PAF_COUNT - 2)
            return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                           "%s: limb %d has channel %" PRIu32
                           ", at most %d expected",
                           KEY("limb.paf"), i, paf[i], HP_PAF_COUNT - 2);
        model->limb_paf[i] = (int)paf[i];
    }
    return status;
}

static hatpose_status read_model(const hp_gguf *gguf, hatpose_model *model,
                                 hatpose_error *err)
{
    hatpose_status status = check_checksum(gguf, model, err);

    if (status == HATPOSE_OK)
        status = read_identity(gguf, model, err);
    if (status == HATPOSE_OK)
        status = read_input(gguf, model, err);
    if (status == HATPOSE_OK)
        status = check_names(gguf, err);
    if (status == HATPOSE_OK)
        status = read_limbs(gguf, model, err);
    if (status == HATPOSE_OK)
        status = hp_network_read(gguf, model, err);
    if (status == HATPOSE_OK)
        status = hp_ranges_read(gguf, model, err);
    if (status == HATPOSE_OK)
        status = hp_weights_read(gguf, model, err);
    return status;
}

static hatpose_status create(const hatpose_host *host, hatpose_model **out,
                             hatpose_error *err)
{
    hp_memory memory;
    void *block;

    hp_memory_init(&memory, host, 0);
    hatpose_status status = hp_allocate_array(&memory, 1, sizeof(hatpose_model),
                                              "model", &block, err);
    if (status != HATPOSE_OK)
        return status;
    *out = block;
    hp_memory_init(&(*out)->memory, host, 0);
    hp_model_cache_init(*out, host);
    atomic_init(&(*out)->references, 1);
    return HATPOSE_OK;
}

static void destroy(hatpose_model *model)
{
    hp_memory memory;

    hp_deallocate(&model->memory, model->ranges);
    hp_model_cache_release(model);
    hp_deallocate(&model->memory, model->ops);
    hp_deallocate(&model->memory, model->values);
    hp_deallocate(&model->memory, model->file);
    hp_disk_close(&model->on_disk);
    /* The block that holds the model's own account comes from outside it. */
    hp_memory_init(&memory, &model->memory.host, 0);
    hp_deallocate(&memory, model);
}

/* The bytes are model->file, or borrowed. */
static hatpose_status open_bytes(hatpose_model *model, const void *data,
                                 size_t bytes, hatpose_error *err)
{
    hp_gguf gguf;

    hatpose_status status =
        hp_gguf_open(&model->memory, data, bytes, &gguf, err);
    if (status != HATPOSE_OK)
        return status;
    model->file_bytes = bytes;
    status = read_model(&gguf, model, err);
    hp_gguf_close(&model->memory, &gguf);
    return status;
}

hatpose_status hp_model_from_memory(const void *data, size_t bytes, bool copy,
                                    const hatpose_host *host,
                                    hatpose_model **out, hatpose_error *err)
{
    hatpose_model *model;

    *out = NULL;
    if (bytes > MAX_FILE_BYTES)
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                       "%zu bytes, at most %d expected", bytes, MAX_FILE_BYTES);
    hatpose_status status = create(host, &model, err);
    if (status != HATPOSE_OK)
        return status;
    if (copy) {
        status =
            hp_allocate(&model->memory, bytes, "model file", &model->file, err);
        if (status == HATPOSE_OK && bytes > 0)
            memcpy(model->file, data, bytes);
    }
    if (status == HATPOSE_OK)
        status = open_bytes(model, copy ? model->file : data, bytes, err);
    if (status == HATPOSE_OK)
        *out = model;
    else
        destroy(model);
    return status;
}

static hatpose_status read_file(hatpose_model *model, hatpose_error *err)
{
    hatpose_status status =
        hp_disk_read(&model->memory, &model->on_disk, &model->file, err);

    if (status == HATPOSE_OK)
        model->file_was = (uintptr_t)model->file;
    return status;
}

/* Puts the path in front; of a long one the end, which says more. */
static hatpose_status name_path(const char *path, const hatpose_error *found,
                                hatpose_error *err)
{
    size_t length = strlen(path);
    bool cut = length > SHOWN_PATH_BYTES;

    return hp_fail_at(
        err, found->status, found->offset, "%s%s: %s", cut ? "..." : "",
        path + (cut ? length - SHOWN_PATH_BYTES : 0), found->message);
}

hatpose_status hp_model_from_file(const char *utf8_path,
                                  const hatpose_host *host, hatpose_model **out,
                                  hatpose_error *err)
{
    hatpose_error found = {0};
    hatpose_model *model;

    *out = NULL;
    hatpose_status status = create(host, &model, &found);
    if (status != HATPOSE_OK)
        return name_path(utf8_path, &found, err);
    status = hp_disk_open(utf8_path, MAX_FILE_BYTES, &model->on_disk, &found);
    if (status == HATPOSE_OK)
        status = read_file(model, &found);
    if (status == HATPOSE_OK)
        status = open_bytes(model, model->file, model->on_disk.bytes, &found);
    if (status == HATPOSE_OK) {
        *out = model;
        return status;
    }
    destroy(model);
    return name_path(utf8_path, &found, err);
}

/* Where what lay in the file before lies in it now. */
static const void *moved(const hatpose_model *model, uintptr_t was,
                         const void *part)
{
    if (part == NULL)
        return NULL;
    return (const unsigned char *)model->file + ((uintptr_t)part - was);
}

hatpose_status hp_model_open_weights(const hatpose_model *constant,
                                     hatpose_error *err)
{
    hatpose_model *model = (hatpose_model *)(uintptr_t)constant;
    const uintptr_t was = model->file_was;
    hatpose_error found = {0};

    if (model->file != NULL || !model->on_disk.open)
        return HATPOSE_OK;
    hatpose_status status = read_file(model, &found);
    if (status != HATPOSE_OK)
        return name_path(model->name, &found, err);
    for (int i = 0; i < model->op_count; i++) {
        hp_op *op = &model->ops[i];
        op->weight = moved(model, was, op->weight);
        op->scale = moved(model, was, op->scale);
        op->bias = moved(model, was, op->bias);
    }
    if (file_crc32(model->file, model->on_disk.bytes, model->crc32_offset) ==
        model->crc32)
        return HATPOSE_OK;
    hp_model_close_weights(model);
    return hp_fail(err, HATPOSE_E_IO,
                   "%.*s: the model's file has changed since it was loaded",
                   SHOWN_PATH_BYTES, model->name);
}

void hp_model_close_weights(const hatpose_model *constant)
{
    hatpose_model *model = (hatpose_model *)(uintptr_t)constant;

    if (!model->on_disk.open)
        return;
    hp_deallocate(&model->memory, model->file);
    model->file = NULL;
}

hp_model_cache *hp_model_cache_of(const hatpose_model *model)
{
    return (hp_model_cache *)(uintptr_t)&model->cache;
}

void hp_model_cache_init(hatpose_model *model, const hatpose_host *host)
{
    pthread_mutex_init(&model->cache.mutex, NULL);
    hp_memory_init(&model->cache.memory, host, 0);
}

void hp_model_cache_release(hatpose_model *model)
{
    if (model->cache.release != NULL)
        model->cache.release(&model->cache.memory, model->cache.first);
    pthread_mutex_destroy(&model->cache.mutex);
}

void hp_model_retain(hatpose_model *model)
{
    atomic_fetch_add_explicit(&model->references, 1, memory_order_relaxed);
}

void hp_model_release(hatpose_model *model)
{
    if (model == NULL)
        return;
    if (atomic_fetch_sub_explicit(&model->references, 1,
                                  memory_order_acq_rel) == 1)
        destroy(model);
}
