/* weights.c - the tensors of a model file: f32, f16, bf16 or int8 with a
 * scale per output channel. They stay as they are stored; a row at a time
 * becomes floats when it is packed for the kernels. */
#include "model/weights.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum { NAME_BYTES = sizeof((hp_op *)0)->name + sizeof ".weight" };

typedef struct op_tensors { /* NULL: there is none */
    const hp_gguf_tensor *weight, *scale, *bias;
} op_tensors;

/* What is needed while the tensors are sorted to their operations. */
typedef struct loader {
    const hp_gguf *gguf;
    hatpose_model *model;
    op_tensors *tensors; /* one per op */
    unsigned char *used; /* one per tensor of the file */
    hatpose_error *err;
} loader;

static uint32_t bits_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Without a branch in the loop compilers make vector code. */
static bool f32_is_finite(const float *values, size_t count)
{
    uint32_t bad = 0;

    for (size_t i = 0; i < count; i++)
        bad |= (bits_of(values[i]) & 0x7f800000u) == 0x7f800000u;
    return !bad;
}

/* An exponent of ones only is an infinity or a NaN. Two bytes a number, as
 * wide as the values: compilers need not make them wider. */
static bool halves_are_finite(const uint16_t *values, size_t count,
                              uint16_t exponent)
{
    uint16_t bad = 0;

    for (size_t i = 0; i < count; i++)
        bad |= (values[i] & exponent) == exponent;
    return !bad;
}

/* w = q * scale: 128 is the largest |q|. */
static bool scales_are_finite(const float *scales, size_t count)
{
    uint32_t bad = 0;

    for (size_t i = 0; i < count; i++)
        bad |= !(fabsf(scales[i]) <= FLT_MAX / 128);
    return !bad;
}

void hp_weight_row(const hp_rows *rows, const hp_op *op, int output, float *row)
{
    const size_t count =
        (size_t)(op->kernel * op->kernel) *
        (op->kind == HP_OP_DEPTHWISE ? 1 : (size_t)op->input_count);
    const size_t first = (size_t)output * count;
    const uint16_t *halves = op->weight;
    const signed char *codes = op->weight;

    switch (op->weight_type) {
    case HP_WEIGHT_F32:
        memcpy(row, (const float *)op->weight + first, count * sizeof *row);
        break;
    case HP_WEIGHT_F16:
        rows->widen_halves(halves + first, count, row);
        break;
    case HP_WEIGHT_BF16:
        for (size_t i = 0; i < count; i++)
            row[i] = float_of((uint32_t)halves[first + i] << 16);
        break;
    case HP_WEIGHT_I8:
        for (size_t i = 0; i < count; i++)
            row[i] = (float)codes[first + i] * op->scale[output];
        break;
    }
}

/* NULL in *out when the file has none of that name. */
static hatpose_status find_tensor(loader *load, const hp_op *op,
                                  const char *what, const uint64_t shape[4],
                                  const hp_gguf_tensor **out)
{
    char name[NAME_BYTES];

    snprintf(name, sizeof name, "%s.%s", op->name, what);
    const hp_gguf_tensor *tensor = hp_gguf_find_tensor(load->gguf, name);
    *out = tensor;
    if (tensor == NULL)
        return HATPOSE_OK;
    const uint64_t *got = tensor->dimensions;
    if (memcmp(got, shape, 4 * sizeof *shape) != 0)
        return hp_fail_at(
            load->err, HATPOSE_E_MODEL_FORMAT, tensor->offset_bytes,
            "%s: shape %" PRIu64 " x %" PRIu64 " x %" PRIu64 " x %" PRIu64
            ", %" PRIu64 " x %" PRIu64 " x %" PRIu64 " x %" PRIu64 " expected",
            name, got[0], got[1], got[2], got[3], shape[0], shape[1], shape[2],
            shape[3]);
    load->used[tensor - load->gguf->tensors] = 1;
    return HATPOSE_OK;
}

/* Scales and biases: [outputs], f32. */
static hatpose_status find_floats(loader *load, const hp_op *op,
                                  const char *what, const hp_gguf_tensor **out)
{
    const uint64_t shape[4] = {(uint64_t)op->output_count, 1, 1, 1};
    hatpose_status status = find_tensor(load, op, what, shape, out);

    if (status != HATPOSE_OK || *out == NULL)
        return status;
    if ((*out)->type != HP_GGUF_TENSOR_F32)
        return hp_fail_at(load->err, HATPOSE_E_MODEL_FORMAT,
                          (*out)->offset_bytes, "%s.%s: f32 expected", op->name,
                          what);
    if (!f32_is_finite((const void *)(*out)->data,
                       (size_t)(*out)->element_count))
        return hp_fail_at(load->err, HATPOSE_E_MODEL_FORMAT,
                          (*out)->offset_bytes, "%s.%s: a number is not finite",
                          op->name, what);
    return HATPOSE_OK;
}

static hp_weight_type weight_type(const hp_gguf_tensor *tensor)
{
    switch (tensor->type) {
    case HP_GGUF_TENSOR_F16:
        return HP_WEIGHT_F16;
    case HP_GGUF_TENSOR_BF16:
        return HP_WEIGHT_BF16;
    case HP_GGUF_TENSOR_I8:
        return HP_WEIGHT_I8;
    default:
        return HP_WEIGHT_F32;
    }
}

static hatpose_status find_op_tensors(loader *load, hp_op *op,
                                      op_tensors *found)
{
    uint64_t kernel = (uint64_t)op->kernel;
    uint64_t inputs =
        op->kind == HP_OP_DEPTHWISE ? 1 : (uint64_t)op->input_count;
    const uint64_t shape[4] = {kernel, kernel, inputs,
                               (uint64_t)op->output_count};
    hatpose_status status =
        find_tensor(load, op, "weight", shape, &found->weight);

    if (status != HATPOSE_OK)
        return status;
    if (found->weight == NULL)
        return hp_fail(load->err, HATPOSE_E_MODEL_FORMAT, "%s.weight: missing",
                       op->name);
    op->weight_type = weight_type(found->weight);
    load->model->parameter_count += found->weight->element_count;
    if (op->weight_type == HP_WEIGHT_I8) {
        status = find_floats(load, op, "scale", &found->scale);
        if (status == HATPOSE_OK && found->scale == NULL)
            return hp_fail(load->err, HATPOSE_E_MODEL_FORMAT,
                           "%s.scale: missing, the weight is i8", op->name);
    }
    if (status == HATPOSE_OK)
        status = find_floats(load, op, "bias", &found->bias);
    if (status == HATPOSE_OK && found->bias != NULL)
        load->model->parameter_count += found->bias->element_count;
    return status;
}

static hatpose_status find_all(loader *load)
{
    hatpose_model *model = load->model;
    const hp_gguf *gguf = load->gguf;

    for (int i = 0; i < model->op_count; i++) {
        if (model->ops[i].kind == HP_OP_ADD)
            continue;
        hatpose_status status =
            find_op_tensors(load, &model->ops[i], &load->tensors[i]);
        if (status != HATPOSE_OK)
            return status;
    }
    for (size_t i = 0; i < gguf->tensor_count; i++)
        if (!load->used[i])
            return hp_fail_at(load->err, HATPOSE_E_MODEL_FORMAT,
                              gguf->tensors[i].offset_bytes,
                              "%.*s: no operation uses this tensor",
                              (int)(gguf->tensors[i].name.bytes < NAME_BYTES
                                        ? gguf->tensors[i].name.bytes
                                        : NAME_BYTES),
                              gguf->tensors[i].name.text);
    return HATPOSE_OK;
}

static hatpose_status take_weight(loader *load, hp_op *op,
                                  const op_tensors *found)
{
    const hp_gguf_tensor *tensor = found->weight;
    const void *data = tensor->data;
    size_t count = (size_t)tensor->element_count;
    bool finite = true;

    op->weight = data;
    switch (op->weight_type) {
    case HP_WEIGHT_F16:
        finite = halves_are_finite(data, count, 0x7c00u);
        break;
    case HP_WEIGHT_BF16:
        finite = halves_are_finite(data, count, 0x7f80u);
        break;
    case HP_WEIGHT_I8:
        op->scale = (const void *)found->scale->data;
        finite = scales_are_finite(op->scale, (size_t)op->output_count);
        break;
    case HP_WEIGHT_F32:
        finite = f32_is_finite(data, count);
        break;
    }
    if (!finite)
        return hp_fail_at(load->err, HATPOSE_E_MODEL_FORMAT,
                          tensor->offset_bytes,
                          "%s.weight: a weight is not finite", op->name);
    return HATPOSE_OK;
}

static hatpose_status take_all(loader *load)
{
    hatpose_model *model = load->model;
    hatpose_status status = HATPOSE_OK;

    for (int i = 0; i < model->op_count && status == HATPOSE_OK; i++) {
        const op_tensors *found = &load->tensors[i];
        if (model->ops[i].kind == HP_OP_ADD)
            continue;
        status = take_weight(load, &model->ops[i], found);
        if (found->bias != NULL)
            model->ops[i].bias = (const void *)found->bias->data;
    }
    return status;
}

hatpose_status hp_weights_read(const hp_gguf *gguf, hatpose_model *model,
                               hatpose_error *err)
{
    loader load = {.gguf = gguf, .model = model, .err = err};
    void *tensors = NULL, *used = NULL;
    hatpose_status status =
        hp_allocate_array(&model->memory, (size_t)model->op_count,
                          sizeof *load.tensors, "model tensors", &tensors, err);

    if (status == HATPOSE_OK)
        status = hp_allocate_array(&model->memory, gguf->tensor_count, 1,
                                   "model tensors", &used, err);
    if (status == HATPOSE_OK) {
        load.tensors = tensors;
        load.used = used;
        status = find_all(&load);
    }
    if (status == HATPOSE_OK)
        status = take_all(&load);
    hp_deallocate(&model->memory, used);
    hp_deallocate(&model->memory, tensors);
    return status;
}
