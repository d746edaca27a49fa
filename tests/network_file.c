/* network_file.c - a small network as a model file. */
#include "network_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/skeleton.h"

#define PREFIX "lightweight-openpose."

static const uint32_t limb_paf[HP_LIMB_COUNT] = {
    12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26};

void network_file_init(network_file *network)
{
    static const network_file tiny = {
        .name = "tiny",
        .channels = "bgr",
        .mean = {128, 127, 126},
        .scale = {1 / 255.0f, 1 / 256.0f, 1 / 257.0f},
        .values = {3, 4, 4, 8, 8, 8, 57},
        .value_count = 7,
        .ops = {{"stem", "conv", "relu", 0, 0, 3, 0, 0, 1, 0, 4, 3, 2, 1,
                 GGUF_TENSOR_F32, true},
                {"dw", "depthwise", "elu", 1, 0, 4, 0, 0, 2, 0, 4, 3, 2, 1,
                 GGUF_TENSOR_I8, true},
                {"down", "conv", "none", 2, 0, 4, 0, 0, 3, 0, 8, 3, 2, 1,
                 GGUF_TENSOR_F16, false},
                {"wide", "conv", "relu", 3, 0, 8, 0, 0, 4, 0, 8, 3, 1, 2,
                 GGUF_TENSOR_BF16, true},
                {"sum", "add", "relu", 3, 0, 8, 4, 0, 5, 0, 8, 1, 1, 1, 0,
                 false},
                {"heatmaps", "conv", "none", 5, 0, 8, 0, 0, 6, 0, 19, 1, 1, 1,
                 GGUF_TENSOR_F32, true},
                {"pafs", "conv", "none", 5, 0, 8, 0, 0, 6, 19, 38, 1, 1, 1,
                 GGUF_TENSOR_I8, true}},
        .op_count = 7,
        .heatmaps = {6, 0, 19},
        .pafs = {6, 19, 38},
        .seed = 1,
    };

    *network = tiny;
}

/* Uniform in [-1, 1). */
static float next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / 8388608.0f - 1.0f;
}

static uint32_t float_bits(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Rounds towards zero; below the smallest normal number it gives zero. */
static uint16_t half_of(float value)
{
    uint32_t bits = float_bits(value);
    uint32_t sign = bits >> 16 & 0x8000;
    int exponent = (int)(bits >> 23 & 255) - 127 + 15;

    if (exponent <= 0)
        return (uint16_t)sign;
    return (uint16_t)(sign | (uint32_t)exponent << 10 | (bits >> 13 & 0x3ff));
}

static void put_floats(gguf_builder *builder, const char *op, const char *what,
                       const float *values, uint32_t count)
{
    char name[80];
    uint64_t dimension = count;

    snprintf(name, sizeof name, "%s.%s", op, what);
    gguf_put_tensor(builder, name, GGUF_TENSOR_F32, &dimension, 1, values,
                    count * sizeof *values);
}

/* One weight, in the bytes of its type. */
static size_t encode(float value, uint32_t type, unsigned char *to)
{
    uint32_t bits = float_bits(value);
    uint16_t half =
        type == GGUF_TENSOR_F16 ? half_of(value) : (uint16_t)(bits >> 16);

    switch (type) {
    case GGUF_TENSOR_F32:
        memcpy(to, &value, sizeof value);
        return sizeof value;
    case GGUF_TENSOR_I8:
        *to = (unsigned char)(signed char)(value * 127);
        return 1;
    default:
        memcpy(to, &half, sizeof half);
        return sizeof half;
    }
}

static void put_weight(const network_op *op, uint32_t *state,
                       gguf_builder *builder)
{
    char name[80];
    bool depthwise = strcmp(op->kind, "depthwise") == 0;
    uint64_t dimensions[4] = {op->kernel, op->kernel,
                              depthwise ? 1 : op->input_count,
                              op->output_count};
    size_t fan_in = dimensions[0] * dimensions[1] * dimensions[2];
    size_t count = fan_in * op->output_count;
    float gain = sqrtf(3.0f / (float)fan_in);
    unsigned char *data = malloc(count * sizeof(float) + 1);
    float *scales = malloc((op->output_count + 1u) * sizeof *scales);
    size_t bytes = 0;

    if (data == NULL || scales == NULL)
        exit(2);
    /* int8: q in -127..127, the gain goes into the scale. */
    float factor = op->weight_type == GGUF_TENSOR_I8 ? 1 : gain;
    for (size_t i = 0; i < count; i++)
        bytes += encode(next(state) * factor, op->weight_type, data + bytes);
    snprintf(name, sizeof name, "%s.weight", op->name);
    gguf_put_tensor(builder, name, op->weight_type, dimensions, 4, data, bytes);
    for (uint32_t i = 0; i < op->output_count; i++)
        scales[i] = gain / 127 * (1 + 0.25f * next(state));
    if (op->weight_type == GGUF_TENSOR_I8)
        put_floats(builder, op->name, "scale", scales, op->output_count);
    for (uint32_t i = 0; i < op->output_count; i++)
        scales[i] = 0.5f * next(state);
    if (op->bias)
        put_floats(builder, op->name, "bias", scales, op->output_count);
    free(data);
    free(scales);
}

static void put_column(const network_file *network, gguf_builder *builder,
                       const char *key, size_t field)
{
    uint32_t column[NETWORK_MAX_OPS];
    char full[80];

    for (size_t i = 0; i < network->op_count; i++)
        memcpy(&column[i], (const char *)&network->ops[i] + field,
               sizeof column[i]);
    snprintf(full, sizeof full, PREFIX "op.%s", key);
    gguf_put_u32s(builder, full, column, network->op_count);
}

static void put_text_column(const network_file *network, gguf_builder *builder,
                            const char *key, size_t field)
{
    const char *column[NETWORK_MAX_OPS];
    char full[80];

    for (size_t i = 0; i < network->op_count; i++)
        memcpy(&column[i], (const char *)&network->ops[i] + field,
               sizeof column[i]);
    snprintf(full, sizeof full, PREFIX "op.%s", key);
    gguf_put_strings(builder, full, column, network->op_count);
}

static void put_operations(const network_file *network, gguf_builder *builder)
{
    static const struct {
        const char *key;
        size_t field;
    } columns[] = {
        {"input", offsetof(network_op, input)},
        {"input_first", offsetof(network_op, input_first)},
        {"input_count", offsetof(network_op, input_count)},
        {"addend", offsetof(network_op, addend)},
        {"addend_first", offsetof(network_op, addend_first)},
        {"output", offsetof(network_op, output)},
        {"output_first", offsetof(network_op, output_first)},
        {"output_count", offsetof(network_op, output_count)},
        {"kernel", offsetof(network_op, kernel)},
        {"stride", offsetof(network_op, stride)},
        {"dilation", offsetof(network_op, dilation)},
    };

    put_text_column(network, builder, "name", offsetof(network_op, name));
    put_text_column(network, builder, "kind", offsetof(network_op, kind));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        put_column(network, builder, columns[i].key, columns[i].field);
    put_text_column(network, builder, "activation",
                    offsetof(network_op, activation));
}

static void put_skeleton(gguf_builder *builder)
{
    uint32_t from[HP_LIMB_COUNT], to[HP_LIMB_COUNT];

    for (int i = 0; i < HP_LIMB_COUNT; i++) {
        from[i] = (uint32_t)hp_limbs[i].from;
        to[i] = (uint32_t)hp_limbs[i].to;
    }
    gguf_put_strings(builder, PREFIX "keypoint.names", hp_keypoint_names,
                     HATPOSE_KEYPOINT_COUNT);
    gguf_put_u32s(builder, PREFIX "limb.from", from, HP_LIMB_COUNT);
    gguf_put_u32s(builder, PREFIX "limb.to", to, HP_LIMB_COUNT);
    gguf_put_u32s(builder, PREFIX "limb.paf", limb_paf, HP_LIMB_COUNT);
}

void network_file_describe(const network_file *network, gguf_builder *builder)
{
    uint32_t state = network->seed;

    gguf_put_string(builder, "general.architecture", "lightweight-openpose");
    gguf_put_string(builder, "general.name", network->name);
    gguf_put_u32(builder, "hatpose.format_version", 1);
    gguf_put_u32(builder, "hatpose.crc32", 0);
    gguf_put_string(builder, PREFIX "input.channels", network->channels);
    gguf_put_f32s(builder, PREFIX "input.mean", network->mean, 3);
    gguf_put_f32s(builder, PREFIX "input.scale", network->scale, 3);
    gguf_put_u32(builder, PREFIX "stride", 8);
    gguf_put_u32s(builder, PREFIX "map.heatmaps", network->heatmaps, 3);
    gguf_put_u32s(builder, PREFIX "map.pafs", network->pafs, 3);
    if (network->hats[2] != 0)
        gguf_put_u32s(builder, PREFIX "map.hats", network->hats, 3);
    put_skeleton(builder);
    gguf_put_u32s(builder, PREFIX "value.channels", network->values,
                  network->value_count);
    put_operations(network, builder);
    for (size_t i = 0; i < network->op_count; i++)
        if (strcmp(network->ops[i].kind, "add") != 0)
            put_weight(&network->ops[i], &state, builder);
}

unsigned char *network_file_build(const network_file *network, size_t *bytes)
{
    gguf_builder *builder = gguf_builder_create();

    network_file_describe(network, builder);
    unsigned char *file = gguf_build(builder, bytes);
    gguf_builder_destroy(builder);
    return file;
}
