/* limb.c - every pair of peaks that a limb may join is scored on the PAFs of
 * its type; greedy by score, each peak once a type.
 *
 * best samples the maps as they are, between the cells. compat samples them
 * enlarged, at whole up_px, with the original's order of float sums; it does
 * so point by point, which is less work than to enlarge 38 maps. */
#include "pose/limb.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pose/heatmap.h"
#include "pose/rank.h"

enum { SAMPLES = 10 };

/* The first four in the order of looking, at 2, 4, 5 and 7 ninths. */
enum { MIDDLE_SAMPLES = 4 };

/* compat asks for more than 8 of 10 that respond. */
enum { FAILED_MOST_COMPAT = 1 };

/* Keeps the length of no limb from being a divisor. */
static const float shortest_map_px = 1e-6F;

/* best: the network was taught limbs without the half cell by which heatmap
 * cells are shifted: in the PAFs they lie that much right and below. This is
 * what was measured to fit best. */
static const float field_shift_map_px = 0.375F;

/* How a decoder scores a pair (0: no limb joins it) and orders equals. */
typedef struct rule {
    double (*score)(const hp_limb_finder *finder, const hp_pose_input *input,
                    int type, const hp_peak *from, const hp_peak *to);
    int sign;
} rule;

typedef struct vector {
    float x, y;
} vector;

static vector direction(const hp_peak *from, const hp_peak *to)
{
    float dx = to->x - from->x, dy = to->y - from->y;
    float length = sqrtf(dx * dx + dy * dy) + shortest_map_px;

    return (vector){dx / length, dy / length};
}

/* Nearest whole number, ties to even: the sum leaves no bits for a fraction.
 * For 0 .. 2^22; rintf is a call where the machine has no instruction. */
static int nearest(float value)
{
    const float shift = 12582912.0F; /* 1.5 * 2^23 */

    return (int)((value + shift) - shift);
}

/* Sample k is at 0, 1/9 .. 1 of the way, rounded to up_px. */
static float response_compat(const hp_pose_input *input,
                             const float *const paf[2], const hp_peak *from,
                             const hp_peak *to, int k, vector along)
{
    const float ninth = 1.0F / (SAMPLES - 1);
    float step_x = ninth * (to->x - from->x);
    float step_y = ninth * (to->y - from->y);
    int x = nearest(step_x * (float)k + from->x);
    int y = nearest(step_y * (float)k + from->y);
    float at[2];

    hp_heatmap_enlarge_at(paf, input->width_map_px, input->height_map_px, x, y,
                          at);
    return at[0] * along.x + at[1] * along.y;
}

static double score_compat(const hp_limb_finder *finder,
                           const hp_pose_input *input, int type,
                           const hp_peak *from, const hp_peak *to)
{
    /* The middle first: a pair that no limb joins mostly fails there. */
    static const int order[SAMPLES] = {4, 5, 2, 7, 3, 6, 1, 8, 0, 9};
    size_t cells = (size_t)input->width_map_px * (size_t)input->height_map_px;
    const float *x_plane = input->pafs + (size_t)input->limb_paf[type] * cells;
    const float *const paf[2] = {x_plane, x_plane + cells};
    vector along = direction(from, to);
    float e[SAMPLES];
    int failed = 0;

    (void)finder;
    for (int i = 0; i < SAMPLES; i++) {
        int k = order[i];
        e[k] = response_compat(input, paf, from, to, k, along);
        if (!(e[k] > input->limb_threshold)) {
            e[k] *= 0;
            if (++failed > FAILED_MOST_COMPAT)
                return 0;
        }
    }
    float sum =
        ((e[0] + e[1]) + (e[2] + e[3])) + ((e[4] + e[5]) + (e[6] + e[7]));
    sum = sum + e[8] + e[9];
    return (double)sum / ((double)(SAMPLES - failed) + 1e-6);
}

/* The field holds each type's PAF as rows of x, y pairs, with a border of one
 * cell that repeats the edge: around any place that a limb can pass there are
 * four cells. */
static size_t field_row(const hp_pose_input *input)
{
    return ((size_t)input->width_map_px + 2) * 2;
}

static size_t field_plane(const hp_pose_input *input)
{
    return field_row(input) * ((size_t)input->height_map_px + 2);
}

static void interleave_row(const float *restrict x, const float *restrict y,
                           int width, float *restrict out)
{
    out[0] = x[0];
    out[1] = y[0];
    for (int i = 0; i < width; i++) {
        out[2 * i + 2] = x[i];
        out[2 * i + 3] = y[i];
    }
    out[2 * width + 2] = x[width - 1];
    out[2 * width + 3] = y[width - 1];
}

static hatpose_status make_field(hp_memory *memory, hp_limb_finder *finder,
                                 const hp_pose_input *input, hatpose_error *err)
{
    int width = input->width_map_px, height = input->height_map_px;
    size_t row = field_row(input), plane = field_plane(input);
    size_t cells = (size_t)width * (size_t)height;
    hatpose_status status =
        hp_buffer_reserve(memory, &finder->field,
                          HP_LIMB_COUNT * plane * sizeof(float), "limbs", err);

    if (status != HATPOSE_OK)
        return status;
    for (int type = 0; type < HP_LIMB_COUNT; type++) {
        float *out = (float *)finder->field.data + (size_t)type * plane;
        const float *x = input->pafs + (size_t)input->limb_paf[type] * cells;
        for (int i = 0; i < height; i++)
            interleave_row(x + i * width, x + cells + i * width, width,
                           out + (size_t)(i + 1) * row);
        memcpy(out, out + row, row * sizeof *out);
        memcpy(out + plane - row, out + plane - 2 * row, row * sizeof *out);
    }
    return HATPOSE_OK;
}

/* The field at a place, between four cells, times a vector. */
static float response_best(const float *field, int row, float x, float y,
                           vector by)
{
    int left = (int)x, top = (int)y;
    float rx = x - (float)left, ry = y - (float)top;
    const float *p = field + (top * row + left * 2), *q = p + row;
    float p0 = p[0] * by.x + p[1] * by.y, p1 = p[2] * by.x + p[3] * by.y;
    float q0 = q[0] * by.x + q[1] * by.y, q1 = q[2] * by.x + q[3] * by.y;
    float upper = p0 + (p1 - p0) * rx, lower = q0 + (q1 - q0) * rx;

    return upper + (lower - upper) * ry;
}

float hp_limb_score_best(const hp_limb_finder *finder,
                         const hp_pose_input *input, int type,
                         const hp_peak *from, const hp_peak *to,
                         const hp_limb_demand *demand)
{
    /* The middle first: a pair that no limb joins mostly fails there. */
    static const float ways[SAMPLES] = {4.0F / 9, 5.0F / 9, 2.0F / 9, 7.0F / 9,
                                        3.0F / 9, 6.0F / 9, 1.0F / 9, 8.0F / 9,
                                        0,        1};
    const float *field =
        (const float *)finder->field.data + (size_t)type * field_plane(input);
    int row = (int)field_row(input);
    float x = from->x + field_shift_map_px + 1; /* 1: the border */
    float y = from->y + field_shift_map_px + 1;
    vector way = {to->x - from->x, to->y - from->y};
    float length = sqrtf(way.x * way.x + way.y * way.y) + shortest_map_px;
    float least = input->limb_threshold * length;
    float sum = 0;
    int failed = 0;

    for (int i = 0; i < SAMPLES; i++) {
        float e = response_best(field, row, x + way.x * ways[i],
                                y + way.y * ways[i], way);
        sum += e;
        failed += !(e > least);
        if (failed > (i < MIDDLE_SAMPLES ? demand->failed_middle_most
                                         : demand->failed_most))
            return 0;
    }
    /* The responses were to a vector as long as the limb. */
    float score = sum / ((float)SAMPLES * length);
    return score > 0 && score <= FLT_MAX ? score : 0;
}

static double score_best(const hp_limb_finder *finder,
                         const hp_pose_input *input, int type,
                         const hp_peak *from, const hp_peak *to)
{
    static const hp_limb_demand demand = {1, 3};

    return hp_limb_score_best(finder, input, type, from, to, &demand);
}

/* Two lists of peaks that a type of limb joins. */
typedef struct ends {
    const hp_peak *from, *to;
    int from_count, to_count;
} ends;

static ends ends_of(const hp_peak_set *set, int type)
{
    const hp_limb_joints *joints = &hp_limbs[type];
    const int *first = set->first;

    return (ends){
        set->peaks + first[joints->from],
        set->peaks + first[joints->to],
        first[joints->from + 1] - first[joints->from],
        first[joints->to + 1] - first[joints->to],
    };
}

/* Room for the pairs of the largest type, and for all limbs. */
static hatpose_status reserve(hp_memory *memory, hp_limb_finder *finder,
                              const hp_peak_set *set, hatpose_error *err)
{
    size_t pair_count = HP_PEAK_ROOM * HP_PEAK_ROOM;
    size_t limb_count = HP_LIMB_COUNT * HP_PEAK_ROOM;

    for (int type = 0; type < HP_LIMB_COUNT; type++) {
        ends e = ends_of(set, type);
        size_t count = (size_t)e.from_count * (size_t)e.to_count;
        pair_count = count > pair_count ? count : pair_count;
        limb_count +=
            (size_t)(e.from_count < e.to_count ? e.from_count : e.to_count);
    }
    size_t peak_count = (size_t)set->first[HATPOSE_KEYPOINT_COUNT] +
                        HATPOSE_KEYPOINT_COUNT * HP_PEAK_ROOM;
    const struct {
        hp_buffer *buffer;
        size_t bytes;
    } needs[] = {{&finder->pairs, pair_count * sizeof(hp_rank)},
                 {&finder->limbs, limb_count * sizeof(hp_limb)},
                 {&finder->taken, peak_count}};
    hatpose_status status = HATPOSE_OK;

    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if (status == HATPOSE_OK)
            status = hp_buffer_reserve(memory, needs[i].buffer, needs[i].bytes,
                                       "limbs", err);
    }
    return status;
}

/* Pairs are numbered with the first joint running fastest. Among equal
 * scores best takes the lower number and compat the higher one (sign -1), as
 * the original's sort comes out. */
static int score_pairs(const hp_limb_finder *finder, const hp_pose_input *input,
                       int type, const ends *e, const rule *how)
{
    hp_rank *pairs = finder->pairs.data;
    int count = 0;

    for (int j = 0; j < e->to_count; j++) {
        if (!(e->to[j].score >= input->keypoint_threshold))
            continue;
        for (int i = 0; i < e->from_count; i++) {
            if (!(e->from[i].score >= input->keypoint_threshold))
                continue;
            double score =
                how->score(finder, input, type, &e->from[i], &e->to[j]);
            if (score > 0)
                pairs[count++] =
                    (hp_rank){score, how->sign * (j * e->from_count + i)};
        }
    }
    return count;
}

/* Greedy, best first; returns how many limbs were added. */
static int choose(hp_limb_finder *finder, const ends *e, int from_first,
                  int to_first, int pair_count, hp_limb *limbs)
{
    hp_rank *pairs = finder->pairs.data;
    uint8_t *taken = finder->taken.data;
    int most = e->from_count < e->to_count ? e->from_count : e->to_count;
    int count = 0;

    hp_rank_sort(pairs, pair_count);
    memset(taken + from_first, 0, (size_t)e->from_count);
    memset(taken + to_first, 0, (size_t)e->to_count);
    for (int i = 0; i < pair_count && count < most; i++) {
        int number = abs(pairs[i].index);
        int from = from_first + number % e->from_count;
        int to = to_first + number / e->from_count;
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
    hatpose_status status = reserve(memory, finder, set, err);

    if (status != HATPOSE_OK)
        return status;
    out->limbs = finder->limbs.data;
    for (int type = 0; type < HP_LIMB_COUNT; type++) {
        ends e = ends_of(set, type);
        out->first[type + 1] = out->first[type];
        /* Then there may be no memory at all to point into. */
        if (e.from_count < 1 || e.to_count < 1)
            continue;
        int pair_count = score_pairs(finder, input, type, &e, how);
        hp_limb *limbs = (hp_limb *)finder->limbs.data + out->first[type];
        int count = choose(finder, &e, set->first[hp_limbs[type].from],
                           set->first[hp_limbs[type].to], pair_count, limbs);
        out->first[type + 1] += count;
    }
    return HATPOSE_OK;
}

hatpose_status hp_limb_find_best(hp_memory *memory, hp_limb_finder *finder,
                                 const hp_pose_input *input,
                                 const hp_peak_set *peaks, hp_limb_set *out,
                                 hatpose_error *err)
{
    static const rule best = {score_best, 1};

    memset(out, 0, sizeof *out);
    hatpose_status status = make_field(memory, finder, input, err);
    if (status != HATPOSE_OK)
        return status;
    return find(memory, finder, input, peaks, &best, out, err);
}

hatpose_status hp_limb_find_compat(hp_memory *memory, hp_limb_finder *finder,
                                   const hp_pose_input *input,
                                   const hp_peak_set *peaks, hp_limb_set *out,
                                   hatpose_error *err)
{
    static const rule compat = {score_compat, -1};

    memset(out, 0, sizeof *out);
    return find(memory, finder, input, peaks, &compat, out, err);
}

void hp_limb_finder_release(hp_memory *memory, hp_limb_finder *finder)
{
    hp_buffer *buffers[] = {&finder->field, &finder->pairs, &finder->taken,
                            &finder->limbs};

    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        hp_buffer_release(memory, buffers[i]);
}
