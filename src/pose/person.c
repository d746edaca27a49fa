/* person.c - limbs joined to people. */
#include "pose/person.h"

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
    size_t most = (size_t)limbs->first[HP_LIMB_COUNT];

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

/* Samples that must respond where a limb completes a person. */
enum { VALID_COMPLETION = 5 };

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
    hp_rank_sort(ranks, count);
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
                       completion *best)
{
    const hp_limb_joints *joints = &hp_limbs[type];
    const hp_peak *peaks = a->peaks->peaks;
    bool forward = person->peaks[joints->from] >= 0;
    int have = person->peaks[forward ? joints->from : joints->to];
    int want = forward ? joints->to : joints->from;

    for (int i = a->peaks->first[want]; i < a->peaks->first[want + 1]; i++) {
        if (a->owners[i] >= 0)
            continue;
        double score = hp_limb_score_best(
            a->finder, a->input, type, &peaks[forward ? have : i],
            &peaks[forward ? i : have], VALID_COMPLETION);
        if (score > 0)
            insert(
                best + want * COMPLETIONS,
                (completion){score * sqrt((double)peaks[i].score), score, i});
    }
}

static void find_completions(const assembly *a, int person, completion *best)
{
    const hp_person *p = &a->people[person];

    for (int i = 0; i < HATPOSE_KEYPOINT_COUNT * COMPLETIONS; i++)
        best[i] = (completion){0, 0, -1};
    if (p->count == 0)
        return;
    for (int type = 0; type < HP_LIMB_COUNT; type++) {
        bool from = p->peaks[hp_limbs[type].from] >= 0;
        bool to = p->peaks[hp_limbs[type].to] >= 0;
        if (from != to)
            look_along(a, type, p, best);
    }
}

/* Joints that people lack, from weaker peaks and looser limbs. */
static hatpose_status complete(hp_memory *memory, hp_person_joiner *joiner,
                               assembly *a, hatpose_error *err)
{
    size_t each = HATPOSE_KEYPOINT_COUNT * COMPLETIONS;
    size_t most = (size_t)a->person_count * each;
    hatpose_status status = hp_buffer_reserve(
        memory, &joiner->completions, most * sizeof(completion), "people", err);

    if (status == HATPOSE_OK)
        status = hp_buffer_reserve(memory, &joiner->ranks,
                                   most * sizeof(hp_rank), "people", err);
    if (status != HATPOSE_OK)
        return status;
    completion *all = joiner->completions.data;
    hp_rank *ranks = joiner->ranks.data;
    int count = 0;
    for (int i = 0; i < a->person_count; i++)
        find_completions(a, i, all + (size_t)i * each);
    for (int i = 0; i < (int)most; i++) {
        if (all[i].score > 0)
            ranks[count++] = (hp_rank){all[i].score, i};
    }
    hp_rank_sort(ranks, count);
    for (int i = 0; i < count; i++) {
        const completion *c = &all[ranks[i].index];
        int person = ranks[i].index / (int)each;
        uint32_t joint = a->peaks->peaks[c->peak].joint;
        if (a->owners[c->peak] >= 0 || a->people[person].peaks[joint] >= 0)
            continue;
        give(a, person, c->peak);
        a->sums[person].score += c->limb_score;
        a->sums[person].count++;
    }
    return HATPOSE_OK;
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
        if ((sum + a->sums[i].score) / person->count < person_threshold)
            continue;
        person->score = sum * (a->sums[i].score / a->sums[i].count);
        ranks[count++] = (hp_rank){person->score, i};
    }
    hp_rank_sort(ranks, count);
    if ((uint32_t)count > a->input->max_people)
        count = (int)a->input->max_people;
    for (int i = 0; i < count; i++)
        sorted[i] = a->people[ranks[i].index];
    out->people = sorted;
    out->count = count;
}

hatpose_status hp_person_join_best(hp_memory *memory, hp_person_joiner *joiner,
                                   const hp_pose_input *input,
                                   const hp_peak_set *peaks,
                                   const hp_limb_finder *finder,
                                   const hp_limb_set *limbs,
                                   double person_threshold, hp_person_set *out,
                                   hatpose_error *err)
{
    size_t most = (size_t)limbs->first[HP_LIMB_COUNT] + 1;
    size_t peak_count = (size_t)peaks->first[HATPOSE_KEYPOINT_COUNT] + 1;
    const struct {
        hp_buffer *buffer;
        size_t bytes;
    } needs[] = {
        {&joiner->people, most * sizeof(hp_person)},
        {&joiner->sums, most * sizeof(limb_sum)},
        {&joiner->owners, peak_count * sizeof(int)},
        {&joiner->ranks, most * sizeof(hp_rank)},
        {&joiner->sorted, most * sizeof(hp_person)},
    };
    hatpose_status status = HATPOSE_OK;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if (status == HATPOSE_OK)
            status = hp_buffer_reserve(memory, needs[i].buffer, needs[i].bytes,
                                       "people", err);
    }
    if (status != HATPOSE_OK)
        return status;
    assembly a = {input,
                  peaks,
                  finder,
                  joiner->people.data,
                  joiner->sums.data,
                  joiner->owners.data,
                  0};
    for (size_t i = 0; i < peak_count; i++)
        a.owners[i] = -1;
    join_limbs(&a, limbs, joiner->ranks.data);
    status = complete(memory, joiner, &a, err);
    if (status == HATPOSE_OK)
        finish(&a, joiner->ranks.data, person_threshold, joiner->sorted.data,
               out);
    return status;
}

void hp_person_joiner_release(hp_memory *memory, hp_person_joiner *joiner)
{
    hp_buffer *buffers[] = {&joiner->people,      &joiner->sums,
                            &joiner->owners,      &joiner->ranks,
                            &joiner->completions, &joiner->sorted};

    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        hp_buffer_release(memory, buffers[i]);
}
