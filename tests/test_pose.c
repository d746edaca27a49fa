/* test_pose.c - maps to people: the original's answers to the bit, also at
 * the picture's scale, and a bounded answer to any maps at all. */
#include "pose/pose.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zlib.h>

#include "check.h"
#include "counting_host.h"
#include "drawn_people.h"
#include "golden.h"
#include "image/mapping.h"

static hp_kernels kernels;

typedef hatpose_status (*decode_fn)(hp_pose_decoder *decoder,
                                    const hp_pose_input *input, hp_people *out,
                                    hatpose_error *err);

static const struct {
    const char *name;
    decode_fn decode;
} modes[] = {{"best", hp_pose_decode_best}, {"compat", hp_pose_decode_compat}};

enum { MODE_COUNT = 2 };

/* ---- The original's vectors --------------------------------------------- */

/* Maps of a case, and a decoder. */
typedef struct vector {
    golden_array heatmaps, pafs;
    hp_pose_input input;
    hp_memory memory;
    hp_pose_decoder *decoder;
} vector;

static bool open_vector(const golden_set *set, const json_t *test_case,
                        vector *v)
{
    if (!golden_load(set, test_case, "heatmaps", &v->heatmaps) ||
        !golden_load(set, test_case, "pafs", &v->pafs)) {
        CHECK_MESSAGE(false, "no vector");
        return false;
    }
    v->input = drawn_maps_create(1, 1); /* for all but the maps */
    drawn_maps_destroy(&v->input);
    v->input.heatmaps = v->heatmaps.f32;
    v->input.pafs = v->pafs.f32;
    v->input.height_map_px = v->heatmaps.shape[1];
    v->input.width_map_px = v->heatmaps.shape[2];
    hp_memory_init(&v->memory, NULL, 0);
    CHECK(hp_pose_decoder_create(&v->memory, &kernels, &v->decoder, NULL) ==
          HATPOSE_OK);
    return true;
}

static void close_vector(vector *v)
{
    hp_pose_decoder_destroy(v->decoder);
    golden_unload(&v->heatmaps);
    golden_unload(&v->pafs);
}

static hp_people decoded(vector *v, decode_fn decode)
{
    hp_people people;
    hatpose_error err;

    CHECK_MESSAGE(decode(v->decoder, &v->input, &people, &err) == HATPOSE_OK,
                  "%s", err.message);
    return people;
}

static void check_peaks(const json_t *test_case, const hp_people *people)
{
    const json_t *joints = json_object_get(test_case, "peaks");
    size_t joint, i;
    const json_t *peaks, *peak;
    int count = 0;

    CHECK(json_array_size(joints) == HATPOSE_KEYPOINT_COUNT);
    json_array_foreach(joints, joint, peaks)
    {
        json_array_foreach(peaks, i, peak)
        {
            const hp_peak *got = &people->peaks[count];
            CHECK_MESSAGE(count < people->peak_count, "%s",
                          golden_name(test_case));
            if (count >= people->peak_count)
                return;
            count++;
            CHECK(got->joint == joint);
            CHECK((double)got->x == json_number_value(json_array_get(peak, 0)));
            CHECK((double)got->y == json_number_value(json_array_get(peak, 1)));
            CHECK((double)got->score ==
                  json_number_value(json_array_get(peak, 2)));
        }
    }
    CHECK_MESSAGE(count == people->peak_count, "%s", golden_name(test_case));
}

static void check_people(const json_t *test_case, const hp_people *people)
{
    const json_t *expected = json_object_get(test_case, "people");

    CHECK_MESSAGE(people->person_count == (int)json_array_size(expected),
                  "%s: %d people", golden_name(test_case),
                  people->person_count);
    for (int i = 0; i < people->person_count; i++) {
        const hp_person *person = &people->people[i];
        const json_t *one = json_array_get(expected, (size_t)i);
        for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++)
            CHECK(person->peaks[j] == golden_element(one, "ids", (size_t)j));
        CHECK_MESSAGE(person->score == golden_number(one, "score"),
                      "%s, person %d: %.17g", golden_name(test_case), i,
                      person->score);
        CHECK(person->count == golden_number(one, "count"));
    }
}

static void compat_equals_the_original(void)
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
        vector v;
        if (!open_vector(&set, test_case, &v))
            continue;
        hp_people people = decoded(&v, hp_pose_decode_compat);
        check_peaks(test_case, &people);
        check_people(test_case, &people);
        close_vector(&v);
    }
    golden_close(&set);
}

/* Keypoints as the demo stores them: cut to whole pixels, -1 = missing. */
static void check_pose(const json_t *pose, const hp_mapping *mapping,
                       const hp_people *people, int index)
{
    const json_t *whole = json_object_get(pose, "keypoints_int");
    const json_t *before = json_object_get(pose, "keypoints_before_truncation");
    const hp_person *person = &people->people[index];

    CHECK(person->score == golden_number(pose, "confidence"));
    CHECK(person->count == golden_number(pose, "count"));
    for (size_t j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
        double x = -1, y = -1;
        float score = 0;
        const json_t *cut = json_array_get(whole, j);
        const json_t *exact = json_array_get(before, j);
        if (person->peaks[j] >= 0) {
            const hp_peak *peak = &people->peaks[person->peaks[j]];
            x = hp_mapping_x_from_up(mapping, (double)peak->x);
            y = hp_mapping_y_from_up(mapping, (double)peak->y);
            score = peak->score;
        }
        CHECK(x == json_number_value(json_array_get(exact, 0)));
        CHECK(y == json_number_value(json_array_get(exact, 1)));
        CHECK((int)x == json_number_value(json_array_get(cut, 0)));
        CHECK((int)y == json_number_value(json_array_get(cut, 1)));
        CHECK((double)score == golden_element(pose, "keypoint_scores", j));
    }
}

static void check_demo(const golden_set *set, const json_t *test_case)
{
    const json_t *poses = json_object_get(test_case, "poses");
    golden_array image;
    hp_mapping mapping;
    vector v;

    if (!golden_load(set, test_case, "image", &image)) {
        CHECK_MESSAGE(false, "no vector");
        return;
    }
    CHECK(hp_mapping_compat(image.shape[1], image.shape[0],
                            (int)golden_number(test_case, "net_height"), 4096,
                            &mapping, NULL) == HATPOSE_OK);
    golden_unload(&image);
    if (!open_vector(set, test_case, &v))
        return;
    CHECK(v.input.width_map_px == mapping.width_map_px);
    CHECK(v.input.height_map_px == mapping.height_map_px);
    hp_people people = decoded(&v, hp_pose_decode_compat);
    CHECK(people.person_count > 0);
    CHECK(people.person_count == (int)json_array_size(poses));
    for (int i = 0; i < people.person_count; i++)
        check_pose(json_array_get(poses, (size_t)i), &mapping, &people, i);
    close_vector(&v);
}

static void compat_poses_are_those_of_the_demo(void)
{
    golden_set set;
    size_t i;
    const json_t *test_case;
    int count = 0;

    if (!golden_open(&set))
        return;
    json_array_foreach(golden_cases(&set, "e_end_to_end"), i, test_case)
    {
        /* The validation program is in Python, and tested there. */
        if (json_object_get(test_case, "poses") == NULL)
            continue;
        check_demo(&set, test_case);
        count++;
    }
    CHECK(count == (set.complete ? 3 : 0));
    if (!set.complete)
        printf("skipped: poses on photos need HATPOSE_SHARED\n");
    golden_close(&set);
}

/* All that a decoder says, as bits. */
static uLong checksum(const hp_people *people)
{
    uLong sum = crc32(0, (const Bytef *)people->peaks,
                      (uInt)people->peak_count * sizeof *people->peaks);

    for (int i = 0; i < people->person_count; i++) {
        const hp_person *person = &people->people[i];
        sum = crc32(sum, (const Bytef *)person->peaks, sizeof person->peaks);
        sum = crc32(sum, (const Bytef *)&person->score, sizeof person->score);
    }
    return sum;
}

static void every_kernel_gives_the_same_people(void)
{
    golden_set set;
    size_t i;
    const json_t *test_case;

    if (!golden_open(&set))
        return;
    json_array_foreach(golden_cases(&set, "d_decode"), i, test_case)
    {
        for (int m = 0; m < MODE_COUNT; m++) {
            vector v;
            uLong sums[2];
            if (!open_vector(&set, test_case, &v))
                continue;
            for (int scalar = 0; scalar < 2; scalar++) {
                hp_kernels_select(scalar ? UINT32_MAX : 0,
                                  HATPOSE_PRECISION_F32, &kernels);
                hp_people people = decoded(&v, modes[m].decode);
                sums[scalar] = checksum(&people);
            }
            hp_kernels_select(0, HATPOSE_PRECISION_F32, &kernels);
            CHECK_MESSAGE(sums[0] == sums[1], "%s, %s", golden_name(test_case),
                          modes[m].name);
            close_vector(&v);
        }
    }
    golden_close(&set);
}

/* A peak between two enlarged pixels: the original has nobody here. */
static void best_finds_what_symmetry_hides_from_compat(void)
{
    golden_set set;
    size_t i;
    const json_t *test_case;
    bool seen = false;

    if (!golden_open(&set))
        return;
    json_array_foreach(golden_cases(&set, "d_decode"), i, test_case)
    {
        vector v;
        if (strcmp(golden_name(test_case), "syn_symmetric_peaks_lost") != 0 ||
            !open_vector(&set, test_case, &v))
            continue;
        seen = true;
        CHECK(decoded(&v, hp_pose_decode_compat).person_count == 0);
        hp_people people = decoded(&v, hp_pose_decode_best);
        CHECK(people.person_count == 1 && people.people[0].count == 18);
        close_vector(&v);
    }
    CHECK(seen);
    golden_close(&set);
}

/* ---- Any maps ----------------------------------------------------------- */

/* Value of a cell; index counts on over all planes. */
typedef float (*fill_fn)(size_t index, int x, int y);

static float random_bits(size_t index)
{
    uint32_t bits = (uint32_t)index * 2654435761U;
    float value;

    bits ^= bits >> 15;
    bits *= 2246822519U;
    bits ^= bits >> 13;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#define FILL(name, expression)                                                 \
    static float fill_##name(size_t index, int x, int y)                       \
    {                                                                          \
        (void)index, (void)x, (void)y;                                         \
        return (expression);                                                   \
    }
FILL(zero, 0)
FILL(constant, 0.5F)
FILL(not_a_number, NAN)
FILL(infinite, INFINITY)
FILL(minus_infinite, -INFINITY)
FILL(huge, FLT_MAX)
FILL(minus_huge, -FLT_MAX)
FILL(tiny, FLT_MIN / 4)
FILL(checkerboard, (x + y) % 2 == 0 ? 1.0F : 0.0F)
FILL(huge_checkerboard, (x + y) % 2 == 0 ? FLT_MAX : -FLT_MAX)
FILL(infinite_dots, x % 3 == 0 && y % 3 == 0 ? INFINITY : -INFINITY)
FILL(holes, x % 3 == 0 && y % 2 == 0 ? NAN : 0.5F + 0.01F * (float)(index % 37))
FILL(dots, x % 2 == 0 && y % 2 == 0 ? 0.9F : 0.1F)
/* HP_PEAK_LIMIT_COMPAT of them in 256 x 256 cells, none of them symmetric:
 * compat has no peak between two equal pixels. */
FILL(far_dots, x % 8 == 1 && y % 8 == 1                                   ? 0.9F
               : (x % 8 == 2 && y % 8 == 1) || (x % 8 == 1 && y % 8 == 2) ? 0.3F
                                                                          : 0)
/* 289 of them: about as many as compat takes of every joint at once. */
FILL(most_dots, x % 15 == 1 && y % 15 == 1 ? 0.9F
                : (x % 15 == 2 && y % 15 == 1) || (x % 15 == 1 && y % 15 == 2)
                    ? 0.3F
                    : 0)
FILL(any_bits, random_bits(index))
#undef FILL

enum { CONSTANT, DOTS, FAR_DOTS, MOST_DOTS, ANY_BITS };

static const struct {
    const char *name;
    fill_fn fill;
} fills[] = {{"constant", fill_constant},
             {"dots", fill_dots},
             {"far dots", fill_far_dots},
             {"most dots", fill_most_dots},
             {"any bits", fill_any_bits},
             {"zero", fill_zero},
             {"NaN", fill_not_a_number},
             {"inf", fill_infinite},
             {"-inf", fill_minus_infinite},
             {"huge", fill_huge},
             {"-huge", fill_minus_huge},
             {"tiny", fill_tiny},
             {"checkerboard", fill_checkerboard},
             {"huge checkerboard", fill_huge_checkerboard},
             {"infinite dots", fill_infinite_dots},
             {"holes", fill_holes}};

enum { FILL_COUNT = sizeof fills / sizeof *fills };

static void fill_maps(hp_pose_input *maps, const float *planes, int count,
                      fill_fn fill)
{
    float *cell = (float *)(uintptr_t)planes;
    size_t index = 0;

    for (int plane = 0; plane < count; plane++)
        for (int y = 0; y < maps->height_map_px; y++)
            for (int x = 0; x < maps->width_map_px; x++, index++)
                cell[index] = fill(index, x, y);
}

/* What a caller relies on, whatever was decoded. */
static bool is_sound(const hp_pose_input *maps, const hp_people *people,
                     bool is_best)
{
    float last_x = (float)(maps->width_map_px * (is_best ? 1 : HP_UP_RATIO));
    float last_y = (float)(maps->height_map_px * (is_best ? 1 : HP_UP_RATIO));
    int limit = is_best ? HP_PEAK_LIMIT_BEST : HP_PEAK_LIMIT_COMPAT;
    bool sound = people->peak_count <= HATPOSE_KEYPOINT_COUNT * limit;

    for (int i = 0; i < people->peak_count && sound; i++) {
        const hp_peak *peak = &people->peaks[i];
        sound = peak->x >= -1 && peak->x <= last_x && peak->y >= -1 &&
                peak->y <= last_y && peak->score > 0 &&
                peak->joint < HATPOSE_KEYPOINT_COUNT &&
                (i == 0 || peak->joint >= people->peaks[i - 1].joint);
    }
    for (int i = 0; i < people->person_count && sound; i++) {
        const hp_person *person = &people->people[i];
        int found = 0;
        for (int j = 0; j < HATPOSE_KEYPOINT_COUNT && sound; j++) {
            int peak = person->peaks[j];
            sound = peak >= -1 && peak < people->peak_count &&
                    (peak < 0 || people->peaks[peak].joint == (uint32_t)j);
            found += peak >= 0;
        }
        sound = sound && person->score >= 0 && person->count >= 3 &&
                (is_best ? found == person->count : found >= person->count);
    }
    return sound;
}

/* In best a peak belongs to one person; -1 fills the table. */
static bool have_own_peaks(const hp_people *people)
{
    bool *taken = calloc((size_t)people->peak_count + 1, sizeof *taken);
    bool own = true;

    if (taken == NULL)
        exit(1);
    for (int i = 0; i < people->person_count; i++) {
        for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
            int peak = people->people[i].peaks[j];
            if (peak < 0)
                continue;
            own = own && !taken[peak];
            taken[peak] = true;
        }
    }
    free(taken);
    return own;
}

/* One decoding takes no longer than this: 50 times what is measured, which
 * leaves room for sanitizers and busy machines, and none for a step of the
 * wrong order of growth. */
static const double most_s = 8.0 * CHECK_TIMES;

static void check_any(hp_pose_decoder *decoder, const hp_pose_input *maps,
                      const char *what)
{
    for (int m = 0; m < MODE_COUNT; m++) {
        hp_people people;
        hatpose_error err;
        clock_t start = clock();
        hatpose_status status = modes[m].decode(decoder, maps, &people, &err);
        double took_s = (double)(clock() - start) / CLOCKS_PER_SEC;
        CHECK_MESSAGE(took_s < most_s, "%s, %s: %g s", modes[m].name, what,
                      took_s);
        if (status != HATPOSE_OK) {
            CHECK_MESSAGE(status == HATPOSE_E_LIMIT && m == 1, "%s, %s: %s",
                          modes[m].name, what, err.message);
            CHECK(strstr(err.message, "more than 1024 peaks") != NULL ||
                  strstr(err.message, "more than 1600000") != NULL);
            CHECK(people.person_count == 0 && people.peak_count == 0);
            continue;
        }
        CHECK_MESSAGE(is_sound(maps, &people, m == 0), "%s, %s", modes[m].name,
                      what);
        CHECK_MESSAGE(m != 0 || have_own_peaks(&people), "%s", what);
    }
}

static void check_filled(hp_pose_decoder *decoder, hp_pose_input *maps,
                         int heatmap_fill, int paf_fill)
{
    char what[80];

    fill_maps(maps, maps->heatmaps, HP_HEATMAP_COUNT, fills[heatmap_fill].fill);
    fill_maps(maps, maps->pafs, HP_PAF_COUNT, fills[paf_fill].fill);
    snprintf(what, sizeof what, "%d x %d, %s and %s", maps->width_map_px,
             maps->height_map_px, fills[heatmap_fill].name,
             fills[paf_fill].name);
    check_any(decoder, maps, what);
}

static hp_pose_decoder *new_decoder(hp_memory *memory)
{
    hp_pose_decoder *decoder;

    hp_memory_init(memory, NULL, 0);
    CHECK(hp_pose_decoder_create(memory, &kernels, &decoder, NULL) ==
          HATPOSE_OK);
    return decoder;
}

static void any_maps_of_small_sizes_are_decoded(void)
{
    static const int sizes[][2] = {{1, 1}, {2, 1},  {1, 9},
                                   {3, 3}, {33, 2}, {24, 17}};
    hp_memory memory;
    hp_pose_decoder *decoder = new_decoder(&memory);

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        hp_pose_input maps = drawn_maps_create(sizes[i][0], sizes[i][1]);
        for (int fill = 0; fill < FILL_COUNT; fill++) {
            check_filled(decoder, &maps, fill, fill);
            check_filled(decoder, &maps, DOTS, fill);
        }
        drawn_maps_destroy(&maps);
    }
    hp_pose_decoder_destroy(decoder);
}

/* Of every kind; and many peaks with PAFs that join half of all pairs. */
static void any_maps_of_256_x_256_cells_take_bounded_time(void)
{
    hp_memory memory;
    hp_pose_decoder *decoder = new_decoder(&memory);
    hp_pose_input maps = drawn_maps_create(256, 256);

    for (int fill = 0; fill < FILL_COUNT; fill++)
        check_filled(decoder, &maps, fill, fill);
    check_filled(decoder, &maps, FAR_DOTS, CONSTANT);
    check_filled(decoder, &maps, MOST_DOTS, CONSTANT);
    check_filled(decoder, &maps, MOST_DOTS, ANY_BITS);
    drawn_maps_destroy(&maps);
    hp_pose_decoder_destroy(decoder);
}

/* Bounds are for maps that no network makes; below them nothing is refused
 * or left out. */
static void limits_are_where_they_are_said_to_be(void)
{
    hp_memory memory;
    hp_pose_decoder *decoder = new_decoder(&memory);
    hp_pose_input maps = drawn_maps_create(256, 256);
    hp_people people;
    hatpose_error err;

    fill_maps(&maps, maps.heatmaps, HP_HEATMAP_COUNT, fill_far_dots);
    CHECK(hp_pose_decode_compat(decoder, &maps, &people, &err) ==
          HATPOSE_E_LIMIT);
    CHECK(strstr(err.message, "19922944 pairs of peaks") != NULL);
    CHECK(hp_pose_decode_best(decoder, &maps, &people, &err) == HATPOSE_OK);
    CHECK(people.peak_count == HATPOSE_KEYPOINT_COUNT * HP_PEAK_LIMIT_BEST);
    fill_maps(&maps, maps.heatmaps, HP_HEATMAP_COUNT, fill_most_dots);
    CHECK(hp_pose_decode_compat(decoder, &maps, &people, &err) == HATPOSE_OK);
    CHECK(people.peak_count == HATPOSE_KEYPOINT_COUNT * 289);
    drawn_maps_destroy(&maps);
    hp_pose_decoder_destroy(decoder);
}

static void empty_maps_have_nobody(void)
{
    hp_pose_input maps = drawn_maps_create(5, 4);
    hp_memory memory;
    hp_pose_decoder *decoder = new_decoder(&memory);

    for (int m = 0; m < MODE_COUNT; m++) {
        hp_people people;
        CHECK(modes[m].decode(decoder, &maps, &people, NULL) == HATPOSE_OK);
        CHECK(people.person_count == 0 && people.peak_count == 0);
    }
    hp_pose_decoder_destroy(decoder);
    drawn_maps_destroy(&maps);
}

static void sizes_that_cannot_be_are_refused(void)
{
    static const int sizes[][2] = {{0, 5},
                                   {5, 0},
                                   {-1, 5},
                                   {5, INT32_MIN},
                                   {INT32_MAX, INT32_MAX},
                                   {(1 << 20) + 1, 1},
                                   {1025, 1024}};
    hp_memory memory;
    hp_pose_decoder *decoder = new_decoder(&memory);

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int m = 0; m < MODE_COUNT; m++) {
            hp_pose_input none = {.width_map_px = sizes[i][0],
                                  .height_map_px = sizes[i][1]};
            hp_people people;
            hatpose_error err;
            CHECK(modes[m].decode(decoder, &none, &people, &err) ==
                  HATPOSE_E_LIMIT);
            CHECK(strstr(err.message, "cells") != NULL);
            CHECK(people.person_count == 0 && people.peaks == NULL);
        }
    }
    hp_pose_decoder_destroy(decoder);
}

/* ---- Memory ------------------------------------------------------------- */

static hp_pose_input two_figures(void)
{
    hp_pose_input maps = drawn_maps_create(40, 26);

    for (int i = 0; i < 2; i++) {
        drawn_figure figure =
            drawn_figure_at(9.125F + 17 * (float)i, 4.125F + (float)i);
        drawn_maps_add(&maps, &figure);
    }
    return maps;
}

static hatpose_status try_decode(const counting_host *counting,
                                 size_t limit_bytes, int mode,
                                 const hp_pose_input *maps, hatpose_error *err)
{
    hp_memory memory;
    hp_pose_decoder *decoder;
    hp_people people;

    hp_memory_init(&memory, &counting->host, limit_bytes);
    hatpose_status status =
        hp_pose_decoder_create(&memory, &kernels, &decoder, err);
    CHECK((decoder != NULL) == (status == HATPOSE_OK));
    if (status == HATPOSE_OK) {
        status = modes[mode].decode(decoder, maps, &people, err);
        CHECK(people.person_count == (status == HATPOSE_OK ? 2 : 0));
    }
    hp_pose_decoder_destroy(decoder);
    CHECK(atomic_load(&counting->live_blocks) == 0);
    CHECK(atomic_load(&counting->live_bytes) == 0);
    return status;
}

static void every_allocation_may_fail(void)
{
    hp_pose_input maps = two_figures();

    for (int m = 0; m < MODE_COUNT; m++) {
        counting_host counting;
        hatpose_error err;
        hatpose_status status;
        long n = -1;
        do {
            counting_host_init(&counting);
            counting.fail_at = ++n;
            status = try_decode(&counting, 0, m, &maps, &err);
            CHECK(status == HATPOSE_OK || status == HATPOSE_E_MEMORY);
            CHECK(status == HATPOSE_OK || err.message[0] != '\0');
        } while (status != HATPOSE_OK && n < 1000);
        CHECK_MESSAGE(n > 8 && n < 1000, "%s: %ld allocations", modes[m].name,
                      n);
    }
    drawn_maps_destroy(&maps);
}

static void a_small_budget_is_a_limit(void)
{
    hp_pose_input maps = two_figures();

    for (int m = 0; m < MODE_COUNT; m++) {
        for (size_t limit = 16; limit < ((size_t)1 << 26); limit *= 4) {
            counting_host counting;
            hatpose_error err;
            counting_host_init(&counting);
            hatpose_status status =
                try_decode(&counting, limit, m, &maps, &err);
            CHECK(status == HATPOSE_OK || status == HATPOSE_E_LIMIT);
            CHECK(limit > 1000 || status == HATPOSE_E_LIMIT);
            CHECK(limit < 10000000 || status == HATPOSE_OK);
        }
    }
    drawn_maps_destroy(&maps);
}

/* A decoder that failed for want of memory works when there is some. */
static void a_decoder_survives_a_failure(void)
{
    hp_pose_input maps = two_figures();

    for (int m = 0; m < MODE_COUNT; m++) {
        counting_host counting;
        hp_memory memory;
        hp_pose_decoder *decoder;
        hp_people people;
        counting_host_init(&counting);
        hp_memory_init(&memory, &counting.host, 0);
        CHECK(hp_pose_decoder_create(&memory, &kernels, &decoder, NULL) ==
              HATPOSE_OK);
        hatpose_status status;
        int failures = -1;
        /* Each try may allocate once more than the one before. */
        do {
            failures++;
            counting.fail_at = atomic_load(&counting.allocations) + failures;
            status = modes[m].decode(decoder, &maps, &people, NULL);
            CHECK(status == HATPOSE_OK ||
                  (status == HATPOSE_E_MEMORY && people.people == NULL));
        } while (status != HATPOSE_OK && failures < 100);
        CHECK_MESSAGE(failures > 2 && status == HATPOSE_OK, "%s: %d",
                      modes[m].name, failures);
        CHECK(people.person_count == 2);
        hp_pose_decoder_destroy(decoder);
        CHECK(atomic_load(&counting.live_blocks) == 0);
    }
    drawn_maps_destroy(&maps);
}

static void the_second_call_allocates_nothing(void)
{
    hp_pose_input maps = two_figures(), small = drawn_maps_create(7, 9);

    for (int m = 0; m < MODE_COUNT; m++) {
        counting_host counting;
        hp_memory memory;
        hp_pose_decoder *decoder;
        hp_people people;
        counting_host_init(&counting);
        hp_memory_init(&memory, &counting.host, 0);
        CHECK(hp_pose_decoder_create(&memory, &kernels, &decoder, NULL) ==
              HATPOSE_OK);
        CHECK(modes[m].decode(decoder, &maps, &people, NULL) == HATPOSE_OK);
        long before = atomic_load(&counting.allocations);
        CHECK(modes[m].decode(decoder, &maps, &people, NULL) == HATPOSE_OK);
        CHECK(people.person_count == 2);
        CHECK(modes[m].decode(decoder, &small, &people, NULL) == HATPOSE_OK);
        CHECK(people.person_count == 0);
        CHECK(atomic_load(&counting.allocations) == before);
        hp_pose_decoder_destroy(decoder);
    }
    drawn_maps_destroy(&small);
    drawn_maps_destroy(&maps);
}

int main(void)
{
    hp_kernels_select(0, HATPOSE_PRECISION_F32, &kernels);
    RUN(compat_equals_the_original);
    hp_kernels_select(UINT32_MAX, HATPOSE_PRECISION_F32, &kernels);
    RUN(compat_equals_the_original);
    hp_kernels_select(0, HATPOSE_PRECISION_F32, &kernels);
    RUN(compat_poses_are_those_of_the_demo);
    RUN(every_kernel_gives_the_same_people);
    RUN(best_finds_what_symmetry_hides_from_compat);
    RUN(empty_maps_have_nobody);
    RUN(any_maps_of_small_sizes_are_decoded);
    RUN(any_maps_of_256_x_256_cells_take_bounded_time);
    RUN(limits_are_where_they_are_said_to_be);
    RUN(sizes_that_cannot_be_are_refused);
    RUN(every_allocation_may_fail);
    RUN(a_small_budget_is_a_limit);
    RUN(a_decoder_survives_a_failure);
    RUN(the_second_call_allocates_nothing);
    hp_pose_decoder_destroy(NULL);
    CHECK_EXIT();
}
