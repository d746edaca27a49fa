/* person.c - limbs joined to people. */
#include "pose/person.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "pose/rank.h"

/* A person with fewer keypoints is dropped, in both decoders. */
enum { KEYPOINTS_LEAST = 3 };

/* Shoulder to ear: these types help to join, they make no person. */
enum { HELPER_FIRST = 17 };

static hp_person nobody(void)
{
    hp_person person;

    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++)
        person.peaks[j] = -1;
    person.score = 0;
    person.count = 0;
    return person;
}

/* ---- compat ------------------------------------------------------------ */

static hp_person new_compat(const hp_limb_joints *joints, const hp_limb *limb,
                            const hp_peak *peaks)
{
    hp_person person = nobody();

    person.peaks[joints->from] = limb->from;
    person.peaks[joints->to] = limb->to;
    person.count = 2;
    person.score =
        ((double)peaks[limb->from].score + (double)peaks[limb->to].score) +
        limb->score;
    return person;
}

/* Every person that has the first peak gets the second, also over one that
 * it has; false if there is none. */
static bool extend_compat(hp_person *people, int count,
                          const hp_limb_joints *joints, const hp_limb *limb,
                          const hp_peak *peaks)
{
    bool found = false;

    for (int i = 0; i < count; i++) {
        hp_person *person = &people[i];
        if (person->peaks[joints->from] != limb->from)
            continue;
        person->peaks[joints->to] = limb->to;
        person->count++;
        person->score += (double)peaks[limb->to].score + limb->score;
        found = true;
    }
    return found;
}

/* A helper limb only fills a free end, and counts for nothing. */
static void help_compat(hp_person *people, int count,
                        const hp_limb_joints *joints, const hp_limb *limb)
{
    for (int i = 0; i < count; i++) {
        int *from = &people[i].peaks[joints->from];
        int *to = &people[i].peaks[joints->to];
        if (*from == limb->from && *to == -1)
            *to = limb->to;
        else if (*to == limb->to && *from == -1)
            *from = limb->from;
    }
}

static int join_type_compat(hp_person *people, int count, int type,
                            const hp_limb_set *limbs, const hp_peak *peaks)
{
    const hp_limb_joints *joints = &hp_limbs[type];

    for (int i = limbs->first[type]; i < limbs->first[type + 1]; i++) {
        const hp_limb *limb = &limbs->limbs[i];
        if (type >= HELPER_FIRST)
            help_compat(people, count, joints, limb);
        else if (type == 0 ||
                 !extend_compat(people, count, joints, limb, peaks))
            people[count++] = new_compat(joints, limb, peaks);
    }
    return count;
}

hatpose_status hp_person_join_compat(hp_memory *memory,
                                     hp_person_joiner *joiner,
                                     const hp_peak_set *peaks,
                                     const hp_limb_set *limbs,
                                     double person_threshold,
                                     hp_person_set *out, hatpose_error *err)
{
    size_t most =
        (size_t)limbs->first[HP_LIMB_COUNT] + HP_LIMB_COUNT * HP_PEAK_ROOM;

    memset(out, 0, sizeof *out);
    hatpose_status status = hp_buffer_reserve(
        memory, &joiner->people, most * sizeof(hp_person), "people", err);
    if (status != HATPOSE_OK)
        return status;
    hp_person *people = joiner->people.data;
    int count = 0, kept = 0;
    for (int type = 0; type < HP_LIMB_COUNT; type++)
        count = join_type_compat(people, count, type, limbs, peaks->peaks);
    for (int i = 0; i < count; i++) {
        const hp_person *person = &people[i];
        if (person->count >= KEYPOINTS_LEAST &&
            !(person->score / person->count < person_threshold))
            people[kept++] = *person;
    }
    out->people = people;
    out->count = kept;
    return HATPOSE_OK;
}

/* ---- best -------------------------------------------------------------- */

/* Helper limbs are less sure. */
static const double helper_weight = 0.5;

/* What is asked of a limb that completes a person. */
static const hp_limb_demand completion_demand = {2, 5};

/* A joint that completes a person is no farther from the limb's other end
 * than this times the person's extent so far. */
static const float reach = 1.5F;

/* Joints found in the first round lead to others in the second. */
enum { COMPLETION_ROUNDS = 2 };

/* A person's score is less sure the fewer cells it spans; half at this. */
static const double half_extent_map_px = 24;

/* The threshold is on a mean over the keypoints, and is harder on people of
 * few: it is the plain mean at nine, two thirds of it at three. */
static const double threshold_keypoints = 3, threshold_scale = 0.75;

/* Sum and number of a person's limbs. */
typedef struct limb_sum {
    double score;
    int count;
} limb_sum;

/* A free peak that may become a person's joint. Each person has a few for
 * each joint that it lacks, the best first, score 0: none. */
enum { COMPLETIONS = 3 };

typedef struct completion {
    double score;
    double limb_score;
    int peak;
} completion;

/* What the steps of best work on. */
typedef struct assembly {
    const hp_pose_input *input;
    const hp_peak_set *peaks;
    const hp_limb_finder *finder;
    hp_person *people; /* count 0: merged into another */
    limb_sum *sums;
    int *owners;
    int person_count;
} assembly;

/* Diagonal of the box around a person's keypoints. */
static float extent_map_px(const hp_person *person, const hp_peak *peaks)
{
    float left = FLT_MAX, top = FLT_MAX, right = -FLT_MAX, bottom = -FLT_MAX;

    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
        if (person->peaks[j] < 0)
            continue;
        const hp_peak *peak = &peaks[person->peaks[j]];
        left = fminf(left, peak->x);
        right = fmaxf(right, peak->x);
        top = fminf(top, peak->y);
        bottom = fmaxf(bottom, peak->y);
    }
    return hypotf(right - left, bottom - top);
}

static void give(assembly *a, int person, int peak)
{
    a->people[person].peaks[a->peaks->peaks[peak].joint] = peak;
    a->people[person].count++;
    a->owners[peak] = person;
}

static bool have_common_joint(const hp_person *a, const hp_person *b)
{
    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
        if (a->peaks[j] >= 0 && b->peaks[j] >= 0)
            return true;
    }
    return false;
}

static void merge(assembly *a, int into, int from)
{
    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
        int peak = a->people[from].peaks[j];
        if (peak >= 0)
            give(a, into, peak);
    }
    a->sums[into].score += a->sums[from].score;
    a->sums[into].count += a->sums[from].count;
    a->people[from].count = 0;
}

/* Which person a limb belongs to after it has been joined, or -1. */
static int join_limb(assembly *a, const hp_limb *limb, bool is_helper)
{
    int from = a->owners[limb->from], to = a->owners[limb->to];

    if (from < 0 && to < 0) {
        if (is_helper)
            return -1;
        int person = a->person_count++;
        a->people[person] = nobody();
        a->sums[person] = (limb_sum){0, 0};
        give(a, person, limb->from);
        give(a, person, limb->to);
        return person;
    }
    if (from < 0 || to < 0) {
        int person = from < 0 ? to : from;
        int peak = from < 0 ? limb->from : limb->to;
        if (a->people[person].peaks[a->peaks->peaks[peak].joint] >= 0)
            return -1;
        give(a, person, peak);
        return person;
    }
    if (from != to) {
        if (have_common_joint(&a->people[from], &a->people[to]))
            return -1;
        merge(a, from, to);
    }
    return from;
}

/* All limbs of all types, the best first. */
static void join_limbs(assembly *a, const hp_limb_set *limbs, hp_rank *ranks)
{
    int helper_first = limbs->first[HELPER_FIRST];
    int count = limbs->first[HP_LIMB_COUNT];

    for (int i = 0; i < count; i++) {
        double score = limbs->limbs[i].score;
        ranks[i].score = i < helper_first ? score : helper_weight * score;
        ranks[i].index = i;
    }
    hp_rank_sort(ranks, count, ranks + count);
    for (int i = 0; i < count; i++) {
        int index = ranks[i].index;
        const hp_limb *limb = &limbs->limbs[index];
        int person = join_limb(a, limb, index >= helper_first);
        if (person >= 0) {
            a->sums[person].score += limb->score;
            a->sums[person].count++;
        }
    }
}

static void insert(completion *best, completion candidate)
{
    int at = COMPLETIONS;

    while (at > 0 && candidate.score > best[at - 1].score) {
        if (at < COMPLETIONS)
            best[at] = best[at - 1];
        at--;
    }
    if (at < COMPLETIONS)
        best[at] = candidate;
}

/* Looks for the joint at the other end of a limb of which the person has
 * one end. */
static void look_along(const assembly *a, int type, const hp_person *person,
                       float reach_map_px, completion *best)
{
    const hp_limb_joints *joints = &hp_limbs[type];
    const hp_peak *peaks = a->peaks->peaks;
    bool forward = person->peaks[joints->from] >= 0;
    int want = forward ? joints->to : joints->from;
    const hp_peak *have =
        &peaks[person->peaks[forward ? joints->from : joints->to]];

    for (int i = a->peaks->first[want]; i < a->peaks->first[want + 1]; i++) {
        float dx = peaks[i].x - have->x, dy = peaks[i].y - have->y;
        if (a->owners[i] >= 0 ||
            dx * dx + dy * dy > reach_map_px * reach_map_px)
            continue;
        double score = hp_limb_score_best(
            a->finder, a->input, type, forward ? have : &peaks[i],
            forward ? &peaks[i] : have, &completion_demand);
        if (score > 0)
            insert(
                best + want * COMPLETIONS,
                (completion){score * sqrt((double)peaks[i].score), score, i});
    }
}

static void find_completions(const assembly *a, const hp_person *person,
                             completion *best)
{
    float reach_map_px = reach * (extent_map_px(person, a->peaks->peaks) + 1);

    for (int type = 0; type < HP_LIMB_COUNT; type++) {
        bool from = person->peaks[hp_limbs[type].from] >= 0;
        bool to = person->peaks[hp_limbs[type].to] >= 0;
        if (from != to)
            look_along(a, type, person, reach_map_px, best);
    }
}

/* Gives people the joints that were found for them, the best first. */
static void take_completions(assembly *a, const completion *all, hp_rank *ranks)
{
    int count = 0, each = HATPOSE_KEYPOINT_COUNT * COMPLETIONS;

    for (int i = 0; i < a->person_count * each; i++) {
        if (all[i].score > 0)
            ranks[count++] = (hp_rank){all[i].score, i};
    }
    hp_rank_sort(ranks, count, ranks + count);
    for (int i = 0; i < count; i++) {
        const completion *c = &all[ranks[i].index];
        int person = ranks[i].index / each;
        uint32_t joint = a->peaks->peaks[c->peak].joint;
        if (a->owners[c->peak] >= 0 || a->people[person].peaks[joint] >= 0)
            continue;
        give(a, person, c->peak);
        a->sums[person].score += c->limb_score;
        a->sums[person].count++;
    }
}

/* Joints that people lack, from weaker peaks and looser limbs. A later round
 * looks only at people who got one in the round before: seen is how many
 * they had when it looked last. */
static void complete(assembly *a, completion *all, int *seen, hp_rank *ranks)
{
    size_t each = HATPOSE_KEYPOINT_COUNT * COMPLETIONS;

    memset(seen, 0, (size_t)a->person_count * sizeof *seen);
    for (int round = 0; round < COMPLETION_ROUNDS; round++) {
        memset(all, 0, (size_t)a->person_count * each * sizeof *all);
        for (int i = 0; i < a->person_count; i++) {
            const hp_person *person = &a->people[i];
            if (person->count > seen[i])
                find_completions(a, person, all + (size_t)i * each);
            seen[i] = person->count;
        }
        take_completions(a, all, ranks);
    }
}

/* Scores people, drops the unlikely, sorts the others. */
static void finish(const assembly *a, hp_rank *ranks, double person_threshold,
                   hp_person *sorted, hp_person_set *out)
{
    int count = 0;

    for (int i = 0; i < a->person_count; i++) {
        hp_person *person = &a->people[i];
        double sum = 0;
        if (person->count < KEYPOINTS_LEAST)
            continue;
        for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
            if (person->peaks[j] >= 0)
                sum += (double)a->peaks->peaks[person->peaks[j]].score;
        }
        double mean = (sum + a->sums[i].score) /
                      (threshold_scale * (person->count + threshold_keypoints));
        if (mean < person_threshold)
            continue;
        double extent = (double)extent_map_px(person, a->peaks->peaks);
        person->score = sum * (a->sums[i].score / a->sums[i].count) * extent /
                        (extent + half_extent_map_px);
        ranks[count++] = (hp_rank){person->score, i};
    }
    hp_rank_sort(ranks, count, ranks + count);
    if ((uint32_t)count > a->input->max_people)
        count = (int)a->input->max_people;
    for (int i = 0; i < count; i++)
        sorted[i] = a->people[ranks[i].index];
    out->people = sorted;
    out->count = count;
}

/* Room for as many people as there are limbs. */
static hatpose_status reserve_people(hp_memory *memory,
                                     hp_person_joiner *joiner,
                                     const hp_peak_set *peaks,
                                     const hp_limb_set *limbs,
                                     hatpose_error *err)
{
    size_t limb_count = (size_t)limbs->first[HP_LIMB_COUNT];
    size_t peak_count = (size_t)peaks->first[HATPOSE_KEYPOINT_COUNT];
    size_t most = limb_count + HP_LIMB_COUNT * HP_PEAK_ROOM;
    hatpose_status status = hp_buffer_reserve(
        memory, &joiner->people, most * sizeof(hp_person), "people", err);

    if (status == HATPOSE_OK)
        status = hp_buffer_reserve(memory, &joiner->sorted,
                                   most * sizeof(hp_person), "people", err);
    if (status == HATPOSE_OK)
        status = hp_buffer_reserve(memory, &joiner->sums,
                                   most * sizeof(limb_sum), "people", err);
    if (status == HATPOSE_OK)
        status = hp_buffer_reserve(memory, &joiner->ranks,
                                   2 * most * sizeof(hp_rank), "people", err);
    if (status == HATPOSE_OK)
        status = hp_buffer_reserve(
            memory, &joiner->owners,
            (peak_count + HATPOSE_KEYPOINT_COUNT * HP_PEAK_ROOM) * sizeof(int),
            "people", err);
    return status;
}

/* Room to complete the people that there are now. */
static hatpose_status reserve_completions(hp_memory *memory,
                                          hp_person_joiner *joiner,
                                          int person_count, hatpose_error *err)
{
    size_t most = (size_t)person_count + HP_PEAK_ROOM;
    size_t each = HATPOSE_KEYPOINT_COUNT * COMPLETIONS;
    hatpose_status status =
        hp_buffer_reserve(memory, &joiner->completions,
                          most * each * sizeof(completion), "people", err);

    if (status == HATPOSE_OK)
        status = hp_buffer_reserve(memory, &joiner->seen, most * sizeof(int),
                                   "people", err);
    if (status == HATPOSE_OK)
        status =
            hp_buffer_reserve(memory, &joiner->ranks,
                              2 * most * each * sizeof(hp_rank), "people", err);
    return status;
}

hatpose_status hp_person_join_best(hp_memory *memory, hp_person_joiner *joiner,
                                   const hp_pose_input *input,
                                   const hp_peak_set *peaks,
                                   const hp_limb_finder *finder,
                                   const hp_limb_set *limbs,
                                   double person_threshold, hp_person_set *out,
                                   hatpose_error *err)
{
    hatpose_status status = reserve_people(memory, joiner, peaks, limbs, err);

    memset(out, 0, sizeof *out);
    if (status != HATPOSE_OK)
        return status;
    assembly a = {.input = input,
                  .peaks = peaks,
                  .finder = finder,
                  .people = joiner->people.data,
                  .sums = joiner->sums.data,
                  .owners = joiner->owners.data};
    for (int i = 0; i < peaks->first[HATPOSE_KEYPOINT_COUNT]; i++)
        a.owners[i] = -1;
    join_limbs(&a, limbs, joiner->ranks.data);
    status = reserve_completions(memory, joiner, a.person_count, err);
    if (status != HATPOSE_OK)
        return status;
    complete(&a, joiner->completions.data, joiner->seen.data,
             joiner->ranks.data);
    finish(&a, joiner->ranks.data, person_threshold, joiner->sorted.data, out);
    return HATPOSE_OK;
}

void hp_person_joiner_release(hp_memory *memory, hp_person_joiner *joiner)
{
    hp_buffer *buffers[] = {
        &joiner->people,      &joiner->sums, &joiner->owners, &joiner->ranks,
        &joiner->completions, &joiner->seen, &joiner->sorted};

    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        hp_buffer_release(memory, buffers[i]);
}
