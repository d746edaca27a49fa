/* fuzz_model.c - model files from hostile hands: as they are, and once more
 * with the checksum put right, or nothing behind it would ever be reached. */
#include <stdlib.h>
#include <string.h>

#include "fuzzer.h"
#include "gguf_builder.h"
#include "model/gguf.h"
#include "model/model.h"
#include "model/weights.h"

/* Every weight must be there and be a number. */
static void look_at(const hatpose_model *model)
{
    static float row[4096 * 9];
    const hp_rows *rows = hp_rows_select(0);

    for (int i = 0; i < model->op_count; i++) {
        const hp_op *op = &model->ops[i];
        size_t inputs = op->kind == HP_OP_CONV ? (size_t)op->input_count : 1;
        size_t count = inputs * (size_t)(op->kernel * op->kernel);
        float difference = 0;
        if (op->kind == HP_OP_ADD)
            continue;
        for (int o = 0; o < op->output_count; o++) {
            hp_weight_row(rows, op, o, row);
            for (size_t w = 0; w < count; w++)
                difference += row[w] - row[w];
            if (op->bias != NULL)
                difference += op->bias[o] - op->bias[o];
        }
        if (difference != 0) /* NaN: infinity minus itself */
            abort();
    }
}

static void load(const void *data, size_t size, bool copy)
{
    hatpose_model *model;
    hatpose_error err = {0};
    hatpose_status status =
        hp_model_from_memory(data, size, copy, NULL, &model, &err);

    if (status == HATPOSE_OK) {
        look_at(model);
        hp_model_release(model);
    } else if (model != NULL || err.status != status || !err.message[0]) {
        abort();
    }
}

/* Where the checksum lies, 0 when the file has none. */
static size_t find_checksum(const void *data, size_t size)
{
    hp_memory memory;
    hp_gguf gguf;
    size_t offset = 0;

    hp_memory_init(&memory, NULL, 0);
    if (hp_gguf_open(&memory, data, size, &gguf, NULL) != HATPOSE_OK)
        return 0;
    const hp_gguf_value *value = hp_gguf_find_value(&gguf, "hatpose.crc32");
    if (value != NULL && value->type == HP_GGUF_U32 && !value->is_array)
        offset = (size_t)value->offset_bytes;
    hp_gguf_close(&memory, &gguf);
    return offset;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *block = NULL;

    load(data, size, true);
    if (posix_memalign(&block, HP_ALIGNMENT_BYTES, size > 0 ? size : 1) != 0)
        return 0;
    if (size > 0)
        memcpy(block, data, size);
    size_t offset = find_checksum(block, size);
    if (offset != 0) {
        gguf_seal(block, size, offset);
        load(block, size, false);
    }
    free(block);
    return 0;
}
