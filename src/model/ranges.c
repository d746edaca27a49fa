/* ranges.c - how far the activations of each channel reach. In: two optional
 * keys of a model file, one number for each channel of each value. Out: finite
 * bounds around 0. */
#include "model/ranges.h"

#include <inttypes.h>

#include "base/error.h"
#include "model/keys.h"

#define KEY(name) HP_ARCHITECTURE "." name

static hatpose_status check_signs(const float *low, const float *high,
                                  uint64_t count, hatpose_error *err)
{
    for (uint64_t i = 0; i < count; i++)
        if (low[i] > 0 || high[i] < 0)
            return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                           "%s: element %" PRIu64 " and that of %s do not "
                           "enclose 0",
                           KEY("range.low"), i, KEY("range.high"));
    return HATPOSE_OK;
}

hatpose_status hp_ranges_read(const hp_gguf *gguf, hatpose_model *model,
                              hatpose_error *err)
{
    uint64_t count = 0;
    void *block;

    if (hp_gguf_find_value(gguf, KEY("range.low")) == NULL &&
        hp_gguf_find_value(gguf, KEY("range.high")) == NULL)
        return HATPOSE_OK;
    for (int i = 0; i < model->value_count; i++)
        count += (uint64_t)model->values[i].channels;
    hatpose_status status =
        hp_allocate_array(&model->memory, (size_t)count, 2 * sizeof(float),
                          "activation ranges", &block, err);
    if (status != HATPOSE_OK)
        return status;
    model->ranges = block;
    float *low = model->ranges, *high = low + count;
    status = hp_keys_f32s(gguf, KEY("range.low"), count, low, err);
    if (status == HATPOSE_OK)
        status = hp_keys_f32s(gguf, KEY("range.high"), count, high, err);
    if (status == HATPOSE_OK)
        status = check_signs(low, high, count, err);
    for (int i = 0; i < model->value_count && status == HATPOSE_OK; i++) {
        model->values[i].low = low;
        model->values[i].high = high;
        low += model->values[i].channels;
        high += model->values[i].channels;
    }
    return status;
}
