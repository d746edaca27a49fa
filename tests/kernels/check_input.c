/* check_input.c - first and import: from a picture of bytes, with or without
 * a margin, against plain sums in double. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../check.h"
#include "layer_case.h"

typedef struct input_case {
    hp_input input;
    guarded pixels;
} input_case;

static input_case open_input(int width, int height)
{
    const int sizes[] = {1, 3, 4};
    input_case c = {.input = {.width = width, .height = height}};
    hp_input *in = &c.input;

    in->pixel_bytes = sizes[random_int(0, 2)];
    in->picture_width = chance(2) ? width : random_int(1, width);
    in->picture_height = chance(2) ? height : random_int(1, height);
    in->left = random_int(0, width - in->picture_width);
    in->top = random_int(0, height - in->picture_height);
    in->stride_bytes = (size_t)(in->picture_width * in->pixel_bytes) +
                       (size_t)random_int(0, 5);
    for (int i = 0; i < 3; i++) {
        in->order[i] = in->pixel_bytes == 1 ? 0 : random_int(0, 2);
        in->mean[i] = 128.0f + random_float(30.0f);
        in->scale[i] = (1.0f + random_float(0.5f)) / 256.0f;
    }
    /* The last row ends with its last pixel. */
    size_t bytes = (size_t)(in->picture_height - 1) * in->stride_bytes +
                   (size_t)(in->picture_width * in->pixel_bytes);
    c.pixels = random_memory(bytes);
    unsigned char *data =
        (unsigned char *)c.pixels.data + c.pixels.bytes - bytes;
    for (size_t i = 0; i < bytes; i++)
        data[i] = (unsigned char)random_u32();
    in->pixels = data;
    return c;
}

static double input_number(const hp_input *in, int c, int x, int y)
{
    x -= in->left;
    y -= in->top;
    if (x < 0 || y < 0 || x >= in->picture_width || y >= in->picture_height)
        return 0;
    uint8_t byte = in->pixels[(size_t)y * in->stride_bytes +
                              (size_t)(x * in->pixel_bytes + in->order[c])];
    return ((double)byte - (double)in->mean[c]) * (double)in->scale[c];
}

typedef struct first_case {
    const hp_layers *layers;
    input_case in;
    value out;
    guarded weight, packed, bias;
    int outputs, out_width, first_row, row_count;
    hp_activation activation;
} first_case;

static first_case open_first(const hp_layers *layers, int width, int height,
                             int outputs)
{
    first_case c = {.layers = layers,
                    .in = open_input(width, height),
                    .outputs = outputs,
                    .out_width = (width - 1) / 2 + 1};
    const int out_height = (height - 1) / 2 + 1;

    c.first_row = random_int(0, out_height - 1);
    c.row_count = random_int(1, out_height - c.first_row);
    c.activation = (hp_activation)random_int(0, 2);
    c.out = value_strip(layers->storage, outputs, c.row_count,
                        c.out_width + random_int(0, 3), 5.0f);
    c.weight = random_floats((size_t)outputs * 27, 1.0f);
    c.bias = random_floats((size_t)hp_packed_channels(outputs), 1.0f);
    for (int i = outputs; i < hp_packed_channels(outputs); i++)
        ((float *)c.bias.data)[i] = 0.0f;
    c.packed = random_memory(layers->first_pack_bytes(outputs));
    layers->first_pack(c.weight.data, outputs, c.packed.data);
    return c;
}

static void close_first(first_case *c)
{
    guarded_destroy(&c->in.pixels);
    guarded_destroy(&c->weight);
    guarded_destroy(&c->packed);
    guarded_destroy(&c->bias);
    value_destroy(&c->out);
}

static void run_first(const first_case *c, const value *out, int first,
                      int count)
{
    guarded scratch =
        random_memory(c->layers->first_scratch_bytes(c->in.input.width));
    hp_first_run run = {
        .input = &c->in.input,
        .out = out->view,
        .weight = c->packed.data,
        .bias = c->bias.data,
        .activation = c->activation,
        .out_width = c->out_width,
        .out_pitch = out->pitch,
        .first_row = c->first_row + first,
        .row_count = count,
        .scratch = scratch.data,
    };

    run.out.data += (ptrdiff_t)first * out->pitch *
                    (ptrdiff_t)hp_pixel_stride(out->view.storage);
    c->layers->first(&run);
    guarded_destroy(&scratch);
}

/* A kernel may take the mean out of the sum: terms are as large as bytes. */
static double wanted_first(const first_case *c, int output, int x, int y,
                           double *bound)
{
    double sum, size = 1;

    *bound = 0;
    if (output >= c->outputs || x >= c->out_width)
        return 0;
    const float *weight = (const float *)c->weight.data + output * 27;
    sum = (double)((const float *)c->bias.data)[output];
    for (int t = 0; t < 27; t++) {
        sum += (double)weight[t] * input_number(&c->in.input, t / 9,
                                                2 * x + t % 3 - 1,
                                                2 * y + t / 3 % 3 - 1);
        size +=
            fabs((double)weight[t]) * 400 * (double)c->in.input.scale[t / 9];
    }
    *bound = size * 32 * 0x1p-24 + 1e-6;
    return activate_number(sum, c->activation);
}

static void check_first_once(const hp_layers *layers)
{
    first_case c =
        open_first(layers, random_int(1, chance(3) ? 200 : 40),
                   random_int(1, 24), random_int(1, chance(3) ? 70 : 33));
    value other = value_copy(&c.out);
    long wrong = 0;

    run_first(&c, &c.out, 0, c.row_count);
    for (int y = 0; y < c.row_count; y++)
        for (int x = 0; x < c.out.pitch; x++)
            for (int i = 0; i < c.out.channels; i++) {
                double bound;
                double wanted = wanted_first(&c, i, x, c.first_row + y, &bound);
                wrong += !number_is_near(
                    &c.out, i, (ptrdiff_t)y * c.out.pitch + x, wanted, bound);
            }
    size_t outside = changed_outside(&c.out, 0, c.row_count * c.out.pitch, 1);
    for (int y = 0; y < c.row_count; y++)
        run_first(&c, &other, y, 1);
    bool differs =
        memcmp(c.out.memory.data, other.memory.data, c.out.memory.bytes) != 0;
    CHECK_MESSAGE(wrong == 0 && outside == 0 && !differs,
                  "%s: %d outputs, input %dx%d of %d bytes, picture %dx%d at "
                  "%d,%d, rows %d + %d: %ld wrong, %zu bytes outside, rows "
                  "cut: %d",
                  layers->name, c.outputs, c.in.input.width, c.in.input.height,
                  c.in.input.pixel_bytes, c.in.input.picture_width,
                  c.in.input.picture_height, c.in.input.left, c.in.input.top,
                  c.first_row, c.row_count, wrong, outside, differs);
    value_destroy(&other);
    close_first(&c);
}

void check_first(const hp_layers *layers)
{
    for (int i = 0; i < 60; i++)
        check_first_once(layers);
}

void bench_first(const hp_layers *layers)
{
    first_case c = open_first(layers, 456, 256, 32);

    value_destroy(&c.out);
    c.first_row = 0;
    c.row_count = 128;
    c.activation = HP_ACTIVATION_RELU;
    c.out = value_strip(layers->storage, 32, 128, 229, 5.0f);
    BENCH("32 outputs, 456x256", "GFLOP/s", 2.0 * 27 * 32 * 228 * 128,
          run_first(&c, &c.out, 0, c.row_count));
    close_first(&c);
}

static void run_import(const hp_layers *layers, const hp_input *input,
                       const value *out, int first_row)
{
    hp_import_run run = {
        .input = input,
        .out = out->view,
        .out_pitch = out->pitch,
        .first_row = first_row,
        .row_count = out->height,
    };

    layers->import(&run);
}

static void check_import_once(const hp_layers *layers)
{
    const int width = random_int(1, 80), height = random_int(1, 20);
    const int first_row = random_int(0, height - 1);
    input_case in = open_input(width, height);
    value out =
        value_strip(layers->storage, 3, random_int(1, height - first_row),
                    width + random_int(0, 3), 1.0f);
    long wrong = 0;

    run_import(layers, &in.input, &out, first_row);
    for (int y = 0; y < out.height; y++)
        for (int x = 0; x < out.pitch; x++)
            for (int c = 0; c < out.channels; c++) {
                double wanted =
                    c < 3 && x < width
                        ? input_number(&in.input, c, x, first_row + y)
                        : 0;
                /* Roundings of numbers as large as a byte. */
                double bound =
                    c < 3 && x < width
                        ? 4 * 0x1p-24 * 400 * (double)in.input.scale[c]
                        : 0;
                wrong += !number_is_near(&out, c, (ptrdiff_t)y * out.pitch + x,
                                         wanted, bound);
            }
    size_t outside = changed_outside(&out, 0, out.height * out.pitch, 1);
    CHECK_MESSAGE(wrong == 0 && outside == 0,
                  "%s: %dx%d of %d bytes: %ld wrong, %zu bytes outside",
                  layers->name, width, height, in.input.pixel_bytes, wrong,
                  outside);
    guarded_destroy(&in.pixels);
    value_destroy(&out);
}

void check_import(const hp_layers *layers)
{
    for (int i = 0; i < 60; i++)
        check_import_once(layers);
}

void bench_import(const hp_layers *layers)
{
    input_case in = open_input(456, 256);
    value out = value_strip(layers->storage, 3, 256, 457, 1.0f);

    BENCH("456x256", "Gpixel/s", 456 * 256,
          run_import(layers, &in.input, &out, 0));
    guarded_destroy(&in.pixels);
    value_destroy(&out);
}
