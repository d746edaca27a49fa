/* test_best_reference.c - best against a program in double that was written
 * apart from it, on all maps of the vectors. Where best takes another way
 * than that program, this is the one test that follows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "drawn_people.h"
#include "golden.h"

/* The reference has five decimals; ours adds in float. */
static const double near_map_px = 2e-3;

/* best tries the three best free peaks for a joint, the reference all of
 * them. Only where a crowd, or noise, has more to choose from does that show,
 * in few people. */
static const char *const crowds[] = {"real_012670", "real368_012670",
                                     "syn_noise"};

enum { OTHERS_IN_CROWD = 3 };

static int others_allowed(const char *name)
{
    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++) {
        if (strcmp(name, crowds[i]) == 0)
            return OTHERS_IN_CROWD;
    }
    return 0;
}

static const json_t *case_named(const golden_set *set, const json_t *reference)
{
    const char *group = json_string_value(json_object_get(reference, "group"));
    size_t i;
    const json_t *test_case;

    json_array_foreach(golden_cases(set, group), i, test_case)
    {
        if (strcmp(golden_name(test_case), golden_name(reference)) == 0)
            return test_case;
    }
    return NULL;
}

static bool is_near(double a, double b)
{
    return fabs(a - b) < near_map_px;
}

static bool is_same_joint(const json_t *point, const hp_peak *peak)
{
    if (!json_is_array(point) || peak == NULL)
        return !json_is_array(point) && peak == NULL;
    return is_near((double)peak->x,
                   json_number_value(json_array_get(point, 0))) &&
           is_near((double)peak->y,
                   json_number_value(json_array_get(point, 1))) &&
           is_near((double)peak->score,
                   json_number_value(json_array_get(point, 2)));
}

static bool is_same_person(const json_t *reference, const hp_people *people,
                           const hp_person *person)
{
    const json_t *points = json_object_get(reference, "keypoints");

    for (size_t j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
        int index = person->peaks[j];
        const hp_peak *peak = index < 0 ? NULL : &people->peaks[index];
        if (!is_same_joint(json_array_get(points, j), peak))
            return false;
    }
    return fabs(golden_number(reference, "score") / person->score - 1) < 1e-3;
}

static void check_people(const json_t *reference, const hp_people *people)
{
    const json_t *expected = json_object_get(reference, "people");
    size_t i;
    const json_t *one;

    int allowed = others_allowed(golden_name(reference));
    int expected_count = (int)json_array_size(expected), others = 0;

    CHECK_MESSAGE(abs(people->person_count - expected_count) <= allowed,
                  "%s: %d people, not %d", golden_name(reference),
                  people->person_count, expected_count);
    json_array_foreach(expected, i, one)
    {
        bool found = false;
        for (int k = 0; k < people->person_count && !found; k++)
            found = is_same_person(one, people, &people->people[k]);
        others += !found;
    }
    CHECK_MESSAGE(others <= allowed, "%s: %d of %d people are others",
                  golden_name(reference), others, expected_count);
}

static void check_case(const golden_set *set, const json_t *reference,
                       hp_pose_decoder *decoder)
{
    const json_t *test_case = case_named(set, reference);
    hp_pose_input input = drawn_maps_create(1, 1); /* for all but the maps */
    golden_array heatmaps, pafs;
    hp_people people;

    drawn_maps_destroy(&input);
    if (test_case == NULL ||
        !golden_load(set, test_case, "heatmaps", &heatmaps) ||
        !golden_load(set, test_case, "pafs", &pafs)) {
        CHECK_MESSAGE(false, "%s: no vector", golden_name(reference));
        return;
    }
    input.heatmaps = heatmaps.f32;
    input.pafs = pafs.f32;
    input.height_map_px = heatmaps.shape[1];
    input.width_map_px = heatmaps.shape[2];
    input.person_threshold = 0.2F;
    CHECK(hp_pose_decode_best(decoder, &input, &people, NULL) == HATPOSE_OK);
    check_people(reference, &people);
    golden_unload(&heatmaps);
    golden_unload(&pafs);
}

int main(void)
{
    golden_set set;
    char path[600];
    size_t i;
    const json_t *reference;
    hp_memory memory;
    hp_pose_decoder *decoder;

    if (!golden_open(&set))
        return 1;
    snprintf(path, sizeof path, "%s/best_reference.json", set.folder);
    json_t *references = json_load_file(path, 0, NULL);
    if (references == NULL) {
        printf("skipped: best's reference needs HATPOSE_SHARED\n");
        golden_close(&set);
        return CHECK_SKIPPED;
    }
    hp_memory_init(&memory, NULL, 0);
    CHECK(hp_pose_decoder_create(&memory, &decoder, NULL) == HATPOSE_OK);
    CHECK(json_array_size(json_object_get(references, "cases")) == 21);
    json_array_foreach(json_object_get(references, "cases"), i, reference)
        check_case(&set, reference, decoder);
    hp_pose_decoder_destroy(decoder);
    json_decref(references);
    golden_close(&set);
    CHECK_EXIT();
}
