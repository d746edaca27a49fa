/* check_elementwise.c - add and export against plain numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "layer_case.h"

static void run_add(const hp_layers *layers, const value *a, const value *b,
                    const value *out, hp_activation activation, int first,
                    int count)
{
    const ptrdiff_t bytes = first * (ptrdiff_t)hp_pixel_stride(layers->storage);
    hp_add_run run = {.a = a->view,
                      .b = b->view,
                      .out = out->view,
                      .activation = activation,
                      .count = count};

    run.a.data += bytes;
    run.b.data += bytes;
    run.out.data += bytes;
    layers->add(&run);
}

static void check_add_once(const hp_layers *layers)
{
    const int width = random_int(1, 90), height = random_int(1, 6);
    const int known = random_int(1, 140), count = (height - 1) * width + width;
    const hp_activation activation = (hp_activation)random_int(0, 2);
    value a = value_create(layers->storage, known, width, height, 0, 2.0f);
    value b = value_create(layers->storage, known, width, height, 0, 2.0f);
    value out = value_empty(layers->storage, known, width, height, 0, 3.0f);
    value other = value_copy(&out);
    const value *second = chance(7) ? &a : &b;
    long wrong = 0;

    run_add(layers, &a, second, &out, activation, 0, count);
    for (int i = 0; i < count; i++)
        for (int c = 0; c < out.channels; c++) {
            double x = value_number(&a, c, i), y = value_number(second, c, i);
            /* One rounding of the sum, one of each number in codes. */
            double bound = (fabs(x) + fabs(y)) * 0x1p-22 + 1e-6;
            wrong += !number_is_near(&out, c, i,
                                     activate_number(x + y, activation), bound);
        }
    size_t outside = changed_outside(&out, 0, count, 1);
    for (int done = 0; done < count;) {
        int part = random_int(1, count - done);
        run_add(layers, &a, second, &other, activation, done, part);
        done += part;
    }
    bool differs =
        memcmp(out.memory.data, other.memory.data, out.memory.bytes) != 0;
    CHECK_MESSAGE(wrong == 0 && outside == 0 && !differs,
                  "%s: %d channels of %d pixels, activation %d: %ld wrong, "
                  "%zu bytes outside, cut: %d",
                  layers->name, known, count, (int)activation, wrong, outside,
                  differs);
    value_destroy(&a);
    value_destroy(&b);
    value_destroy(&out);
    value_destroy(&other);
}

void check_add(const hp_layers *layers)
{
    for (int i = 0; i < 60; i++)
        check_add_once(layers);
}

void bench_add(const hp_layers *layers)
{
    value a = value_create(layers->storage, 128, 57, 32, 1, 1.0f);
    value b = value_create(layers->storage, 128, 57, 32, 1, 1.0f);
    value out = value_empty(layers->storage, 128, 57, 32, 1, 1.0f);

    BENCH("128 x 57x32", "Gelement/s", 128 * 58 * 32,
          run_add(layers, &a, &b, &out, HP_ACTIVATION_NONE, 0, 58 * 32));
    value_destroy(&a);
    value_destroy(&b);
    value_destroy(&out);
}

static void run_export(const hp_layers *layers, const value *in, int first,
                       int count, float *planes)
{
    hp_export_run run = {.in = in->view,
                         .width = in->width,
                         .height = in->height,
                         .pitch = in->pitch,
                         .first_channel = first,
                         .channel_count = count,
                         .planes = planes};

    layers->export(&run);
}

static void check_export_once(const hp_layers *layers, hp_storage storage)
{
    const int width = random_int(1, 70), height = random_int(1, 8);
    const int known = random_int(1, 140);
    const int first = random_int(0, known - 1);
    const int count = random_int(1, known - first);
    const size_t plane = (size_t)width * (size_t)height;
    value in =
        value_create(storage, known, width, height, random_int(0, 2), 2.0f);
    const size_t bytes = (size_t)count * plane * sizeof(float);
    guarded planes = random_memory(bytes);
    float *data = (float *)((unsigned char *)planes.data + planes.bytes -
                            (bytes + 63) / 64 * 64);
    long wrong = 0;

    run_export(layers, &in, first, count, data);
    for (int c = 0; c < count; c++)
        for (int i = 0; i < width * height; i++) {
            double wanted = value_number(
                &in, first + c, (ptrdiff_t)(i / width) * in.pitch + i % width);
            double found = (double)data[(size_t)c * plane + (size_t)i];
            wrong += !(fabs(found - wanted) <= fabs(wanted) * 0x1p-23);
        }
    CHECK_MESSAGE(wrong == 0, "%s: channels %d + %d of %dx%d: %ld wrong",
                  layers->name, first, count, width, height, wrong);
    guarded_destroy(&planes);
    value_destroy(&in);
}

void check_export(const hp_layers *layers)
{
    for (int i = 0; i < 60; i++)
        check_export_once(layers, chance(2) ? HP_STORAGE_F32 : layers->storage);
}

void bench_export(const hp_layers *layers)
{
    value in = value_create(HP_STORAGE_F32, 38, 57, 32, 1, 1.0f);
    float *planes = malloc(38 * 57 * 32 * sizeof *planes);

    BENCH("38 x 57x32 floats", "Gelement/s", 38 * 57 * 32,
          run_export(layers, &in, 0, 38, planes));
    free(planes);
    value_destroy(&in);
}
