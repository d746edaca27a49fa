/* limb.c - every pair of peaks that a limb may join is scored on the PAFs of
 * its type; greedy by score, each peak once a type.
 *
 * best samples the maps as they are, between the cells. compat samples them
 * enlarged, at whole up_px, with the original's order of float sums; it does
 * so point by point, which is less work than to enlarge 38 maps. The samples
 * themselves are the kernels'. */
#include "pose/limb.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "pose/field.h"
#include "pose/rank.h"

/* compat asks for more than 8 of 10 that respond. */
enum { FAILED_MOST_COMPAT = 1 };

/* best asks for 7 of 10, and for 3 of the four in the middle. */
static const hp_limb_demand limb_demand = {1, 3};

/* Keeps the length of no limb from being a divisor. */
static const float shortest_map_px = 1e-6F;

/* best: the network was taught limbs without the half cell by which heatmap
 * cells are shifted: in the PAFs they lie that much right and below. This is
 * what was measured to fit best. */
static const float field_shift_map_px = 0.375F;

/* Two lists of peaks that a type of limb joins, and which of the first ones
 * are strong enough for a limb to begin there. */
typedef struct ends {
    const hp_peak *from, *to;
    int from_count, to_count;
    const int *strong;
    int strong_count;
} ends;

/* How a decoder scores the pairs of peak `to` with all others; returns how
 * many have a score, with the numbers of their first peaks, falling or
 * rising. Pairs are numbered with the first joint running fastest; among
 * equal scores compat takes the higher number, as the original's sort comes
 * out. */
typedef struct rule {
    int (*score_row)(const hp_limb_finder *finder, const hp_pose_input *input,
                     int type, const ends *e, int to, hp_rank *out);
    bool is_last_first;
    size_t pair_limit; /* of all types together */
} rule;

static double score_compat(const hp_limb_finder *finder,
                           const hp_pose_input *input, int type,
                           const hp_peak *from, const hp_peak *to)
{
    float dx = to->x - from->x, dy = to->y - from->y;
    float length = sqrtf(dx * dx + dy * dy) + shortest_map_px;
    hp_segment segment;

    segment.x = from->x;
    segment.y = from->y;
    segment.way_x = dx;
    segment.way_y = dy;
    segment.along_x = dx / length;
    segment.along_y = dy / length;
    segment.threshold = input->limb_threshold;
    float e[HP_SAMPLES];
    int failed = finder->kernels->rows->sample_cubic(
        &finder->fields[type], &segment, FAILED_MOST_COMPAT, e);

    if (failed > FAILED_MOST_COMPAT)
        return 0;
    float sum =
        ((e[0] + e[1]) + (e[2] + e[3])) + ((e[4] + e[5]) + (e[6] + e[7]));
    sum = sum + e[8] + e[9];
    return (double)sum / ((double)(HP_SAMPLES - failed) + 1e-6);
}

/* Responses are to a vector as long as the limb. Written field by field: a
 * structure that is made elsewhere and copied costs a wait in each pair. */
static void set_segment(const hp_pose_input *input, const hp_peak *from,
                        const hp_peak *to, hp_segment *out)
{
    float dx = to->x - from->x, dy = to->y - from->y;
    float length = sqrtf(dx * dx + dy * dy) + shortest_map_px;

    out->x = from->x + field_shift_map_px + 1;
    out->y = from->y + field_shift_map_px + 1;
    out->way_x = dx;
    out->way_y = dy;
    out->length = length;
    out->threshold = input->limb_threshold * length;
}

static float score_segment(const hp_limb_finder *finder, int type,
                           const hp_segment *segment,
                           const hp_limb_demand *demand)
{
    float sum = finder->kernels->rows->sum_linear(
        &finder->fields[type], segment, demand->failed_middle_most,
        demand->failed_most);

    if (!(sum > 0))
        return 0;
    float score = sum / ((float)HP_SAMPLES * segment->length);
    return score <= FLT_MAX ? score : 0;
}

float hp_limb_score_best(const hp_limb_finder *finder,
                         const hp_pose_input *input, int type,
                         const hp_peak *from, const hp_peak *to,
                         const hp_limb_demand *demand)
{
    hp_segment segment;

    set_segment(input, from, to, &segment);
    return score_segment(finder, type, &segment, demand);
}

static int score_row_compat(const hp_limb_finder *finder,
                            const hp_pose_input *input, int type, const ends *e,
                            int to, hp_rank *out)
{
    int count = 0;

    for (int i = e->strong_count - 1; i >= 0; i--) {
        int from = e->strong[i];
        double score =
            score_compat(finder, input, type, &e->from[from], &e->to[to]);
        if (score > 0)
            out[count++] = (hp_rank){score, from};
    }
    return count;
}

/* First all pairs are looked at in their middle, which leaves few. */
static int score_row_best(const hp_limb_finder *finder,
                          const hp_pose_input *input, int type, const ends *e,
                          int to, hp_rank *out)
{
    hp_segment segments[HP_PEAK_LIMIT_BEST];
    int32_t kept[HP_PEAK_LIMIT_BEST];
    int count = 0;

    assert(e->strong_count <= HP_PEAK_LIMIT_BEST);
    for (int i = 0; i < e->strong_count; i++)
        set_segment(input, &e->from[e->strong[i]], &e->to[to], &segments[i]);
    int kept_count = finder->kernels->rows->filter_linear(
        &finder->fields[type], segments, e->strong_count,
        limb_demand.failed_middle_most, kept);
    for (int i = 0; i < kept_count; i++) {
        int from = e->strong[kept[i]];
        float score =
            score_segment(finder, type, &segments[kept[i]], &limb_demand);
        if (score > 0)
            out[count++] = (hp_rank){(double)score, from};
    }
    return count;
}

static int list_strong(const hp_peak *peaks, int count, float threshold,
                       int *out)
{
    int strong_count = 0;

    for (int i = 0; i < count; i++) {
        out[strong_count] = i;
        strong_count += peaks[i].score >= threshold;
    }
    return strong_count;
}

static ends ends_of(const hp_peak_set *set, int type)
{
    const hp_limb_joints *joints = &hp_limbs[type];
    const int *first = set->first;

    return (ends){
        .from = set->peaks + first[joints->from],
        .to = set->peaks + first[joints->to],
        .from_count = first[joints->from + 1] - first[joints->from],
        .to_count = first[joints->to + 1] - first[joints->to],
    };
}

/* Room for the pairs of the largest type, and for all limbs. */
static hatpose_status reserve(hp_memory *memory, hp_limb_finder *finder,
                              const hp_peak_set *set, size_t pair_limit,
                              hatpose_error *err)
{
    size_t pair_count = (size_t)HP_PEAK_ROOM * HP_PEAK_ROOM;
    size_t limb_count = HP_LIMB_COUNT * HP_PEAK_ROOM;
    size_t all_pairs = 0;

    for (int type = 0; type < HP_LIMB_COUNT; type++) {
        ends e = ends_of(set, type);
        size_t count = (size_t)e.from_count * (size_t)e.to_count;
        pair_count = count > pair_count ? count : pair_count;
        all_pairs += count;
        limb_count +=
            (size_t)(e.from_count < e.to_count ? e.from_count : e.to_count);
    }
    if (all_pairs > pair_limit)
        return hp_fail(err, HATPOSE_E_LIMIT,
                       "limbs: %zu pairs of peaks, more than %zu", all_pairs,
                       pair_limit);
    size_t peak_count = (size_t)set->first[HATPOSE_KEYPOINT_COUNT] +
                        HATPOSE_KEYPOINT_COUNT * HP_PEAK_ROOM;
    const struct {
        hp_buffer *buffer;
        size_t bytes;
    } needs[] = {{&finder->pairs, 2 * pair_count * sizeof(hp_rank)},
                 {&finder->limbs, limb_count * sizeof(hp_limb)},
                 {&finder->strong, peak_count * sizeof(int)},
                 {&finder->taken, peak_count}};
    hatpose_status status = HATPOSE_OK;

    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if (status == HATPOSE_OK)
            status = hp_buffer_reserve(memory, needs[i].buffer, needs[i].bytes,
                                       "limbs", err);
    }
    return status;
}

/* All pairs of a type, by rising index; see choose. */
static int score_pairs(const hp_limb_finder *finder, const hp_pose_input *input,
                       int type, const ends *e, const rule *how)
{
    hp_rank *pairs = finder->pairs.data;
    int last = e->from_count * e->to_count - 1, count = 0;

    for (int i = 0; i < e->to_count; i++) {
        int to = how->is_last_first ? e->to_count - 1 - i : i;
        if (!(e->to[to].score >= input->keypoint_threshold))
            continue;
        int row = how->score_row(finder, input, type, e, to, pairs + count);
        for (int k = count; k < count + row; k++) {
            int number = to * e->from_count + pairs[k].index;
            pairs[k].index = how->is_last_first ? last - number : number;
        }
        count += row;
    }
    return count;
}

/* Greedy, best first; returns how many limbs were added. */
static int choose(hp_limb_finder *finder, const ends *e, const rule *how,
                  const int first[2], int pair_count, hp_limb *limbs)
{
    hp_rank *pairs = finder->pairs.data;
    uint8_t *taken = finder->taken.data;
    int most = e->from_count < e->to_count ? e->from_count : e->to_count;
    int count = 0;

    hp_rank_sort(pairs, pair_count, pairs + pair_count);
    memset(taken + first[0], 0, (size_t)e->from_count);
    memset(taken + first[1], 0, (size_t)e->to_count);
    for (int i = 0; i < pair_count && count < most; i++) {
        int number = pairs[i].index;
        if (how->is_last_first)
            number = e->from_count * e->to_count - 1 - number;
        int from = first[0] + number % e->from_count;
        int to = first[1] + number / e->from_count;
        if (taken[from] || taken[to])
            continue;
        taken[from] = taken[to] = 1;
        limbs[count++] = (hp_limb){pairs[i].score, from, to};
    }
    return count;
}

static hatpose_status find(hp_memory *memory, hp_limb_finder *finder,
                           const hp_pose_input *input, const hp_peak_set *set,
                           const rule *how, hp_limb_set *out,
                           hatpose_error *err)
{
    memset(out, 0, sizeof *out);
    hatpose_status status = reserve(memory, finder, set, how->pair_limit, err);
    if (status == HATPOSE_OK)
        status =
            hp_fields_make(memory, &finder->field, input, finder->fields, err);
    if (status != HATPOSE_OK)
        return status;
    out->limbs = finder->limbs.data;
    for (int type = 0; type < HP_LIMB_COUNT; type++) {
        ends e = ends_of(set, type);
        out->first[type + 1] = out->first[type];
        /* Then there may be no memory at all to point into. */
        if (e.from_count < 1 || e.to_count < 1)
            continue;
        e.strong = finder->strong.data;
        e.strong_count =
            list_strong(e.from, e.from_count, input->keypoint_threshold,
                        finder->strong.data);
        int pair_count = score_pairs(finder, input, type, &e, how);
        hp_limb *limbs = (hp_limb *)finder->limbs.data + out->first[type];
        const int first[2] = {set->first[hp_limbs[type].from],
                              set->first[hp_limbs[type].to]};
        int count = choose(finder, &e, how, first, pair_count, limbs);
        out->first[type + 1] += count;
    }
    return HATPOSE_OK;
}

hatpose_status hp_limb_find_best(hp_memory *memory, hp_limb_finder *finder,
                                 const hp_pose_input *input,
                                 const hp_peak_set *peaks, hp_limb_set *out,
                                 hatpose_error *err)
{
    static const rule best = {score_row_best, false, SIZE_MAX};

    return find(memory, finder, input, peaks, &best, out, err);
}

hatpose_status hp_limb_find_compat(hp_memory *memory, hp_limb_finder *finder,
                                   const hp_pose_input *input,
                                   const hp_peak_set *peaks, hp_limb_set *out,
                                   hatpose_error *err)
{
    static const rule compat = {score_row_compat, true, HP_PAIR_LIMIT_COMPAT};

    return find(memory, finder, input, peaks, &compat, out, err);
}

void hp_limb_finder_release(hp_memory *memory, hp_limb_finder *finder)
{
    hp_buffer *buffers[] = {&finder->field, &finder->pairs, &finder->strong,
                            &finder->taken, &finder->limbs};

    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        hp_buffer_release(memory, buffers[i]);
}
