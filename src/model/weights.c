/* weights.c - the tensors of a model file. In: f32, f16, bf16 or int8 with a
 * scale per output channel. Out: finite f32, aligned for the kernels. */
#include "model/weights.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum {
    /* A tensor starts on a cache line of the block. */
    ALIGNMENT_FLOATS = HP_ALIGNMENT_BYTES / sizeof(float),
    NAME_BYTES = sizeof((hp_op *)0)->name + sizeof ".weight"
};

typedef struct op_tensors { /* NULL: there is none */
    const hp_gguf_tensor *weight, *scale, *bias;
} op_tensors;

/* What is needed while the tensors are sorted to their operations. */
typedef struct loader {
    const hp_gguf *gguf;
    hatpose_model *model;
    op_tensors *tensors; /* one per op */
    unsigned char *used; /* one per tensor of the file */
    bool in_place;       /* f32 stays where it is */
    float *next;         /* free room in model->weights */
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

/* The converters return whether all is finite, without a branch in the loop:
 * compilers make vector code of them. */
static bool f32_is_finite(const float *values, size_t count)
{
    uint32_t bad = 0;

    for (size_t i = 0; i < count; i++)
        bad |= (bits_of(values[i]) & 0x7f800000u) == 0x7f800000u;
    return !bad;
}

static bool convert_f16(const uint16_t *from, size_t count, float *to)
{
    const uint32_t rebias = (127 - 15) << 23;
    uint32_t bad = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t magnitude = from[i] & 0x7fffu;
        uint32_t sign = (uint32_t)(from[i] & 0x8000u) << 16;
        /* Subnormal halves become 0.5 + m * 2^-24 - 0.5: exact, and no
         * subnormal float that a caller's flush-to-zero would lose. */
        uint32_t small = bits_of(float_of(0x3f000000u | magnitude) - 0.5f);
        uint32_t normal = (magnitude << 13) + rebias;
        /* A mask: for a condition gcc makes no vector code. */
        uint32_t is_small = 0 - (uint32_t)(magnitude < 0x400u);
        to[i] = float_of(sign | (small & is_small) | (normal & ~is_small));
        bad |= magnitude >= 0x7c00u;
    }
    return !bad;
}

static bool convert_bf16(const uint16_t *from, size_t count, float *to)
{
    uint32_t bad = 0;

    for (size_t i = 0; i < count; i++) {
        to[i] = float_of((uint32_t)from[i] << 16);
        bad |= (from[i] & 0x7f80u) == 0x7f80u;
    }
    return !bad;
}

/* w = q * scale of the output channel. */
static bool convert_i8(const signed char *from, const float *scales,
                       size_t outputs, size_t per_output, float *to)
{
    uint32_t bad = 0;

    for (size_t o = 0; o < outputs; o++) {
        /* 128 is the largest |q|. */
        bad |= !(fabsf(scales[o]) <= FLT_MAX / 128);
        for (size_t i = 0; i < per_output; i++)
            to[o * per_output + i] =
                (float)from[o * per_output + i] * scales[o];
    }
    return !bad;
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
        if (model->ops[i].weight_type == HP_WEIGHT_F32)
            load->in_place = true;
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

/* Room in the block that a tensor takes, in floats. */
static size_t room_of(const loader *load, const hp_gguf_tensor *tensor)
{
    if (tensor == NULL ||
        (load->in_place && tensor->type == HP_GGUF_TENSOR_F32))
        return 0;
    size_t count = (size_t)tensor->element_count;
    return (count + ALIGNMENT_FLOATS - 1) / ALIGNMENT_FLOATS * ALIGNMENT_FLOATS;
}

static hatpose_status allocate_block(loader *load)
{
    /* The file is at most 1 GiB, so the sum is at most 4 GiB and a bit. */
    size_t count = 0;

    for (int i = 0; i < load->model->op_count; i++)
        count += room_of(load, load->tensors[i].weight) +
                 room_of(load, load->tensors[i].bias);
    if (count == 0)
        return HATPOSE_OK;
    hatpose_status status =
        hp_allocate(&load->model->memory, count * sizeof(float),
                    "model weights", &load->model->weights, load->err);
    load->next = load->model->weights;
    return status;
}

/* Room for a tensor in the block; NULL when it stays in the file. */
static float *take(loader *load, const hp_gguf_tensor *tensor)
{
    size_t room = room_of(load, tensor);

    if (room == 0)
        return NULL;
    load->next += room;
    return load->next - room;
}

static hatpose_status place_weight(loader *load, hp_op *op,
                                   const op_tensors *found)
{
    const hp_gguf_tensor *tensor = found->weight;
    const void *data = tensor->data;
    size_t count = (size_t)tensor->element_count;
    size_t outputs = (size_t)op->output_count;
    float *to = take(load, tensor);
    bool finite;

    op->weight = to != NULL ? to : data;
    switch (op->weight_type) {
    case HP_WEIGHT_F16:
        finite = convert_f16(data, count, to);
        break;
    case HP_WEIGHT_BF16:
        finite = convert_bf16(data, count, to);
        break;
    case HP_WEIGHT_I8:
        finite = convert_i8(data, (const void *)found->scale->data, outputs,
                            count / outputs, to);
        break;
    default:
        finite = f32_is_finite(data, count);
        break;
    }
    if (!finite)
        return hp_fail_at(load->err, HATPOSE_E_MODEL_FORMAT,
                          tensor->offset_bytes,
                          "%s.weight: a weight is not finite", op->name);
    return HATPOSE_OK;
}

static void place_bias(loader *load, hp_op *op, const hp_gguf_tensor *bias)
{
    if (bias == NULL)
        return;
    float *to = take(load, bias);
    op->bias = to != NULL ? to : (const void *)bias->data;
    if (to != NULL)
        memcpy(to, bias->data, bias->bytes);
}

static hatpose_status place_all(loader *load)
{
    hatpose_model *model = load->model;
    hatpose_status status = allocate_block(load);

    for (int i = 0; i < model->op_count && status == HATPOSE_OK; i++) {
        if (model->ops[i].kind == HP_OP_ADD)
            continue;
        status = place_weight(load, &model->ops[i], &load->tensors[i]);
        place_bias(load, &model->ops[i], load->tensors[i].bias);
    }
    return status;
}

hatpose_status hp_weights_read(const hp_gguf *gguf, hatpose_model *model,
                               bool *in_place, hatpose_error *err)
{
    loader load = {.gguf = gguf,
                   .model = model,
                   .in_place = model->file == NULL,
                   .err = err};
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
        status = place_all(&load);
    *in_place = load.in_place;
    hp_deallocate(&model->memory, used);
    hp_deallocate(&model->memory, tensors);
    return status;
}
