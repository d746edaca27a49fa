/* test_best_reference.c - best against a program in double that was written
 * apart from it, on all maps of the vectors. best has since gone further than
 * that program: it places peaks from more cells, completes people in more
 * steps and scores them otherwise. Whom that program finds, of those it is
 * fairly sure of, must be found, and about there. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "drawn_people.h"
#include "golden.h"

static hp_kernels kernels;

/* Peaks may move within the cell that they are in. */
static const double near_map_px = 0.5;

/* Of each person so many joints must be the same ... */
static const double same_joints_least = 0.7;

/* ... but where limbs of equal right compete, one choice may change more: so
 * many of the people may be others. */
static const double others_most = 0.1;

/* The reference's scores are sums of some 18 keypoints' scores. */
static const double sure_least = 1;

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

static bool is_near(const json_t *point, const hp_peak *peak)
{
    return fabs((double)peak->x - json_number_value(json_array_get(point, 0))) <
               near_map_px &&
           fabs((double)peak->y - json_number_value(json_array_get(point, 1))) <
               near_map_px;
}

/* Keypoints weaker than this only complete a person. */
static bool is_strong(const json_t *point)
{
    return json_is_array(point) &&
           json_number_value(json_array_get(point, 2)) >= 0.1;
}

static bool is_same_person(const json_t *reference, const hp_people *people,
                           const hp_person *person)
{
    const json_t *points = json_object_get(reference, "keypoints");
    int strong = 0, same = 0;

    for (size_t j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
        const json_t *point = json_array_get(points, j);
        if (!is_strong(point))
            continue;
        strong++;
        same += person->peaks[j] >= 0 &&
                is_near(point, &people->peaks[person->peaks[j]]);
    }
    return same >= same_joints_least * strong;
}

static void check_people(const json_t *reference, const hp_people *people)
{
    size_t i;
    const json_t *one;
    int sure = 0, others = 0;

    json_array_foreach(json_object_get(reference, "people"), i, one)
    {
        bool found = false;
        if (golden_number(one, "score") < sure_least)
            continue;
        for (int k = 0; k < people->person_count && !found; k++)
            found = is_same_person(one, people, &people->people[k]);
        sure++;
        others += !found;
    }
    printf("%s: %d of %d\n", golden_name(reference), sure - others, sure);
    CHECK_MESSAGE(others <= others_most * sure, "%s: %d of %d are others",
                  golden_name(reference), others, sure);
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
    input.person_threshold = 0;
    CHECK(hp_pose_decode_best(decoder, &input, &people, NULL) == HATPOSE_OK);
    check_people(reference, &people);
    golden_unload(&heatmaps);
    golden_unload(&pafs);
}

int main(void)
{
    hp_kernels_select(0, HATPOSE_PRECISION_F32, &kernels);
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
    CHECK(hp_pose_decoder_create(&memory, &kernels, &decoder, NULL) ==
          HATPOSE_OK);
    CHECK(json_array_size(json_object_get(references, "cases")) == 21);
    json_array_foreach(json_object_get(references, "cases"), i, reference)
    {
        /* Nobody is in noise: no answer is better than another. */
        if (strcmp(golden_name(reference), "syn_noise") != 0)
            check_case(&set, reference, decoder);
    }
    hp_pose_decoder_destroy(decoder);
    json_decref(references);
    golden_close(&set);
    CHECK_EXIT();
}
