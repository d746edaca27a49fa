/* test_person.c - limbs to people: compat's rules on limbs made by hand, both
 * decoders on figures drawn by hand, and what thresholds and limits leave. */
#include "pose/person.h"

#include <math.h>
#include <string.h>

#include "check.h"
#include "drawn_people.h"

static hp_kernels kernels;

enum { WIDTH = 48, HEIGHT = 26, LIMBS_MOST = 16 };

static hp_memory memory;
static hp_person_joiner joiner;
static hp_pose_decoder *decoder;

/* ---- compat on limbs made by hand -------------------------------------- */

/* Two peaks of every joint: 2 * joint and 2 * joint + 1, worth 0.5 and
 * 0.25. */
enum { PEAKS_EACH = 2 };
static hp_peak two_of_each[HATPOSE_KEYPOINT_COUNT * PEAKS_EACH];

static int first_of(int joint)
{
    return PEAKS_EACH * joint;
}

static int second_of(int joint)
{
    return PEAKS_EACH * joint + 1;
}

static void make_peaks(hp_peak_set *set)
{
    set->peaks = two_of_each;
    set->first[0] = 0;
    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
        for (int i = 0; i < PEAKS_EACH; i++)
            two_of_each[PEAKS_EACH * j + i] =
                (hp_peak){0, 0, i == 0 ? 0.5F : 0.25F, (uint32_t)j};
        set->first[j + 1] = PEAKS_EACH * (j + 1);
    }
}

/* A limb and its type; types rise. */
typedef struct typed_limb {
    int type;
    hp_limb limb;
} typed_limb;

static hp_person_set join(const typed_limb *typed, int count, double threshold)
{
    static hp_limb limbs[LIMBS_MOST];
    hp_peak_set peaks;
    hp_limb_set set = {.limbs = limbs};
    hp_person_set people;

    make_peaks(&peaks);
    for (int i = 0; i < count; i++) {
        limbs[i] = typed[i].limb;
        for (int type = typed[i].type; type < HP_LIMB_COUNT; type++)
            set.first[type + 1] = i + 1;
    }
    CHECK(hp_person_join_compat(&memory, &joiner, &peaks, &set, threshold,
                                &people, NULL) == HATPOSE_OK);
    return people;
}

static typed_limb limb_of(int type, double score, bool second_from,
                          bool second_to)
{
    int from = hp_limbs[type].from, to = hp_limbs[type].to;

    return (typed_limb){type,
                        {score, second_from ? second_of(from) : first_of(from),
                         second_to ? second_of(to) : first_of(to)}};
}

static void compat_adds_limbs_to_who_has_the_first_end(void)
{
    const typed_limb limbs[] = {
        limb_of(0, 1, false, false), limb_of(1, 0.5, false, true),
        limb_of(2, 0.25, false, false), limb_of(2, 0.125, true, true)};
    hp_person_set people = join(limbs, 4, 0);

    /* The last limb starts at a shoulder that nobody has: a person of two
     * keypoints, who is dropped. */
    CHECK(people.count == 1);
    const hp_person *person = &people.people[0];
    CHECK(person->count == 4);
    CHECK(person->score == 0.5 + 0.5 + 1 + (0.25 + 0.5) + (0.5 + 0.25));
    CHECK(person->peaks[1] == first_of(1) && person->peaks[2] == first_of(2));
    CHECK(person->peaks[5] == second_of(5));
    CHECK(person->peaks[3] == first_of(3));
    CHECK(person->peaks[0] == -1 && person->peaks[17] == -1);
}

/* A leg whose hip the neck was not joined to is a second person. */
static void compat_never_merges_people(void)
{
    const typed_limb limbs[] = {
        limb_of(0, 1, false, false), limb_of(1, 1, false, false),
        limb_of(7, 1, false, false), limb_of(8, 1, false, false)};
    hp_person_set people = join(limbs, 4, 0);

    CHECK(people.count == 2);
    CHECK(people.people[0].count == 3 && people.people[0].peaks[8] == -1);
    CHECK(people.people[1].count == 3 && people.people[1].peaks[1] == -1);
    CHECK(people.people[1].peaks[10] == first_of(10));
}

/* Shoulder to ear fills a free end, also with what another has; it adds
 * neither to the count nor to the score, and makes nobody. */
static void compat_helper_limbs_only_fill(void)
{
    const typed_limb limbs[] = {
        limb_of(0, 1, false, false),  limb_of(1, 1, false, false),
        limb_of(12, 1, true, false),  limb_of(13, 1, false, false),
        limb_of(14, 1, false, false), limb_of(17, 9, false, false),
        limb_of(18, 9, true, true)};
    hp_person_set people = join(limbs, 7, 0);

    CHECK(people.count == 2);
    CHECK(people.people[0].peaks[16] == first_of(16));
    CHECK(people.people[0].count == 3 && people.people[0].peaks[17] == -1);
    CHECK(people.people[0].score == 0.5 * 3 + 2);
    CHECK(people.people[1].peaks[16] == first_of(16));
    CHECK(people.people[1].peaks[2] == first_of(2));
    CHECK(people.people[1].count == 4);
}

static void compat_threshold_keeps_its_own_value(void)
{
    const typed_limb limbs[] = {limb_of(0, 0.75, false, false),
                                limb_of(1, 0.75, false, false)};

    /* (3 * 0.5 + 2 * 0.75) / 3 */
    CHECK(join(limbs, 2, 1.0).count == 1);
    CHECK(join(limbs, 2, nextafter(1.0, 2)).count == 0);
    CHECK(join(limbs, 1, 0).count == 0);
    CHECK(join(limbs, 0, 0).count == 0);
}

/* ---- both on figures drawn by hand ------------------------------------- */

typedef hatpose_status (*decode_fn)(hp_pose_decoder *decoder,
                                    const hp_pose_input *input, hp_people *out,
                                    hatpose_error *err);

static const decode_fn decoders[] = {hp_pose_decode_best,
                                     hp_pose_decode_compat};

static hp_people decoded(decode_fn decode, const hp_pose_input *maps)
{
    hp_people people;
    hatpose_error err;

    CHECK_MESSAGE(decode(decoder, maps, &people, &err) == HATPOSE_OK, "%s",
                  err.message);
    return people;
}

/* Does one of the people have all joints of the figure, and no other? */
static bool has_figure(decode_fn decode, const hp_people *people,
                       const drawn_figure *figure)
{
    bool is_compat = decode == hp_pose_decode_compat;
    float up = is_compat ? 4 : 1, shift = is_compat ? 1.5F : 0;

    for (int i = 0; i < people->person_count; i++) {
        bool all = true;
        for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
            int index = people->people[i].peaks[j];
            if ((index < 0) != figure->missing[j]) {
                all = false;
            } else if (index >= 0) {
                const hp_peak *peak = &people->peaks[index];
                float dx = (peak->x - shift) / up - figure->joints[j].x_map_px;
                float dy = (peak->y - shift) / up - figure->joints[j].y_map_px;
                all = all && fabsf(dx) < 0.3F && fabsf(dy) < 0.3F;
            }
        }
        if (all)
            return true;
    }
    return false;
}

static void figures_are_found(void)
{
    hp_pose_input maps = drawn_maps_create(WIDTH, HEIGHT);
    drawn_figure figures[3] = {drawn_figure_at(7.1F, 3.2F),
                               drawn_figure_at(22.3F, 4.1F),
                               drawn_figure_at(38.2F, 2.9F)};

    figures[1].missing[0] = figures[1].missing[14] = true;
    figures[1].missing[15] = figures[1].missing[16] = true;
    figures[1].missing[17] = true;
    figures[2].missing[10] = figures[2].missing[13] = true;
    for (int i = 0; i < 3; i++)
        drawn_maps_add(&maps, &figures[i]);
    for (int d = 0; d < 2; d++) {
        hp_people people = decoded(decoders[d], &maps);
        CHECK_MESSAGE(people.person_count == 3, "decoder %d: %d people", d,
                      people.person_count);
        for (int i = 0; i < 3; i++)
            CHECK_MESSAGE(has_figure(decoders[d], &people, &figures[i]),
                          "decoder %d, figure %d", d, i);
    }
    drawn_maps_destroy(&maps);
}

static void peaks_without_limbs_are_nobody(void)
{
    hp_pose_input maps = drawn_maps_create(WIDTH, HEIGHT);
    drawn_figure figure = drawn_figure_at(20.125F, 4.125F);

    figure.field = 0;
    drawn_maps_add(&maps, &figure);
    for (int d = 0; d < 2; d++) {
        hp_people people = decoded(decoders[d], &maps);
        CHECK(people.person_count == 0);
        CHECK(people.peak_count >= HATPOSE_KEYPOINT_COUNT);
    }
    drawn_maps_destroy(&maps);
}

/* Two people side by side, close enough to cross, and a third one off the
 * middle: seen in a mirror they are the same people. */
static void best_finds_mirrored_people_in_mirrored_maps(void)
{
    hp_pose_input plain = drawn_maps_create(WIDTH, HEIGHT);
    hp_pose_input mirrored = drawn_maps_create(WIDTH, HEIGHT);
    const drawn_figure figures[3] = {drawn_figure_at(9.3F, 3.2F),
                                     drawn_figure_at(14.6F, 4.4F),
                                     drawn_figure_at(33.2F, 2.7F)};
    double scores[3];

    for (int i = 0; i < 3; i++) {
        drawn_figure turned = drawn_figure_mirrored(&figures[i], WIDTH);
        drawn_maps_add(&plain, &figures[i]);
        drawn_maps_add(&mirrored, &turned);
    }
    hp_people people = decoded(hp_pose_decode_best, &plain);
    CHECK(people.person_count == 3);
    for (int i = 0; i < 3; i++) {
        CHECK(has_figure(hp_pose_decode_best, &people, &figures[i]));
        scores[i] = people.people[i].score;
    }
    people = decoded(hp_pose_decode_best, &mirrored);
    CHECK(people.person_count == 3);
    for (int i = 0; i < 3; i++) {
        drawn_figure turned = drawn_figure_mirrored(&figures[i], WIDTH);
        CHECK(has_figure(hp_pose_decode_best, &people, &turned));
        CHECK_MESSAGE(fabs(people.people[i].score / scores[i] - 1) < 0.1,
                      "%g and %g", people.people[i].score, scores[i]);
    }
    drawn_maps_destroy(&plain);
    drawn_maps_destroy(&mirrored);
}

static void thresholds_leave_out_what_is_below(void)
{
    hp_pose_input maps = drawn_maps_create(WIDTH, HEIGHT);
    drawn_figure figure = drawn_figure_at(20.125F, 4.125F);

    drawn_maps_add(&maps, &figure);
    for (int d = 0; d < 2; d++) {
        hp_pose_input strict = maps;
        CHECK(decoded(decoders[d], &strict).person_count == 1);
        strict.keypoint_threshold = 0.95F;
        CHECK(decoded(decoders[d], &strict).person_count == 0);
        strict = maps;
        strict.limb_threshold = 1.5F;
        CHECK(decoded(decoders[d], &strict).person_count == 0);
        strict = maps;
        strict.person_threshold = 2.5F;
        CHECK(decoded(decoders[d], &strict).person_count == 0);
        strict.person_threshold = 0;
        CHECK(decoded(decoders[d], &strict).person_count == 1);
    }
    drawn_maps_destroy(&maps);
}

/* Of two people with the same mean over their keypoints, the one with few is
 * dropped: an arm alone must be surer than a whole body. */
static void best_asks_more_of_people_with_few_keypoints(void)
{
    hp_pose_input maps = drawn_maps_create(WIDTH, HEIGHT);
    drawn_figure whole = drawn_figure_at(10.125F, 4.125F);
    drawn_figure arm = drawn_figure_at(33.125F, 4.125F);

    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++)
        arm.missing[j] = j < 2 || j > 4; /* shoulder, elbow, wrist */
    whole.peak = arm.peak = 0.4F;
    whole.field = arm.field = 0.4F;
    drawn_maps_add(&maps, &whole);
    drawn_maps_add(&maps, &arm);
    maps.person_threshold = 0.5F;
    hp_people people = decoded(hp_pose_decode_best, &maps);
    CHECK(people.person_count == 1 && people.people[0].count == 18);
    maps.person_threshold = 0.3F;
    people = decoded(hp_pose_decode_best, &maps);
    CHECK(people.person_count == 2 && people.people[1].count == 3);
    drawn_maps_destroy(&maps);
}

/* A weak elbow and a weak wrist: the elbow is found in the first round, from
 * the shoulder, and leads to the wrist in the second. */
static void best_completes_people_step_by_step(void)
{
    hp_pose_input maps = drawn_maps_create(WIDTH, HEIGHT);
    drawn_figure body = drawn_figure_at(20.125F, 4.125F), arm = body;

    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++)
        arm.missing[j] = j < 2 || j > 4; /* shoulder, elbow, wrist */
    body.missing[3] = body.missing[4] = true;
    arm.peak = 0.06F;
    drawn_maps_add(&maps, &body);
    hp_people people = decoded(hp_pose_decode_best, &maps);
    CHECK(people.person_count == 1 && people.people[0].count == 16);
    drawn_maps_add(&maps, &arm);
    people = decoded(hp_pose_decode_best, &maps);
    CHECK(people.person_count == 1 && people.people[0].count == 18);
    CHECK(decoded(hp_pose_decode_compat, &maps).people[0].count == 16);
    drawn_maps_destroy(&maps);
}

/* A weak nose at the end of a long field is no neck's own. */
static void best_completes_people_within_reach(void)
{
    hp_pose_input maps = drawn_maps_create(WIDTH, HEIGHT);
    drawn_figure body = drawn_figure_at(6.125F, 4.125F), far = body;

    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
        body.missing[j] = j != 1 && j != 2 && j != 5; /* neck, shoulders */
        far.missing[j] = j > 1;                       /* nose, neck */
    }
    far.joints[0] = (drawn_point){8.125F, 4.125F};
    far.peak = 0.06F;
    drawn_maps_add(&maps, &body);
    drawn_maps_add(&maps, &far);
    hp_people people = decoded(hp_pose_decode_best, &maps);
    CHECK(people.person_count == 1 && people.people[0].count == 4);
    drawn_maps_destroy(&maps);
    maps = drawn_maps_create(WIDTH, HEIGHT);
    far.joints[0] = (drawn_point){40.125F, 8.125F};
    drawn_maps_add(&maps, &body);
    drawn_maps_add(&maps, &far);
    people = decoded(hp_pose_decode_best, &maps);
    CHECK(people.person_count == 1 && people.people[0].count == 3);
    drawn_maps_destroy(&maps);
}

/* The original reports faint people, best does not unless asked. */
static void own_thresholds_are_those_of_the_mode(void)
{
    hp_pose_input maps = drawn_maps_create(WIDTH, HEIGHT);
    drawn_figure figure = drawn_figure_at(20.125F, 4.125F);

    figure.peak = 0.2F;
    figure.field = 0.2F;
    drawn_maps_add(&maps, &figure);
    CHECK(decoded(hp_pose_decode_compat, &maps).person_count == 1);
    CHECK(decoded(hp_pose_decode_best, &maps).person_count == 0);
    maps.person_threshold = 0.2F;
    CHECK(decoded(hp_pose_decode_best, &maps).person_count == 1);
    drawn_maps_destroy(&maps);
}

static void max_people_keeps_the_best(void)
{
    hp_pose_input maps = drawn_maps_create(WIDTH, HEIGHT);
    double scores[3];

    for (int i = 0; i < 3; i++) {
        drawn_figure figure = drawn_figure_at(8.125F + 15 * (float)i, 4.125F);
        figure.peak = i == 1 ? 0.9F : 0.6F + 0.1F * (float)i;
        drawn_maps_add(&maps, &figure);
    }
    hp_people people = decoded(hp_pose_decode_best, &maps);
    CHECK(people.person_count == 3);
    for (int i = 0; i < 3; i++) {
        scores[i] = people.people[i].score;
        CHECK(i == 0 || scores[i] <= scores[i - 1]);
    }
    for (int most = 0; most < 3; most++) {
        maps.max_people = (uint32_t)most;
        people = decoded(hp_pose_decode_best, &maps);
        CHECK(people.person_count == most);
        for (int i = 0; i < most; i++)
            CHECK(people.people[i].score == scores[i]);
    }
    CHECK(decoded(hp_pose_decode_compat, &maps).person_count == 3);
    drawn_maps_destroy(&maps);
}

/* What was decoded before leaves nothing behind. */
static void the_same_maps_give_the_same_people(void)
{
    hp_pose_input maps = drawn_maps_create(WIDTH, HEIGHT);

    for (int i = 0; i < 3; i++) {
        drawn_figure figure = drawn_figure_at(8.125F + 15 * (float)i, 4.125F);
        drawn_maps_add(&maps, &figure);
    }
    for (int d = 0; d < 2; d++) {
        hp_person before[3];
        hp_people people = decoded(decoders[d], &maps);
        CHECK(people.person_count == 3);
        memcpy(before, people.people, sizeof before);
        decoded(decoders[1 - d], &maps);
        people = decoded(decoders[d], &maps);
        CHECK(people.person_count == 3);
        for (int i = 0; i < 3; i++) {
            CHECK(people.people[i].score == before[i].score);
            CHECK(memcmp(before[i].peaks, people.people[i].peaks,
                         sizeof before[i].peaks) == 0);
        }
    }
    drawn_maps_destroy(&maps);
}

int main(void)
{
    hp_memory_init(&memory, NULL, 0);
    CHECK(hp_pose_decoder_create(&memory, &kernels, &decoder, NULL) ==
          HATPOSE_OK);
    hp_kernels_select(0, HATPOSE_PRECISION_F32, &kernels);
    RUN(compat_adds_limbs_to_who_has_the_first_end);
    RUN(compat_never_merges_people);
    RUN(compat_helper_limbs_only_fill);
    RUN(compat_threshold_keeps_its_own_value);
    RUN(figures_are_found);
    RUN(peaks_without_limbs_are_nobody);
    RUN(best_finds_mirrored_people_in_mirrored_maps);
    RUN(thresholds_leave_out_what_is_below);
    RUN(best_asks_more_of_people_with_few_keypoints);
    RUN(best_completes_people_step_by_step);
    RUN(best_completes_people_within_reach);
    RUN(own_thresholds_are_those_of_the_mode);
    RUN(max_people_keeps_the_best);
    RUN(the_same_maps_give_the_same_people);
    hp_pose_decoder_destroy(decoder);
    hp_person_joiner_release(&memory, &joiner);
    CHECK_EXIT();
}
