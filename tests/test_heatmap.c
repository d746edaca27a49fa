/* test_heatmap.c - the enlargement by 4: the original's bits, row by row and
 * value by value. */
#include "pose/heatmap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "check.h"
#include "golden.h"
#include "pose/field.h"

static hp_kernels kernels;

static float *allocate(size_t count)
{
    float *block = calloc(count, sizeof *block);

    if (block == NULL)
        exit(1);
    return block;
}

/* Writes the enlarged plane with `step` floats from pixel to pixel. */
static void enlarge(const float *plane, int width, int height, float *out,
                    size_t step)
{
    int width_up = width * HP_UP_RATIO;
    float *wide = allocate((size_t)width_up * (size_t)height);
    float *row = allocate((size_t)width_up);

    hp_heatmap_enlarge_x(plane, width, height, wide);
    for (int y = 0; y < height * HP_UP_RATIO; y++) {
        hp_heatmap_enlarge_row(&kernels, wide, width, height, y, row);
        for (int x = 0; x < width_up; x++)
            out[((size_t)y * (size_t)width_up + (size_t)x) * step] = row[x];
    }
    free(row);
    free(wide);
}

/* A limb of no length has all its samples at one pixel. */
static float point(const hp_field *field, int x, int y)
{
    const hp_segment here = {
        .x = (float)x, .y = (float)y, .along_x = 1, .threshold = -INFINITY};
    float responses[HP_SAMPLES];

    CHECK(kernels.rows->sample_cubic(field, &here, HP_SAMPLES, responses) == 0);
    for (int k = 1; k < HP_SAMPLES; k++)
        CHECK(responses[k] == responses[0]);
    return responses[0];
}

/* Points and rows share no code; they must agree to the last bit. */
static bool points_equal_rows(const float *plane, int width, int height,
                              const float *enlarged, size_t step)
{
    size_t cells = (size_t)width * (size_t)height;
    float *pafs = allocate(2 * cells); /* the second one: zeros */
    static const int limb_paf[HP_LIMB_COUNT];
    const hp_pose_input input = {.pafs = pafs,
                                 .limb_paf = limb_paf,
                                 .width_map_px = width,
                                 .height_map_px = height};
    hp_memory memory;
    hp_buffer buffer = {NULL, 0};
    hp_field fields[HP_LIMB_COUNT];
    bool equal = true;

    memcpy(pafs, plane, cells * sizeof *plane);
    hp_memory_init(&memory, NULL, 0);
    CHECK(hp_fields_make(&memory, &buffer, &input, fields, NULL) == HATPOSE_OK);
    for (int y = 0; y < height * HP_UP_RATIO; y++) {
        for (int x = 0; x < width * HP_UP_RATIO; x++, enlarged += step)
            equal = equal && point(&fields[0], x, y) == *enlarged;
    }
    hp_buffer_release(&memory, &buffer);
    free(pafs);
    return equal;
}

/* In and out with the channels last. */
static void check_cubic(const golden_set *set, const json_t *test_case)
{
    golden_array src, dst;

    if (!golden_load(set, test_case, "src", &src) ||
        !golden_load(set, test_case, "dst", &dst)) {
        CHECK_MESSAGE(false, "no vector");
        return;
    }
    int height = src.shape[0], width = src.shape[1];
    size_t channels = (size_t)src.shape[2];
    size_t cells = src.count / channels;
    float *plane = allocate(cells);
    float *out = allocate(dst.count);

    CHECK(dst.count == src.count * HP_UP_RATIO * HP_UP_RATIO);
    for (size_t c = 0; c < channels; c++) {
        for (size_t i = 0; i < cells; i++)
            plane[i] = src.f32[i * channels + c];
        enlarge(plane, width, height, out + c, channels);
        CHECK(points_equal_rows(plane, width, height, out + c, channels));
    }
    CHECK_MESSAGE(memcmp(out, dst.f32, dst.count * sizeof *out) == 0,
                  "%s differs", golden_name(test_case));
    free(out);
    free(plane);
    golden_unload(&src);
    golden_unload(&dst);
}

static void every_exact_vector_of_ratio_4_has_the_same_bits(void)
{
    golden_set set;
    size_t i;
    const json_t *test_case;
    int count = 0;

    if (!golden_open(&set))
        return;
    json_array_foreach(golden_cases(&set, "b_resize_cubic"), i, test_case)
    {
        /* Others are for the validation program, which is in Python. */
        if (golden_number(test_case, "factor") != (double)HP_UP_RATIO ||
            !json_is_true(json_object_get(test_case, "exact")))
            continue;
        check_cubic(&set, test_case);
        count++;
    }
    CHECK(count == 4);
    golden_close(&set);
}

static void check_crc(const golden_set *set, const json_t *test_case,
                      const char *key)
{
    const char *crc = json_string_value(json_object_get(
        json_object_get(test_case, "upsampled_hwc_crc32_f32"), key));
    golden_array maps;

    if (crc == NULL || !golden_load(set, test_case, key, &maps)) {
        CHECK_MESSAGE(false, "no vector");
        return;
    }
    size_t channels = (size_t)maps.shape[0];
    int height = maps.shape[1], width = maps.shape[2];
    size_t cells = maps.count / channels;
    size_t count = maps.count * HP_UP_RATIO * HP_UP_RATIO;
    float *out = allocate(count);

    for (size_t c = 0; c < channels; c++)
        enlarge(maps.f32 + c * cells, width, height, out + c, channels);
    unsigned long got =
        crc32(0, (const Bytef *)out, (uInt)(count * sizeof *out));
    CHECK_MESSAGE(got == strtoul(crc, NULL, 16), "%s, %s: %08lx, not %s",
                  golden_name(test_case), key, got, crc);
    free(out);
    golden_unload(&maps);
}

static void enlarged_maps_have_the_original_checksums(void)
{
    golden_set set;
    size_t i;
    const json_t *test_case;

    if (!golden_open(&set))
        return;
    CHECK(json_array_size(golden_cases(&set, "d_decode")) ==
          (set.complete ? 16 : 11));
    json_array_foreach(golden_cases(&set, "d_decode"), i, test_case)
    {
        check_crc(&set, test_case, "heatmaps");
        check_crc(&set, test_case, "pafs");
    }
    if (!set.complete)
        printf("skipped: maps of photos need HATPOSE_SHARED\n");
    golden_close(&set);
}

/* The weight of a cell `distance` cells away: Keys, A = -0.75. */
static double keys(double distance)
{
    const double a = -0.75;
    double d = fabs(distance);

    if (d >= 2)
        return 0;
    if (d >= 1)
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
    return ((a + 2) * d - (a + 3)) * d * d + 1;
}

/* One cell alone shows the formula itself and where the pixels lie. */
static void one_cell_spreads_by_the_formula(void)
{
    enum { SIDE = 9, MIDDLE = 4 };
    const double up_ratio = HP_UP_RATIO, middle = MIDDLE;
    float plane[SIDE * SIDE] = {0};
    float out[SIDE * SIDE * HP_UP_RATIO * HP_UP_RATIO];

    plane[MIDDLE * SIDE + MIDDLE] = 1;
    enlarge(plane, SIDE, SIDE, out, 1);
    for (int y = 0; y < SIDE * HP_UP_RATIO; y++) {
        for (int x = 0; x < SIDE * HP_UP_RATIO; x++) {
            double dx = (x + 0.5) / up_ratio - 0.5 - middle;
            double dy = (y + 0.5) / up_ratio - 0.5 - middle;
            double got = (double)out[y * SIDE * HP_UP_RATIO + x];
            CHECK_MESSAGE(fabs(got - keys(dx) * keys(dy)) < 1e-7, "%d, %d", x,
                          y);
        }
    }
}

/* The border is repeated: no map is too small, and nothing dark comes in. */
static void equal_values_stay_at_every_size(void)
{
    for (int height = 1; height <= 7; height++) {
        for (int width = 1; width <= 7; width++) {
            float plane[7 * 7];
            float out[7 * 7 * HP_UP_RATIO * HP_UP_RATIO];
            for (int i = 0; i < width * height; i++)
                plane[i] = 0.75F;
            enlarge(plane, width, height, out, 1);
            CHECK(points_equal_rows(plane, width, height, out, 1));
            for (int i = 0; i < width * height * 16; i++)
                CHECK(out[i] == 0.75F);
        }
    }
}

int main(void)
{
    hp_kernels_select(0, HATPOSE_PRECISION_F32, &kernels);
    RUN(every_exact_vector_of_ratio_4_has_the_same_bits);
    RUN(enlarged_maps_have_the_original_checksums);
    RUN(one_cell_spreads_by_the_formula);
    RUN(equal_values_stay_at_every_size);
    CHECK_EXIT();
}
