/* keys.c - typed look-up of a model file's keys. */
#include "model/keys.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"

static const char *type_name(hp_gguf_type type)
{
    switch (type) {
    case HP_GGUF_U32:
        return "u32";
    case HP_GGUF_F32:
        return "f32";
    case HP_GGUF_STRING:
        return "string";
    default:
        return "other type";
    }
}

static hatpose_status find(const hp_gguf *gguf, const char *key,
                           hp_gguf_type type, bool is_array,
                           const hp_gguf_value **out, hatpose_error *err)
{
    *out = hp_gguf_find_value(gguf, key);
    if (*out == NULL)
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT, "%s: missing", key);
    if ((*out)->type != type || (*out)->is_array != is_array)
        return hp_fail_at(err, HATPOSE_E_MODEL_FORMAT, (*out)->offset_bytes,
                          "%s: %s%s expected", key, type_name(type),
                          is_array ? " array" : "");
    return HATPOSE_OK;
}

hatpose_status hp_keys_array(const hp_gguf *gguf, const char *key,
                             hp_gguf_type type, uint64_t least, uint64_t most,
                             const hp_gguf_value **out, hatpose_error *err)
{
    hatpose_status status = find(gguf, key, type, true, out, err);

    if (status != HATPOSE_OK)
        return status;
    uint64_t count = (*out)->count;
    if (count >= least && count <= most)
        return HATPOSE_OK;
    if (least == most)
        return hp_fail_at(err, HATPOSE_E_MODEL_FORMAT, (*out)->offset_bytes,
                          "%s: %" PRIu64 " elements, %" PRIu64 " expected", key,
                          count, least);
    return hp_fail_at(err, HATPOSE_E_MODEL_FORMAT, (*out)->offset_bytes,
                      "%s: %" PRIu64 " elements, %" PRIu64 " to %" PRIu64
                      " expected",
                      key, count, least, most);
}

hatpose_status hp_keys_u32(const hp_gguf *gguf, const char *key, uint32_t *out,
                           hatpose_error *err)
{
    const hp_gguf_value *value;
    hatpose_status status = find(gguf, key, HP_GGUF_U32, false, &value, err);

    if (status == HATPOSE_OK)
        *out = hp_gguf_u32_at(value, 0);
    return status;
}

hatpose_status hp_keys_u32s(const hp_gguf *gguf, const char *key,
                            uint64_t count, uint32_t *out, hatpose_error *err)
{
    const hp_gguf_value *value;
    hatpose_status status =
        hp_keys_array(gguf, key, HP_GGUF_U32, count, count, &value, err);

    for (uint64_t i = 0; i < count && status == HATPOSE_OK; i++)
        out[i] = hp_gguf_u32_at(value, i);
    return status;
}

hatpose_status hp_keys_f32s(const hp_gguf *gguf, const char *key,
                            uint64_t count, float *out, hatpose_error *err)
{
    const hp_gguf_value *value;
    hatpose_status status =
        hp_keys_array(gguf, key, HP_GGUF_F32, count, count, &value, err);

    for (uint64_t i = 0; i < count && status == HATPOSE_OK; i++) {
        out[i] = hp_gguf_f32_at(value, i);
        if (!isfinite(out[i]))
            status =
                hp_fail_at(err, HATPOSE_E_MODEL_FORMAT, value->offset_bytes,
                           "%s: element %" PRIu64 " is not finite", key, i);
    }
    return status;
}

hatpose_status hp_keys_text(const hp_gguf *gguf, const char *key, bool required,
                            char out[HP_TEXT_BYTES], hatpose_error *err)
{
    const hp_gguf_value *value;

    out[0] = '\0';
    if (!required && hp_gguf_find_value(gguf, key) == NULL)
        return HATPOSE_OK;
    hatpose_status status = find(gguf, key, HP_GGUF_STRING, false, &value, err);
    if (status != HATPOSE_OK)
        return status;
    hp_gguf_string text = hp_gguf_string_at(value, 0);
    if (text.bytes >= HP_TEXT_BYTES || (required && text.bytes == 0))
        return hp_fail_at(err, HATPOSE_E_MODEL_FORMAT, value->offset_bytes,
                          "%s: %zu bytes, %d to %d expected", key, text.bytes,
                          required ? 1 : 0, HP_TEXT_BYTES - 1);
    if (!hp_utf8_is_line(text.text, text.bytes))
        return hp_fail_at(err, HATPOSE_E_MODEL_FORMAT, value->offset_bytes,
                          "%s: one line of UTF-8 expected", key);
    memcpy(out, text.text, text.bytes);
    out[text.bytes] = '\0';
    return HATPOSE_OK;
}
