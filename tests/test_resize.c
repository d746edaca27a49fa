/* test_resize.c - bilinear resize equals OpenCV in every bit, in all formats
 * and with row strides. */
#include "image/resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "golden.h"

static hp_memory memory;
static hp_kernels kernels;
static hp_resizer resizer = {.kernels = &kernels};

/* Steps as OpenCV makes them: 1/f for a factor, else in/out. */
static hp_resize_to output_of(const json_t *test_case, const golden_array *src,
                              const golden_array *dst)
{
    hp_resize_to to = {.width_px = dst->shape[1],
                       .height_px = dst->shape[0],
                       .factor_x = 1,
                       .factor_y = 1};
    double factor = golden_number(test_case, "factor");

    to.step_x = to.step_y = 1 / factor;
    if (isnan(factor)) {
        to.step_x = 1 / ((double)dst->shape[1] / src->shape[1]);
        to.step_y = 1 / ((double)dst->shape[0] / src->shape[0]);
    }
    return to;
}

/* Repeats the three channels, or some of them, in another format. */
static uint8_t *in_channels(const uint8_t *bgr, size_t pixels, int channels)
{
    uint8_t *out = malloc(pixels * (size_t)channels);

    if (out == NULL)
        exit(1);
    for (size_t i = 0; i < pixels; i++)
        for (int k = 0; k < channels; k++)
            out[i * (size_t)channels + (size_t)k] = bgr[3 * i + (size_t)k % 3];
    return out;
}

static void compare(const json_t *test_case, const golden_array *src,
                    const golden_array *dst, uint32_t format)
{
    int channels = hp_pixel_bytes(format);
    size_t out_pixels = (size_t)dst->shape[0] * (size_t)dst->shape[1];
    uint8_t *from = in_channels(
        src->u8, (size_t)src->shape[0] * (size_t)src->shape[1], channels);
    uint8_t *expected = in_channels(dst->u8, out_pixels, channels);
    size_t row_bytes = (size_t)(dst->shape[1] * channels);
    size_t stride = row_bytes + 5;
    uint8_t *out = calloc((size_t)dst->shape[0], stride);
    hp_pixels source = {from, src->shape[1], src->shape[0],
                        (size_t)(src->shape[1] * channels), format};
    hp_resize_to to = output_of(test_case, src, dst);
    hatpose_error err;

    CHECK_MESSAGE(hp_resize_linear_u8(&memory, &resizer, &source, &to, out,
                                      stride, &err) == HATPOSE_OK,
                  "%s", err.message);
    int wrong_rows = 0, touched = 0;
    for (size_t y = 0; y < (size_t)dst->shape[0]; y++) {
        wrong_rows +=
            memcmp(out + y * stride, expected + y * row_bytes, row_bytes) != 0;
        for (size_t i = row_bytes; i < stride; i++)
            touched += out[y * stride + i] != 0;
    }
    CHECK_MESSAGE(wrong_rows == 0 && touched == 0,
                  "%s, %d channels: %d of %d rows differ, %d bytes beside",
                  golden_name(test_case), channels, wrong_rows, dst->shape[0],
                  touched);
    free(out);
    free(expected);
    free(from);
}

static void golden_cases_are_equal_in_every_bit(void)
{
    golden_set set;
    size_t i;
    const json_t *test_case;

    if (!golden_open(&set))
        return;
    json_t *cases = golden_cases(&set, "a_resize_linear_u8");
    CHECK(json_array_size(cases) >= 11);
    json_array_foreach(cases, i, test_case)
    {
        golden_array src, dst;

        if (!golden_load(&set, test_case, "src", &src) ||
            !golden_load(&set, test_case, "dst", &dst)) {
            CHECK_MESSAGE(false, "no vector");
            continue;
        }
        compare(test_case, &src, &dst, HATPOSE_BGR8);
        compare(test_case, &src, &dst, HATPOSE_RGBA8);
        compare(test_case, &src, &dst, HATPOSE_GRAY8);
        golden_unload(&src);
        golden_unload(&dst);
    }
    golden_close(&set);
}

/* Means of blocks, rounded as the resizer is to round them. */
static void average(const hp_pixels *from, int factor_x, int factor_y,
                    uint8_t *out)
{
    int channels = hp_pixel_bytes(from->format);

    for (int top = 0; top < from->height_px; top += factor_y)
        for (int left = 0; left < from->width_px; left += factor_x)
            for (int k = 0; k < channels; k++) {
                int sum = 0, count = 0;
                for (int y = top; y < top + factor_y && y < from->height_px;
                     y++)
                    for (int x = left;
                         x < left + factor_x && x < from->width_px; x++) {
                        sum += from->data[(size_t)y * from->stride_bytes +
                                          (size_t)(x * channels + k)];
                        count++;
                    }
                *out++ = (uint8_t)((float)sum * (1.0f / (float)count) + 0.5f);
            }
}

static void resize(const hp_pixels *from, const hp_resize_to *to, uint8_t *out)
{
    size_t stride = (size_t)(to->width_px * hp_pixel_bytes(from->format));
    hatpose_error err;

    CHECK_MESSAGE(hp_resize_linear_u8(&memory, &resizer, from, to, out, stride,
                                      &err) == HATPOSE_OK,
                  "%s", err.message);
}

/* In one pass as in two. Odd sizes, and those where the averages are what is
 * wanted already. */
static void averaging_on_the_way_changes_nothing(void)
{
    enum { WIDTH = 217, HEIGHT = 160 };
    static const hp_resize_to cases[] = {
        {100, 70, 217.0 / 100 / 2, 160.0 / 70 / 2, 2, 2},
        {70, 33, 217.0 / 70 / 3, 160.0 / 33 / 4, 3, 4},
        {44, 32, 1, 1, 5, 5},
        {217, 20, 1, 1, 1, 8},
        {13, 8, 217.0 / 13 / 16, 160.0 / 8 / 20, 16, 20},
        {9, 100, 217.0 / 9 / 24, 1.6, 24, 1}};
    static const uint32_t formats[] = {HATPOSE_BGR8, HATPOSE_RGBA8,
                                       HATPOSE_GRAY8};
    static uint8_t pixels[WIDTH * HEIGHT * 4], means[WIDTH * HEIGHT * 4];
    static uint8_t once[WIDTH * HEIGHT * 4], twice[WIDTH * HEIGHT * 4];
    uint32_t state = 1;

    for (size_t i = 0; i < sizeof pixels; i++) {
        state = state * 1664525u + 1013904223u;
        pixels[i] = (uint8_t)(state >> 24);
    }
    for (size_t i = 0; i < 18; i++) {
        hp_resize_to to = cases[i / 3];
        hp_pixels all = {pixels, WIDTH, HEIGHT, 0, formats[i % 3]};
        int channels = hp_pixel_bytes(all.format);
        size_t bytes = (size_t)(to.width_px * to.height_px * channels);
        all.stride_bytes = (size_t)(WIDTH * channels);
        resize(&all, &to, once);
        average(&all, to.factor_x, to.factor_y, means);
        hp_pixels small = {means, (WIDTH + to.factor_x - 1) / to.factor_x,
                           (HEIGHT + to.factor_y - 1) / to.factor_y, 0,
                           all.format};
        small.stride_bytes = (size_t)(small.width_px * channels);
        to.factor_x = to.factor_y = 1;
        resize(&small, &to, twice);
        CHECK_MESSAGE(memcmp(once, twice, bytes) == 0, "case %zu, %d channels",
                      i / 3, channels);
    }
}

static void one_pixel_fills_everything(void)
{
    const uint8_t pixel[3] = {7, 99, 255};
    hp_pixels source = {pixel, 1, 1, 3, HATPOSE_RGB8};
    const hp_resize_to to = {5, 4, 0.2, 0.25, 1, 1};
    uint8_t out[5 * 4 * 3];

    CHECK(hp_resize_linear_u8(&memory, &resizer, &source, &to, out, 15, NULL) ==
          HATPOSE_OK);
    for (int i = 0; i < 20; i++)
        CHECK(memcmp(out + 3 * i, pixel, 3) == 0);
}

static void impossible_sizes_are_refused(void)
{
    static const hp_resize_to wrong[] = {
        {1, 1, NAN, 1, 1, 1}, {1, 1, 1, 1e300, 1, 1}, {0, 1, 1, 1, 1, 1},
        {1, 1, 0, 1, 1, 1},   {1, 1, 1, 1, 0, 1},     {1, 1, 1, 1, 1, 257}};
    static const hp_resize_to right = {1, 1, 1, 1, 1, 1};
    const uint8_t pixel[3] = {0, 0, 0};
    hp_pixels source = {pixel, 1, 1, 3, HATPOSE_RGB8};
    uint8_t out[3];

    for (int i = 0; i < 6; i++)
        CHECK(hp_resize_linear_u8(&memory, &resizer, &source, &wrong[i], out, 3,
                                  NULL) == HATPOSE_E_ARGUMENT);
    source.format = 0;
    CHECK(hp_resize_linear_u8(&memory, &resizer, &source, &right, out, 3,
                              NULL) == HATPOSE_E_ARGUMENT);
}

int main(void)
{
    hp_memory_init(&memory, NULL, 0);
    hp_kernels_select(0, HATPOSE_PRECISION_F32, &kernels);
    RUN(golden_cases_are_equal_in_every_bit);
    RUN(averaging_on_the_way_changes_nothing);
    hp_kernels_select(UINT32_MAX, HATPOSE_PRECISION_F32, &kernels);
    RUN(golden_cases_are_equal_in_every_bit);
    RUN(averaging_on_the_way_changes_nothing);
    RUN(one_pixel_fills_everything);
    RUN(impossible_sizes_are_refused);
    hp_resizer_release(&memory, &resizer);
    CHECK(atomic_load(&memory.used_bytes) == 0);
    CHECK_EXIT();
}
