/* check_dense.c - conv and winograd against plain sums in double: any number
 * of channels, 1x1 and 3x3, steps, dilation, addends, activations, out in the
 * table's storage or as floats, runs cut anywhere. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../check.h"
#include "layer_case.h"

/* What the error of a sum may be, over the sum of the sizes of its terms.
 * A rounding is 2^-24 and there are at most depth + 4 of them. SPLIT drops
 * low * low, 2^-16 of a term at most, and what two bf16 cannot hold of a
 * weight, as much again. */
static double sum_error(hp_storage storage, int depth)
{
    double error = (depth + 4) * 0x1p-24;

    return storage == HP_STORAGE_SPLIT ? error + 0x1p-15 : error;
}

/* How much F(4x4, 3x3) enlarges the roundings of float: the transforms sum
 * with weights of up to 10 (input) and 19 (output) a side and cancel again.
 * With 2 roundings instead of 24 one case in 240 fails, with 8 one in 2,000.
 * What is rounded to bf16 between the transforms is off by 2^-9 instead of
 * 2^-25. */
static double winograd_error(hp_storage storage, int depth)
{
    double error = 24 * 0x1p-24 + depth * 0x1p-24;

    if (storage == HP_STORAGE_SPLIT)
        error += 24 * 0x1p-16;
    if (storage == HP_STORAGE_BF16)
        error += 24 * 0x1p-9;
    return error;
}

typedef struct shape {
    int known_inputs, outputs, out_channels;
    int tap_count, step, dilation;
    int width, height, pad; /* of the output */
    hp_storage out_storage;
    bool with_addend;
    hp_activation activation, sum_activation;
} shape;

typedef struct dense_case {
    const hp_layers *layers;
    shape s;
    float scale; /* of the input */
    value in, out, addend;
    dense d;
    guarded scratch;
    ptrdiff_t taps[9];
} dense_case;

static shape random_shape(hp_storage storage)
{
    shape s = {
        .known_inputs = random_int(1, chance(4) ? 300 : 80),
        .outputs = random_int(1, chance(4) ? 200 : 80),
        .tap_count = chance(2) ? 1 : 9,
        .step = 1,
        .dilation = 1,
        .width = random_int(1, chance(4) ? 90 : 30),
        .height = random_int(1, 12),
        .out_storage = chance(3) ? HP_STORAGE_F32 : storage,
        .with_addend = chance(3),
        .activation = (hp_activation)random_int(0, 2),
        .sum_activation = (hp_activation)random_int(0, 2),
    };

    if (s.tap_count == 9 && chance(3))
        s.step = 2;
    else if (s.tap_count == 9)
        s.dilation = random_int(1, 2);
    s.pad = random_int(s.tap_count == 9 ? s.dilation : 0, 2);
    s.out_channels = s.outputs;
    if (chance(5)) /* more blocks than outputs, or fewer */
        s.out_channels = random_int(1, s.outputs + 70);
    return s;
}

static dense_case open_case(const hp_layers *layers, shape s, bool winograd)
{
    const float scale = chance(8) ? 1000.0f : 1.0f;
    const float out_scale =
        scale * sqrtf((float)(s.known_inputs * s.tap_count)) + 1.0f;
    dense_case c = {.layers = layers, .s = s, .scale = scale};

    c.in = value_create(layers->storage, s.known_inputs,
                        s.step == 1 ? s.width : 2 * s.width - random_int(0, 1),
                        s.step == 1 ? s.height : 2 * s.height, s.pad, scale);
    c.out = value_empty(s.out_storage, s.out_channels, s.width, s.height, s.pad,
                        out_scale);
    if (s.with_addend)
        c.addend = value_create(s.out_storage, s.out_channels, s.width,
                                s.height, s.pad, out_scale);
    c.d = dense_create(layers, &c.in, s.known_inputs, s.outputs, s.tap_count,
                       winograd);
    for (int t = 0; t < 9; t++)
        c.taps[t] = s.tap_count == 1
                        ? 0
                        : (ptrdiff_t)s.dilation *
                              ((t / 3 - 1) * (ptrdiff_t)c.in.pitch + t % 3 - 1);
    return c;
}

static void close_case(dense_case *c)
{
    value_destroy(&c->in);
    value_destroy(&c->out);
    if (c->s.with_addend)
        value_destroy(&c->addend);
    dense_destroy(&c->d);
}

/* INT8: kernels take the code of 0 out of a sum by the bias, in float. So
 * a term of 0 is the difference of two numbers of this size. */
static double size_of_zero(const dense_case *c, int channel)
{
    const hp_view *in = &c->in.view;

    if (in->storage != HP_STORAGE_INT8)
        return 0;
    return in->codes.zero * (double)in->codes.step[channel];
}

/* What pixel `at` of the output should be, and how far off a kernel may be. */
static double wanted_number(const dense_case *c, int output, ptrdiff_t at,
                            bool winograd, double *bound)
{
    const shape *s = &c->s;
    const ptrdiff_t from =
        at / c->out.pitch * s->step * c->in.pitch + at % c->out.pitch * s->step;
    const int depth = s->known_inputs * s->tap_count;
    double sum = 0, size = 0;

    if (output < s->outputs) {
        const double *weight = c->d.rounded + (size_t)output *
                                                  (size_t)c->in.channels *
                                                  (size_t)s->tap_count;
        const float *bias = c->d.bias.data;
        sum = (double)bias[output];
        size = fabs(sum);
        for (int i = 0; i < s->known_inputs; i++)
            for (int t = 0; t < s->tap_count; t++) {
                double x = value_number(&c->in, i, from + c->taps[t]);
                double w = weight[i * s->tap_count + t];
                sum += w * x;
                /* In a tile other pixels take part. */
                size += fabs(w) * ((winograd ? (double)c->scale : fabs(x)) +
                                   size_of_zero(c, i));
            }
    }
    *bound = size * (winograd ? winograd_error(c->layers->storage, depth)
                              : sum_error(c->layers->storage, depth)) +
             1e-6;
    sum = activate_number(sum, s->activation);
    if (s->with_addend) {
        double addend = value_number(&c->addend, output, at);
        *bound += 0x1p-23 * (fabs(sum) + fabs(addend)) + 1e-6;
        sum = activate_number(sum + addend, s->sum_activation);
    }
    return sum;
}

static void report(const dense_case *c, const char *what, long wrong)
{
    const shape *s = &c->s;

    CHECK_MESSAGE(wrong == 0,
                  "%s: %ld %s; %d -> %d (%d) channels, %d taps, step %d, "
                  "dilation %d, %dx%d pad %d, out %s, addend %d, "
                  "activations %d %d",
                  c->layers->name, wrong, what, s->known_inputs, s->outputs,
                  s->out_channels, s->tap_count, s->step, s->dilation, s->width,
                  s->height, s->pad,
                  s->out_storage == c->layers->storage ? "as in" : "float",
                  s->with_addend, (int)s->activation, (int)s->sum_activation);
}

/* Some pixels of all; every channel of each. */
static void compare_numbers(const dense_case *c, bool winograd)
{
    const int pixels = c->s.width * c->s.height;
    const int looked_at = pixels < 24 ? pixels : 24;
    long wrong = 0;

    for (int i = 0; i < looked_at; i++) {
        int p = pixels <= 24 ? i : random_int(0, pixels - 1);
        ptrdiff_t at =
            (ptrdiff_t)(p / c->s.width) * c->out.pitch + p % c->s.width;
        for (int o = 0; o < c->out.channels; o++) {
            double bound;
            double wanted = wanted_number(c, o, at, winograd, &bound);
            wrong += !number_is_near(&c->out, o, at, wanted, bound);
        }
    }
    report(c, "wrong numbers", wrong);
}

static void run_conv(const dense_case *c, const value *out, ptrdiff_t first,
                     int count)
{
    const shape *s = &c->s;
    hp_conv_run run = {
        .in = c->in.view,
        .out = out->view,
        .weight = c->d.packed.data,
        .bias = c->d.bias.data,
        .activation = s->activation,
        .sum_activation = s->sum_activation,
        .taps = c->taps,
        .tap_count = s->tap_count,
        .in_step = s->step,
        .count = count,
    };
    const ptrdiff_t from = first / c->out.pitch * s->step * c->in.pitch +
                           first % c->out.pitch * s->step;
    guarded scratch = {.data = NULL};

    run.in.data += from * (ptrdiff_t)hp_pixel_stride(run.in.storage);
    run.out.data += first * (ptrdiff_t)hp_pixel_stride(run.out.storage);
    if (s->with_addend) {
        run.addend = c->addend.view;
        run.addend.data += first * (ptrdiff_t)hp_pixel_stride(s->out_storage);
    }
    if (c->layers->conv_scratch_bytes != NULL) {
        scratch = random_memory(c->layers->conv_scratch_bytes(
            s->outputs, c->in.channels, s->tap_count, count));
        run.scratch = scratch.data;
    }
    c->layers->conv(&run);
    if (scratch.data != NULL)
        guarded_destroy(&scratch);
}

/* Stride 1: flat runs over all rows; else row by row. cut: in pieces. */
static void run_all(const dense_case *c, const value *out, bool cut)
{
    const bool flat = c->s.step == 1;
    const int rows = flat ? 1 : c->s.height;
    const int count =
        flat ? (c->s.height - 1) * c->out.pitch + c->s.width : c->s.width;

    for (int row = 0; row < rows; row++)
        for (int done = 0; done < count;) {
            int part = cut ? random_int(1, chance(2) ? 9 : 70) : count;
            part = part < count - done ? part : count - done;
            run_conv(c, out, (ptrdiff_t)row * c->out.pitch + done, part);
            done += part;
        }
}

static void check_conv_once(const hp_layers *layers)
{
    dense_case c = open_case(layers, random_shape(layers->storage), false);
    const bool flat = c.s.step == 1;
    value other = value_copy(&c.out);

    run_all(&c, &c.out, false);
    compare_numbers(&c, false);
    report(&c, "bytes written outside",
           (long)changed_outside(
               &c.out, 0,
               flat ? (c.s.height - 1) * c.out.pitch + c.s.width : c.s.width,
               flat ? 1 : c.s.height));
    run_all(&c, &other, true);
    report(&c, "cut runs that differ",
           memcmp(c.out.memory.data, other.memory.data, c.out.memory.bytes) !=
               0);
    value_destroy(&other);
    close_case(&c);
}

void check_conv(const hp_layers *layers)
{
    for (int i = 0; i < 60; i++)
        check_conv_once(layers);
}

static void run_winograd(const dense_case *c, const value *out, int first,
                         int count)
{
    const shape *s = &c->s;
    guarded scratch = random_memory(
        c->layers->winograd_scratch_bytes(s->outputs, c->in.channels));
    hp_winograd_run run = {
        .in = c->in.view,
        .out = out->view,
        .weight = c->d.packed.data,
        .bias = c->d.bias.data,
        .activation = s->activation,
        .sum_activation = s->sum_activation,
        .width = s->width,
        .height = s->height,
        .pitch = c->in.pitch,
        .pad = s->pad,
        .dilation = s->dilation,
        .first_tile = first,
        .tile_count = count,
        .scratch = scratch.data,
    };

    if (s->with_addend)
        run.addend = c->addend.view;
    c->layers->winograd(&run);
    guarded_destroy(&scratch);
}

static void check_winograd_once(const hp_layers *layers)
{
    shape s = random_shape(layers->storage);

    s.tap_count = 9;
    s.step = 1;
    s.dilation = random_int(1, 2);
    s.pad = 2;
    dense_case c = open_case(layers, s, true);
    const int tiles = hp_winograd_tile_count(s.width, s.height, s.dilation);
    value other = value_copy(&c.out);

    run_winograd(&c, &c.out, 0, tiles);
    compare_numbers(&c, true);
    report(&c, "bytes written outside",
           (long)changed_outside(&c.out, 0, s.width, s.height));
    for (int done = 0; done < tiles;) {
        int part = random_int(1, tiles - done);
        run_winograd(&c, &other, done, part);
        done += part;
    }
    report(&c, "cut runs that differ",
           memcmp(c.out.memory.data, other.memory.data, c.out.memory.bytes) !=
               0);
    value_destroy(&other);
    close_case(&c);
}

void check_winograd(const hp_layers *layers)
{
    if (layers->winograd == NULL) {
        printf("    not offered\n");
        return;
    }
    for (int i = 0; i < 40; i++)
        check_winograd_once(layers);
}

/* --- the shapes of a 256x456 network ------------------------------------- */

static const shape shapes[] = {
    {.known_inputs = 32, .outputs = 64, .width = 228, .height = 128},
    {.known_inputs = 128, .outputs = 128, .width = 114, .height = 64},
    {.known_inputs = 256, .outputs = 256, .width = 57, .height = 32},
    {.known_inputs = 512, .outputs = 512, .width = 57, .height = 32},
    {.known_inputs = 512, .outputs = 128, .width = 57, .height = 32},
    {.known_inputs = 128, .outputs = 512, .width = 57, .height = 32},
    {.known_inputs = 512, .outputs = 19, .width = 57, .height = 32},
};

static double flops(const shape *s)
{
    return 2.0 * s->known_inputs * s->outputs * s->tap_count * s->width *
           s->height;
}

static void bench_once(const hp_layers *layers, shape s, bool winograd)
{
    char label[64];

    s.out_channels = s.outputs;
    s.pad = 2;
    s.step = 1;
    s.out_storage = layers->storage;
    s.activation = HP_ACTIVATION_RELU;
    dense_case c = open_case(layers, s, winograd);
    snprintf(label, sizeof label, "%d -> %d, %dx%d, %d taps, d%d",
             s.known_inputs, s.outputs, s.width, s.height, s.tap_count,
             s.dilation);
    if (winograd)
        BENCH(label, "GFLOP/s direct", flops(&s),
              run_winograd(
                  &c, &c.out, 0,
                  hp_winograd_tile_count(s.width, s.height, s.dilation)));
    else
        BENCH(label, "GFLOP/s", flops(&s), run_all(&c, &c.out, false));
    close_case(&c);
}

void bench_conv(const hp_layers *layers)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        shape s = shapes[i];
        s.tap_count = s.dilation = 1;
        bench_once(layers, s, false);
    }
    for (int dilation = 1; dilation <= 2; dilation++)
        bench_once(layers,
                   (shape){.known_inputs = 128,
                           .outputs = 128,
                           .tap_count = 9,
                           .dilation = dilation,
                           .width = 57,
                           .height = 32},
                   false);
}

void bench_winograd(const hp_layers *layers)
{
    if (layers->winograd == NULL)
        return;
    for (int dilation = 1; dilation <= 2; dilation++)
        bench_once(layers,
                   (shape){.known_inputs = 128,
                           .outputs = 128,
                           .tap_count = 9,
                           .dilation = dilation,
                           .width = 57,
                           .height = 32},
                   true);
}
