/* test_peak.c - peaks: compat as the original finds them, in its order; best
 * between the cells, on flat tops and at borders, and none that is lost. */
#include "pose/peak.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/skeleton.h"
#include "check.h"
#include "golden.h"

enum { WIDTH = 24, HEIGHT = 20 };

static hp_memory memory;
static hp_kernels kernels;
static hp_peak_finder finder = {.kernels = &kernels};

static const float threshold = 0.1F;

/* Peaks of joint 0 of a map that is enlarged already. */
static hatpose_status find_compat(const float *map, int width, int height,
                                  hp_peak_set *out, hatpose_error *err)
{
    hatpose_status status =
        hp_peak_begin_compat(&memory, &finder, width, height, out, err);

    if (status != HATPOSE_OK)
        return status;
    for (int y = 0; y < height; y++)
        memcpy(hp_peak_map_row(&finder, y), map + (size_t)y * (size_t)width,
               (size_t)width * sizeof *map);
    return hp_peak_add_compat(&finder, 0, threshold, out, err);
}

/* Peaks of one map of WIDTH x HEIGHT, laid out for joint 0. */
static int find_one_compat(const float *map, const hp_peak **peaks)
{
    hp_peak_set set;

    CHECK(find_compat(map, WIDTH, HEIGHT, &set, NULL) == HATPOSE_OK);
    *peaks = set.peaks;
    return set.first[1];
}

/* The same by best: `map` for one joint, nothing for the others. */
static int find_one_best(const float *map, int joint, const hp_peak **peaks)
{
    static float heatmaps[HP_HEATMAP_COUNT][WIDTH * HEIGHT];
    hp_pose_input input = {.heatmaps = heatmaps[0],
                           .width_map_px = WIDTH,
                           .height_map_px = HEIGHT};
    hp_peak_set set;

    memset(heatmaps, 0, sizeof heatmaps);
    memcpy(heatmaps[joint], map, sizeof heatmaps[joint]);
    CHECK(hp_peak_find_best(&memory, &finder, &input, threshold, &set, NULL) ==
          HATPOSE_OK);
    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++)
        CHECK(j == joint || set.first[j + 1] == set.first[j]);
    *peaks = set.peaks + set.first[joint];
    return set.first[joint + 1] - set.first[joint];
}

/* As heatmaps are taught: 7 input px of 8 a cell. */
static void add_gaussian(float *map, float x, float y, float height)
{
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        float dx = (float)(i % WIDTH) - x, dy = (float)(i / WIDTH) - y;
        float spread = 2 * 0.875F * 0.875F;
        map[i] += height * expf(-(dx * dx + dy * dy) / spread);
    }
}

static void check_vector(const golden_set *set, const json_t *test_case)
{
    const json_t *xy = json_object_get(test_case, "xy");
    golden_array map;
    hp_peak_set peaks;

    if (!golden_load(set, test_case, "map", &map)) {
        CHECK_MESSAGE(false, "no vector");
        return;
    }
    CHECK(find_compat(map.f32, map.shape[1], map.shape[0], &peaks, NULL) ==
          HATPOSE_OK);
    int count = peaks.first[1];
    CHECK_MESSAGE(count == (int)json_array_size(xy), "%s: %d peaks",
                  golden_name(test_case), count);
    for (int i = 0; i < count && i < (int)json_array_size(xy); i++) {
        const json_t *at = json_array_get(xy, (size_t)i);
        const hp_peak *peak = &peaks.peaks[i];
        CHECK(peak->x == json_number_value(json_array_get(at, 0)));
        CHECK(peak->y == json_number_value(json_array_get(at, 1)));
        CHECK((double)peak->score ==
              golden_element(test_case, "score", (size_t)i));
        CHECK(peak->joint == 0);
    }
    golden_unload(&map);
}

static void compat_equals_the_original(void)
{
    golden_set set;
    size_t i;
    const json_t *test_case;

    if (!golden_open(&set))
        return;
    CHECK(json_array_size(golden_cases(&set, "c_peaks")) == 15);
    json_array_foreach(golden_cases(&set, "c_peaks"), i, test_case)
        check_vector(&set, test_case);
    golden_close(&set);
}

static void peak_on_border_is_found(void)
{
    static const int places[][2] = {{0, 0},          {WIDTH - 1, 0},
                                    {0, HEIGHT - 1}, {WIDTH - 1, HEIGHT - 1},
                                    {0, 9},          {11, 0}};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        float map[WIDTH * HEIGHT] = {0};
        const hp_peak *peaks;
        float x = (float)places[i][0], y = (float)places[i][1];
        map[places[i][1] * WIDTH + places[i][0]] = 0.5F;
        CHECK(find_one_compat(map, &peaks) == 1);
        CHECK(peaks[0].x == x && peaks[0].y == y && peaks[0].score == 0.5F);
        CHECK(find_one_best(map, 3, &peaks) == 1);
        CHECK(fabsf(peaks[0].x - x) <= 0.5F && fabsf(peaks[0].y - y) <= 0.5F);
        CHECK(peaks[0].joint == 3);
    }
}

static void flat_top_has_no_peak_in_compat_and_one_in_best(void)
{
    static const int sizes[][2] = {{2, 1}, {1, 2}, {2, 2}, {3, 1}, {3, 2}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        float map[WIDTH * HEIGHT] = {0};
        const hp_peak *peaks;
        for (int y = 0; y < sizes[i][1]; y++)
            for (int x = 0; x < sizes[i][0]; x++)
                map[(7 + y) * WIDTH + 9 + x] = 0.5F;
        CHECK(find_one_compat(map, &peaks) == 0);
        CHECK_MESSAGE(find_one_best(map, 0, &peaks) == 1, "%d x %d",
                      sizes[i][0], sizes[i][1]);
        CHECK(peaks[0].x >= 8.5F && peaks[0].x <= 11.5F);
        CHECK(peaks[0].y >= 6.5F && peaks[0].y <= 8.5F);
    }
}

/* Equal neighbours at a corner are one peak in best, whichever the corner;
 * compat looks at four neighbours and suppresses the second. */
static void equal_corners_are_one_peak(void)
{
    for (int right = 0; right < 2; right++) {
        float map[WIDTH * HEIGHT] = {0};
        const hp_peak *peaks;
        map[7 * WIDTH + 9 + right] = 0.5F;
        map[8 * WIDTH + 10 - right] = 0.5F;
        CHECK(find_one_compat(map, &peaks) == 1);
        CHECK(find_one_best(map, 0, &peaks) == 1);
    }
}

static void a_map_of_one_value_has_no_more_than_one_peak(void)
{
    float map[WIDTH * HEIGHT];
    const hp_peak *peaks;

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        map[i] = 0.7F;
    CHECK(find_one_compat(map, &peaks) == 0);
    CHECK(find_one_best(map, 0, &peaks) <= 1);
}

static void threshold_is_inclusive(void)
{
    float map[WIDTH * HEIGHT] = {0};
    const hp_peak *peaks;

    map[5 * WIDTH + 5] = threshold;
    map[5 * WIDTH + 15] = nextafterf(threshold, 0);
    CHECK(find_one_compat(map, &peaks) == 1);
    CHECK(peaks[0].x == 5);
}

/* Left before right, whatever the scores: the original's fault, kept. */
static void compat_lets_a_weak_left_peak_kill_a_strong_one(void)
{
    float map[WIDTH * HEIGHT] = {0};
    const hp_peak *peaks;

    map[5 * WIDTH + 5] = 0.2F;
    map[5 * WIDTH + 10] = 0.9F; /* 5 px: too near */
    map[5 * WIDTH + 16] = 0.8F; /* 6 px from the dead one, 11 from the other */
    CHECK(find_one_compat(map, &peaks) == 2);
    CHECK(peaks[0].x == 5 && peaks[1].x == 16);
}

static void check_place(float x, float y)
{
    float map[WIDTH * HEIGHT] = {0};
    const hp_peak *peaks;

    add_gaussian(map, x, y, 0.9F);
    CHECK(find_one_best(map, 17, &peaks) == 1);
    CHECK_MESSAGE(fabsf(peaks[0].x - x) < 1e-4F &&
                      fabsf(peaks[0].y - y) < 1e-4F,
                  "%g, %g for %g, %g", (double)peaks[0].x, (double)peaks[0].y,
                  (double)x, (double)y);
    CHECK(peaks[0].score > 0.6F && peaks[0].score <= 0.95F);
}

/* What the network is taught is found where it was put, at borders too. */
static void best_puts_peaks_between_cells(void)
{
    for (int i = 0; i < 25; i++) {
        float x = 0.2F * (float)(i % 5) - 0.4F;
        float y = 0.2F * (float)(i / 5) - 0.4F;
        check_place(10 + x, 8 + y);
        check_place(x, 8 + y);
        check_place(10 + x, HEIGHT - 1 + y);
        check_place(WIDTH - 1 + x, y);
    }
}

/* Noise moves a peak less than it would move one that is placed by the two
 * neighbours of each axis alone. */
static void best_places_peaks_from_nine_cells(void)
{
    float map[WIDTH * HEIGHT] = {0};
    const hp_peak *peaks;

    add_gaussian(map, 10, 8, 0.9F);
    map[8 * WIDTH + 11] *= 1.2F;
    CHECK(find_one_best(map, 0, &peaks) == 1);
    float by_two = 0.5F * 0.875F * 0.875F * logf(1.2F);
    CHECK(peaks[0].x > 10 && peaks[0].x < 10 + 0.8F * by_two);
    CHECK(fabsf(peaks[0].y - 8) < 1e-4F);
}

static float noise(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return (float)(*state >> 8) / (float)(1 << 24);
}

static bool has_peak(const hp_peak *peaks, int count, float x, float y)
{
    for (int i = 0; i < count; i++) {
        if (fabsf(peaks[i].x - x) < 1e-4F && fabsf(peaks[i].y - y) < 1e-4F)
            return true;
    }
    return false;
}

/* No side comes before another: turned maps give turned peaks. */
static void best_of_a_mirrored_map_is_mirrored(void)
{
    float map[WIDTH * HEIGHT], across[WIDTH * HEIGHT], down[WIDTH * HEIGHT];
    hp_peak plain[WIDTH * HEIGHT];
    const hp_peak *peaks;
    uint32_t state = 7;

    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        map[i] = noise(&state);
        across[i / WIDTH * WIDTH + WIDTH - 1 - i % WIDTH] = map[i];
        down[(HEIGHT - 1 - i / WIDTH) * WIDTH + i % WIDTH] = map[i];
    }
    int count = find_one_best(map, 0, &peaks);
    CHECK(count > 10);
    memcpy(plain, peaks, (size_t)count * sizeof *plain);
    CHECK(find_one_best(across, 0, &peaks) == count);
    for (int i = 0; i < count; i++)
        CHECK(has_peak(peaks, count, WIDTH - 1 - plain[i].x, plain[i].y));
    CHECK(find_one_best(down, 0, &peaks) == count);
    for (int i = 0; i < count; i++)
        CHECK(has_peak(peaks, count, plain[i].x, HEIGHT - 1 - plain[i].y));
}

static void not_a_number_is_no_peak(void)
{
    float map[WIDTH * HEIGHT] = {0};
    const hp_peak *peaks;

    map[5 * WIDTH + 5] = NAN;
    CHECK(find_one_compat(map, &peaks) == 0);
    CHECK(find_one_best(map, 0, &peaks) == 0);
    map[5 * WIDTH + 5] = -INFINITY;
    CHECK(find_one_compat(map, &peaks) == 0);
    CHECK(find_one_best(map, 0, &peaks) == 0);
}

/* A point every 6 px, which suppression leaves alone. */
static void dot(float *map, int side, int count)
{
    int a_row = (side + 5) / 6;

    memset(map, 0, (size_t)side * (size_t)side * sizeof *map);
    for (int i = 0; i < count; i++)
        map[i / a_row * 6 * side + i % a_row * 6] = 0.5F;
}

static void compat_refuses_more_peaks_than_its_limit(void)
{
    enum { SIDE = 198 }; /* 33 x 33 points */
    float *map = malloc(SIDE * SIDE * sizeof *map);
    hp_peak_set set;
    hatpose_error err;

    if (map == NULL)
        exit(1);
    dot(map, SIDE, HP_PEAK_LIMIT_COMPAT);
    CHECK(find_compat(map, SIDE, SIDE, &set, &err) == HATPOSE_OK);
    CHECK(set.first[1] == HP_PEAK_LIMIT_COMPAT);
    dot(map, SIDE, HP_PEAK_LIMIT_COMPAT + 1);
    CHECK(find_compat(map, SIDE, SIDE, &set, &err) == HATPOSE_E_LIMIT);
    CHECK_MESSAGE(
        strcmp(err.message, "heatmap of nose: more than 1024 peaks") == 0, "%s",
        err.message);
    free(map);
}

static void best_keeps_the_strongest(void)
{
    enum { SIDE = 60 }; /* 30 x 30 points, two cells apart */
    static float heatmaps[HP_HEATMAP_COUNT * SIDE * SIDE];
    hp_pose_input input = {
        .heatmaps = heatmaps, .width_map_px = SIDE, .height_map_px = SIDE};
    hp_peak_set set;
    int strong = 0;

    /* The stronger ones last, in any order but by score. */
    for (int i = 0; i < 900; i++)
        heatmaps[i / 30 * 2 * SIDE + i % 30 * 2] =
            i < 900 - HP_PEAK_LIMIT_BEST ? 0.3F
                                         : 0.5F + 0.0001F * (float)(i % 7);
    CHECK(hp_peak_find_best(&memory, &finder, &input, threshold, &set, NULL) ==
          HATPOSE_OK);
    CHECK(set.first[1] == HP_PEAK_LIMIT_BEST);
    for (int i = 0; i < set.first[1]; i++)
        strong += set.peaks[i].score >= 0.5F;
    CHECK(strong == HP_PEAK_LIMIT_BEST);
}

int main(void)
{
    hp_memory_init(&memory, NULL, 0);
    hp_kernels_select(0, HATPOSE_PRECISION_F32, &kernels);
    RUN(compat_equals_the_original);
    RUN(peak_on_border_is_found);
    RUN(flat_top_has_no_peak_in_compat_and_one_in_best);
    RUN(equal_corners_are_one_peak);
    RUN(a_map_of_one_value_has_no_more_than_one_peak);
    RUN(threshold_is_inclusive);
    RUN(compat_lets_a_weak_left_peak_kill_a_strong_one);
    RUN(best_puts_peaks_between_cells);
    RUN(best_places_peaks_from_nine_cells);
    RUN(best_of_a_mirrored_map_is_mirrored);
    RUN(not_a_number_is_no_peak);
    RUN(compat_refuses_more_peaks_than_its_limit);
    RUN(best_keeps_the_strongest);
    hp_peak_finder_release(&memory, &finder);
    CHECK_EXIT();
}
