/* naive_network.c - see naive_network.h. */
#include "naive_network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct planes {
    int width, height;
    double *data;
} planes;

static void *must(void *block)
{
    if (block == NULL) {
        fputs("no memory for a test\n", stderr);
        exit(1);
    }
    return block;
}

void naive_init(naive_network *network, uint64_t seed)
{
    memset(network, 0, sizeof *network);
    network->random_state = seed;
    network->model.values = network->values;
    network->model.ops = network->ops;
    hp_model_cache_init(&network->model, NULL);
    network->model.value_count = 1;
    network->values[0].channels = 3;
}

void naive_release(naive_network *network)
{
    hp_model_cache_release(&network->model);
    for (int i = 0; i < network->owned_count; i++)
        free(network->owned[i]);
    free(network->ranges);
}

uint32_t naive_random(naive_network *network, uint32_t below)
{
    network->random_state =
        network->random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(network->random_state >> 33) % below;
}

int naive_value(naive_network *network, int channels)
{
    int index = network->model.value_count++;

    network->values[index].channels = channels;
    return index;
}

static const float *random_floats(naive_network *network, size_t count,
                                  float range)
{
    float *data = must(malloc(count * sizeof *data));

    for (size_t i = 0; i < count; i++)
        data[i] = range * ((float)naive_random(network, 1 << 20) *
                               (2.0f / (float)(1 << 20)) -
                           1.0f);
    network->owned[network->owned_count++] = data;
    return data;
}

void naive_op(naive_network *network, hp_op op, bool bias)
{
    hp_op *added = &network->ops[network->model.op_count];
    const size_t taps = (size_t)op.kernel * (size_t)op.kernel;
    size_t terms = op.kind == HP_OP_CONV ? (size_t)op.input_count * taps : taps;

    *added = op;
    snprintf(added->name, sizeof added->name, "op%d",
             network->model.op_count++);
    if (op.kind == HP_OP_ADD)
        return;
    added->weight = random_floats(network, (size_t)op.output_count * terms,
                                  sqrtf(3.0f / (float)terms));
    if (bias)
        added->bias = random_floats(network, (size_t)op.output_count, 0.5f);
}

void naive_pointwise(naive_network *network, int input, int output)
{
    naive_op(network,
             (hp_op){.kind = HP_OP_CONV,
                     .input = input,
                     .input_count = network->values[input].channels,
                     .output = output,
                     .output_count = network->values[output].channels,
                     .kernel = 1,
                     .stride = 1,
                     .dilation = 1},
             true);
}

static double activate(double x, hp_activation activation)
{
    if (activation == HP_ACTIVATION_RELU)
        return x > 0 ? x : 0;
    if (activation == HP_ACTIVATION_ELU)
        return x > 0 ? x : exp(x) - 1;
    return x;
}

static double at(const planes *value, int channel, int x, int y)
{
    if (x < 0 || y < 0 || x >= value->width || y >= value->height)
        return 0;
    return value->data[((size_t)channel * (size_t)value->height + (size_t)y) *
                           (size_t)value->width +
                       (size_t)x];
}

/* One window of one input channel. */
static double window_sum(const hp_op *op, const planes *in, int channel,
                         const float *weight, int x, int y)
{
    const int reach = op->dilation * (op->kernel - 1) / 2;
    double sum = 0;

    for (int ky = 0; ky < op->kernel; ky++)
        for (int kx = 0; kx < op->kernel; kx++)
            sum += (double)weight[ky * op->kernel + kx] *
                   at(in, op->input_first + channel,
                      x * op->stride + kx * op->dilation - reach,
                      y * op->stride + ky * op->dilation - reach);
    return sum;
}

static double element(const hp_op *op, const planes *values, int channel, int x,
                      int y)
{
    const planes *in = &values[op->input];
    const size_t taps = (size_t)op->kernel * (size_t)op->kernel;
    double sum = op->bias != NULL ? (double)op->bias[channel] : 0;

    switch (op->kind) {
    case HP_OP_CONV:
        for (int i = 0; i < op->input_count; i++)
            sum += window_sum(
                op, in, i,
                (const float *)op->weight +
                    ((size_t)channel * (size_t)op->input_count + (size_t)i) *
                        taps,
                x, y);
        break;
    case HP_OP_DEPTHWISE:
        sum += window_sum(op, in, channel,
                          (const float *)op->weight + (size_t)channel * taps, x,
                          y);
        break;
    case HP_OP_ADD:
        sum = at(in, op->input_first + channel, x, y) +
              at(&values[op->addend], op->addend_first + channel, x, y);
        break;
    }
    return activate(sum, op->activation);
}

static void run_op(const naive_network *network, const hp_op *op,
                   planes *values)
{
    const planes *in = &values[op->input];
    planes *out = &values[op->output];

    if (out->data == NULL) {
        out->width = (in->width - 1) / op->stride + 1;
        out->height = (in->height - 1) / op->stride + 1;
        out->data =
            must(calloc((size_t)out->width * (size_t)out->height *
                            (size_t)network->values[op->output].channels,
                        sizeof(double)));
    }
    const size_t plane = (size_t)out->width * (size_t)out->height;
    for (int c = 0; c < op->output_count; c++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                out->data[(size_t)(op->output_first + c) * plane +
                          (size_t)y * (size_t)out->width + (size_t)x] =
                    element(op, values, c, x, y);
}

typedef struct sides {
    int width, height;
} sides;

static double *run(const naive_network *network, const float *input, int width,
                   int height, int value, int first, int count, sides *size)
{
    planes values[NAIVE_MAX_VALUES] = {{.width = width, .height = height}};
    const size_t input_count = 3 * (size_t)width * (size_t)height;

    values[0].data = must(malloc(input_count * sizeof(double)));
    for (size_t i = 0; i < input_count; i++)
        values[0].data[i] = (double)input[i];
    for (int i = 0; i < network->model.op_count; i++)
        run_op(network, &network->ops[i], values);
    const size_t plane =
        (size_t)values[value].width * (size_t)values[value].height;
    double *out = must(malloc((size_t)count * plane * sizeof *out));
    memcpy(out, values[value].data + (size_t)first * plane,
           (size_t)count * plane * sizeof *out);
    *size = (sides){values[value].width, values[value].height};
    for (int i = 0; i < network->model.value_count; i++)
        free(values[i].data);
    return out;
}

double *naive_run(const naive_network *network, const float *input, int width,
                  int height, int value, int first, int count)
{
    sides size;

    return run(network, input, width, height, value, first, count, &size);
}

void naive_find_ranges(naive_network *network, const float *input, int width,
                       int height)
{
    size_t count = 0;

    for (int v = 0; v < network->model.value_count; v++)
        count += (size_t)network->values[v].channels;
    free(network->ranges);
    network->ranges = must(calloc(2 * count, sizeof *network->ranges));
    network->model.ranges = network->ranges;
    float *low = network->ranges, *high = low + count;
    for (int v = 0; v < network->model.value_count; v++) {
        const int channels = network->values[v].channels;
        sides size = {0, 0};
        double *all = run(network, input, width, height, v, 0, channels, &size);
        const size_t plane = (size_t)size.width * (size_t)size.height;
        for (size_t i = 0; i < (size_t)channels * plane; i++) {
            low[i / plane] = fminf(low[i / plane], (float)all[i]);
            high[i / plane] = fmaxf(high[i / plane], (float)all[i]);
        }
        network->values[v].low = low;
        network->values[v].high = high;
        low += channels;
        high += channels;
        free(all);
    }
}

double naive_largest(const naive_network *network)
{
    float largest = 0; /* in double gcc 12 for aarch64 breaks off */

    for (int v = 0; v < network->model.value_count; v++)
        for (int c = 0; c < network->values[v].channels; c++)
            largest = fmaxf(largest, fmaxf(-network->values[v].low[c],
                                           network->values[v].high[c]));
    return (double)largest;
}
