/* check_depthwise.c - the depthwise 3x3 against plain sums in double. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../check.h"
#include "int8_weight.h"
#include "layer_case.h"

typedef struct depthwise_case {
    const hp_layers *layers;
    value in, out;
    guarded weight, bias; /* as the kernel takes them */
    int known, stride, dilation, out_width, first_row, row_count;
    hp_activation activation;
} depthwise_case;

static depthwise_case open_case(const hp_layers *layers, int known, int width,
                                int height, int stride, int dilation)
{
    const int channels = hp_block_channels(layers->storage);
    depthwise_case c = {.layers = layers,
                        .known = known,
                        .stride = stride,
                        .dilation = dilation,
                        .out_width = (width - 1) / stride + 1};
    const int out_height = (height - 1) / stride + 1;

    c.first_row = random_int(0, out_height - 1);
    c.row_count = random_int(1, out_height - c.first_row);
    c.activation = (hp_activation)random_int(0, 2);
    c.in = value_create(layers->storage, known, width, height,
                        random_int(dilation, 2), chance(8) ? 1000.0f : 1.0f);
    c.out = value_strip(layers->storage, known, c.row_count,
                        c.out_width + random_int(0, 3), 5.0f);
    c.weight = random_floats((size_t)c.in.channels * 9, 1.0f);
    c.bias = random_floats((size_t)c.in.channels, 1.0f);
    for (int i = known; i < c.in.channels; i++) {
        ((float *)c.bias.data)[i] = 0.0f;
        for (int t = 0; t < 9; t++)
            ((float *)c.weight
                 .data)[(i / channels * 9 + t) * channels + i % channels] =
                0.0f;
    }
    return c;
}

static void close_case(depthwise_case *c)
{
    value_destroy(&c->in);
    value_destroy(&c->out);
    guarded_destroy(&c->weight);
    guarded_destroy(&c->bias);
}

static void run_rows(const depthwise_case *c, const value *out, int first,
                     int count)
{
    hp_depthwise_run run = {
        .in = c->in.view,
        .out = out->view,
        .weight = c->weight.data,
        .bias = c->bias.data,
        .activation = c->activation,
        .in_pitch = c->in.pitch,
        .out_width = c->out_width,
        .out_pitch = out->pitch,
        .stride = c->stride,
        .dilation = c->dilation,
        .first_row = c->first_row + first,
        .row_count = count,
    };

    run.out.data += (ptrdiff_t)first * out->pitch *
                    (ptrdiff_t)hp_pixel_stride(out->view.storage);
    c->layers->depthwise(&run);
}

static double wanted_number(const depthwise_case *c, int channel, int x, int y,
                            double *bound)
{
    const int channels = hp_block_channels(c->layers->storage);
    const float *weight = (const float *)c->weight.data +
                          channel / channels * 9 * channels +
                          channel % channels;
    const bool rounded = c->layers->storage == HP_STORAGE_INT8;
    const float scale = hp_int8_channel_scale(weight, channels);
    double sum = (double)((const float *)c->bias.data)[channel];
    double size = fabs(sum);

    for (int t = 0; t < 9; t++) {
        ptrdiff_t at = (ptrdiff_t)(y * c->stride + (t / 3 - 1) * c->dilation) *
                           c->in.pitch +
                       x * c->stride + (t % 3 - 1) * c->dilation;
        double factor = (double)weight[t * channels];
        if (rounded)
            factor =
                (double)scale * hp_int8_weight(weight[t * channels], scale);
        double term = factor * value_number(&c->in, channel, at);
        sum += term;
        size += fabs(term);
    }
    *bound = size * 12 * 0x1p-24 + 1e-6; /* ten terms, and exp(x) - 1 */
    return activate_number(sum, c->activation);
}

static void check_once(const hp_layers *layers)
{
    const int stride = random_int(1, 2);
    depthwise_case c = open_case(
        layers, random_int(1, 150), random_int(1, chance(4) ? 200 : 40),
        random_int(1, 12), stride, stride == 2 ? 1 : random_int(1, 2));
    value other = value_copy(&c.out);
    long wrong = 0;

    run_rows(&c, &c.out, 0, c.row_count);
    for (int y = 0; y < c.row_count; y++)
        for (int x = 0; x < c.out.pitch; x++)
            for (int i = 0; i < c.out.channels; i++) {
                double bound = 0, wanted = 0;
                if (x < c.out_width)
                    wanted = wanted_number(&c, i, x, c.first_row + y, &bound);
                wrong += !number_is_near(
                    &c.out, i, (ptrdiff_t)y * c.out.pitch + x, wanted, bound);
            }
    size_t outside = changed_outside(&c.out, 0, c.row_count * c.out.pitch, 1);
    for (int y = 0; y < c.row_count; y++)
        run_rows(&c, &other, y, 1);
    bool differs =
        memcmp(c.out.memory.data, other.memory.data, c.out.memory.bytes) != 0;
    CHECK_MESSAGE(wrong == 0 && outside == 0 && !differs,
                  "%s: %d channels, %dx%d, stride %d, dilation %d, rows %d + "
                  "%d, activation %d: %ld wrong, %zu bytes outside, rows cut: "
                  "%d",
                  layers->name, c.known, c.in.width, c.in.height, c.stride,
                  c.dilation, c.first_row, c.row_count, (int)c.activation,
                  wrong, outside, differs);
    value_destroy(&other);
    close_case(&c);
}

void check_depthwise(const hp_layers *layers)
{
    for (int i = 0; i < 60; i++)
        check_once(layers);
}

void bench_depthwise(const hp_layers *layers)
{
    static const int shapes[][5] = {{32, 228, 128, 1, 1},
                                    {64, 228, 128, 2, 1},
                                    {128, 114, 64, 1, 1},
                                    {512, 57, 32, 1, 1},
                                    {512, 57, 32, 1, 2}};

    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const int *s = shapes[i];
        char label[64];
        depthwise_case c = open_case(layers, s[0], s[1], s[2], s[3], s[4]);
        value_destroy(&c.out);
        c.first_row = 0;
        c.row_count = (s[2] - 1) / s[3] + 1;
        c.activation = HP_ACTIVATION_RELU;
        c.out = value_strip(layers->storage, s[0], c.row_count, c.out_width + 1,
                            5.0f);
        snprintf(label, sizeof label, "%d x %dx%d s%d d%d", s[0], s[1], s[2],
                 s[3], s[4]);
        BENCH(label, "GFLOP/s", 18.0 * s[0] * c.out_width * c.row_count,
              run_rows(&c, &c.out, 0, c.row_count));
        close_case(&c);
    }
}
