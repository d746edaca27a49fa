/* head_map.c - heads as the hat maps show them. In: two maps, one high where
 * a head with a hat is, one where a bare head is; people. Out: heads with a
 * state, and whose they are. A head is a peak of the sum of the two maps;
 * which of them makes the peak is its state. See docs/compat.md. */
#include "hat/head_map.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/sort.h"
#include "hat/assignment.h"
#include "hat/place.h"

/* Peaks of the sum below the first are none; below the second they count
 * only where a pose says that a head is there. */
static const float least_peak = 0.08f, least_alone = 0.63f;
/* The sharper a peak, the smaller the head: the training labels are bumps
 * whose sigma is this part of the side of the head's box, and at least
 * least_sigma cells. */
static const double sigma_of_side = 0.3, least_sigma = 0.7, most_sigma = 12;
/* Two peaks nearer than this part of the larger one's side are one head; a
 * weaker one without a person is none within the second, as a face near the
 * camera makes several. */
static const double same_head = 0.5, same_alone = 1.5;
/* Nor is it one so many head widths from where the pose expects the hat of
 * somebody whose state is known. */
static const double same_as_posed = 0.8;
/* A head is a person's within this many head widths of where the pose
 * expects the middle of hat or hair. */
static const double reach = 1.1;
/* What a difference of sizes by a factor e adds to that distance. */
static const double size_weight = 0.25;
/* Less sure of its state than this, a head is unknown. */
static const double least_sure = 0.55;

enum { MOST_HEADS = 1024 };

/* ---- Peaks ------------------------------------------------------------ */

/* The sum, with a border of one cell of 0: rows of width + 2. What is not a
 * number is no head. */
static void add_maps(const hp_head_map *map, float *sum)
{
    size_t pitch = (size_t)map->width + 2;

    memset(sum, 0, pitch * ((size_t)map->height + 2) * sizeof *sum);
    for (int y = 0; y < map->height; y++) {
        size_t in = (size_t)y * (size_t)map->width;
        float *row = sum + ((size_t)y + 1) * pitch + 1;
        for (int x = 0; x < map->width; x++) {
            float value = fmaxf(map->worn[in + (size_t)x], 0) +
                          fmaxf(map->bare[in + (size_t)x], 0);
            row[x] = value <= 2 ? value : 2; /* also an infinity */
        }
    }
}

/* Of equal neighbours the first in reading order is the peak. */
static bool is_peak(const float *at, size_t pitch)
{
    const float v = *at, *above = at - pitch, *below = at + pitch;

    return v >= least_peak && v > at[-1] && v >= at[1] && v > above[-1] &&
           v > above[0] && v > above[1] && v >= below[-1] && v >= below[0] &&
           v >= below[1];
}

/* A bell through three samples: where its top is, and its sigma, in cells. */
static double fit_bell(float before, float at, float after, double *sigma)
{
    const double floor = 0.02 * (double)at;
    double a = log(fmax((double)before, floor)), b = log((double)at),
           c = log(fmax((double)after, floor));
    double bend = a - 2 * b + c;

    *sigma = most_sigma;
    if (!(bend < -1 / (most_sigma * most_sigma)))
        return 0;
    *sigma = fmax(sqrt(-1 / bend), least_sigma);
    return fmin(fmax(0.5 * (a - c) / bend, -0.5), 0.5);
}

/* Share of the map of worn hats around a peak. */
static double worn_share(const hp_head_map *map, int x, int y)
{
    double worn = 0, bare = 0;

    for (int j = y > 0 ? y - 1 : 0; j <= y + 1 && j < map->height; j++)
        for (int i = x > 0 ? x - 1 : 0; i <= x + 1 && i < map->width; i++) {
            size_t cell = (size_t)j * (size_t)map->width + (size_t)i;
            worn += (double)fmaxf(map->worn[cell], 0);
            bare += (double)fmaxf(map->bare[cell], 0);
        }
    double share = worn / (worn + bare);
    return share >= 0 ? share : 0.5; /* of infinities */
}

static void set_state(hatpose_head *head, double share_of_worn)
{
    double sure = fmax(share_of_worn, 1 - share_of_worn);

    head->hat_score = (float)sure;
    if (sure < least_sure) {
        head->hat_state = HATPOSE_HAT_UNKNOWN;
        head->hat_reason = HATPOSE_REASON_NO_EVIDENCE;
    } else if (share_of_worn > 0.5) {
        head->hat_state = HATPOSE_HAT_WORN;
        head->hat_reason = HATPOSE_REASON_HAT_ON_HEAD;
    } else {
        head->hat_state = HATPOSE_HAT_NOT_WORN;
        head->hat_reason = HATPOSE_REASON_HEAD_BARE;
    }
}

static hatpose_head read_peak(const hp_head_map *map, const float *at,
                              size_t pitch, int x, int y)
{
    double sigma_x, sigma_y;
    double dx = fit_bell(at[-1], at[0], at[1], &sigma_x);
    double dy = fit_bell(at[-(ptrdiff_t)pitch], at[0], at[pitch], &sigma_y);
    double side_px = sqrt(sigma_x * map->step_x_px * sigma_y * map->step_y_px) /
                     sigma_of_side;
    /* What the bell is at its top, between the cells. */
    double top = (double)at[0] * exp(0.5 * (dx * dx / (sigma_x * sigma_x) +
                                            dy * dy / (sigma_y * sigma_y)));
    double middle_x_px = map->left_px + (x + dx) * map->step_x_px;
    double middle_y_px = map->top_px + (y + dy) * map->step_y_px;
    hatpose_head head = {
        .left = (float)(middle_x_px - 0.5 * side_px),
        .top = (float)(middle_y_px - 0.5 * side_px),
        .width = (float)side_px,
        .height = (float)side_px,
        .score = (float)fmin(top, 1),
        .hat_index = -1,
        .person_index = -1,
    };

    set_state(&head, worn_share(map, x, y));
    return head;
}

static int by_score(const void *a, const void *b)
{
    const hatpose_head *one = a, *other = b;

    if (one->score != other->score)
        return one->score > other->score ? -1 : 1;
    if (one->top != other->top)
        return one->top < other->top ? -1 : 1;
    return one->left < other->left ? -1 : one->left > other->left;
}

static double distance_px(const hatpose_head *a, const hatpose_head *b)
{
    return hypot((double)(a->left + 0.5f * a->width) -
                     (double)(b->left + 0.5f * b->width),
                 (double)(a->top + 0.5f * a->height) -
                     (double)(b->top + 0.5f * b->height));
}

/* Sorted by score: a peak too near to a better one is the same head. */
static uint32_t drop_doubles(hatpose_head *heads, uint32_t count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count && kept < MOST_HEADS; i++) {
        bool is_double = false;
        for (uint32_t j = 0; j < kept && !is_double; j++) {
            float side = fmaxf(heads[i].width, heads[j].width);
            is_double =
                distance_px(&heads[i], &heads[j]) < same_head * (double)side;
        }
        if (!is_double)
            heads[kept++] = heads[i];
    }
    return kept;
}

static uint32_t collect_peaks(const hp_head_map *map, const float *sum,
                              hatpose_head *heads)
{
    size_t pitch = (size_t)map->width + 2;
    uint32_t count = 0;

    for (int y = 0; y < map->height; y++)
        for (int x = 0; x < map->width; x++) {
            const float *at = sum + ((size_t)y + 1) * pitch + 1 + (size_t)x;
            if (is_peak(at, pitch))
                heads[count++] = read_peak(map, at, pitch, x, y);
        }
    return count;
}

hatpose_status hp_head_map_find(hp_memory *memory, hp_head_finder *finder,
                                const hp_head_map *map,
                                const hatpose_head **heads, uint32_t *count,
                                hatpose_error *err)
{
    /* Peaks do not touch: at most one in each 2x2 cells. */
    size_t most =
        ((size_t)map->width + 1) / 2 * (((size_t)map->height + 1) / 2);
    size_t cells = ((size_t)map->width + 2) * ((size_t)map->height + 2);
    hatpose_status status = hp_buffer_reserve(
        memory, &finder->map, cells * sizeof(float), "hat maps", err);

    *heads = NULL;
    *count = 0;
    if (status == HATPOSE_OK)
        status = hp_buffer_reserve(memory, &finder->heads,
                                   most * sizeof(hatpose_head), "heads", err);
    if (status != HATPOSE_OK)
        return status;
    hatpose_head *found = finder->heads.data;
    add_maps(map, finder->map.data);
    uint32_t peak_count = collect_peaks(map, finder->map.data, found);
    hp_sort(found, peak_count, sizeof *found, by_score);
    *count = drop_doubles(found, peak_count);
    *heads = found;
    return HATPOSE_OK;
}

/* ---- Heads and people ------------------------------------------------- */

typedef struct matching {
    hp_pair *pairs;
    size_t *first;
    int32_t *head_of_person;
} matching;

static hatpose_status reserve_matching(hp_memory *memory,
                                       hp_head_finder *finder, uint32_t people,
                                       uint32_t heads, matching *out,
                                       hatpose_error *err)
{
    size_t pairs, rows, bytes;

    if (!hp_size_multiply(people, (size_t)heads * sizeof(hp_pair), &pairs) ||
        !hp_size_multiply((size_t)people + 1, sizeof(size_t) + sizeof(int32_t),
                          &rows) ||
        !hp_size_add(pairs, rows, &bytes))
        bytes = SIZE_MAX;
    hatpose_status status = hp_buffer_reserve(memory, &finder->match, bytes,
                                              "people and heads", err);
    if (status != HATPOSE_OK)
        return status;
    out->pairs = finder->match.data;
    out->first = (size_t *)(void *)(out->pairs + (size_t)people * heads);
    out->head_of_person = (int32_t *)(void *)(out->first + people + 1);
    return HATPOSE_OK;
}

/* Pairs of one person, as far as they can be. */
static size_t gather_pairs(hatpose_person *person, const hatpose_head *heads,
                           uint32_t count, hp_pair *pairs)
{
    const hp_gear *hat = hp_gear_of(HATPOSE_GEAR_HAT);
    hp_place place;
    size_t pair_count = 0;

    if (!hp_place_find(person, &hat->places[0], &place)) {
        person->hat_reason = HATPOSE_REASON_HEAD_HIDDEN;
        return 0;
    }
    double size_px = hat->size * place.frame.scale_px;
    for (uint32_t i = 0; i < count; i++) {
        double dx = (double)(heads[i].left + 0.5f * heads[i].width) - place.x;
        double dy = (double)(heads[i].top + 0.5f * heads[i].height) - place.y;
        double far = hypot(dx, dy) / place.frame.scale_px;
        double cost =
            far + size_weight * fabs(log((double)heads[i].width / size_px));
        if (far <= reach && cost < 2 * reach)
            pairs[pair_count++] = (hp_pair){cost, i};
    }
    return pair_count;
}

static void take_state(hatpose_person *person, const hatpose_head *head,
                       bool have_boxes)
{
    bool is_said = have_boxes && person->hat_state != HATPOSE_HAT_UNKNOWN;

    if (head->hat_state == HATPOSE_HAT_UNKNOWN ||
        (is_said && person->hat_score >= (double)head->hat_score))
        return;
    if (person->hat_state != head->hat_state)
        person->hat_index = -1;
    person->hat_state = head->hat_state;
    person->hat_reason = head->hat_reason;
    person->hat_score = (double)head->hat_score;
}

/* Whether a better head stands where this one is. */
static bool is_beside(const hatpose_head *head, const hatpose_head *better,
                      uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        double side = (double)fmaxf(head->width, better[i].width);
        if (better[i].person_index < 0 &&
            distance_px(head, &better[i]) < same_alone * side)
            return true;
    }
    return false;
}

/* Whether it is where somebody has a head whose state is known. */
static bool is_posed(const hatpose_head *head, const hatpose_person *people,
                     uint32_t count)
{
    const hp_gear *hat = hp_gear_of(HATPOSE_GEAR_HAT);
    double x = (double)(head->left + 0.5f * head->width);
    double y = (double)(head->top + 0.5f * head->height);
    hp_place place;

    for (uint32_t i = 0; i < count; i++)
        if (people[i].hat_state != HATPOSE_HAT_UNKNOWN &&
            hp_place_find(&people[i], &hat->places[0], &place) &&
            hypot(x - place.x, y - place.y) <
                same_as_posed * place.frame.scale_px)
            return true;
    return false;
}

static uint32_t keep_heads(hatpose_head *heads, uint32_t count,
                           const hatpose_person *people, uint32_t person_count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++)
        if (heads[i].person_index >= 0 ||
            (heads[i].score >= least_alone &&
             !is_beside(&heads[i], heads, kept) &&
             !is_posed(&heads[i], people, person_count)))
            heads[kept++] = heads[i];
    return kept;
}

hatpose_status hp_head_map_match(hp_memory *memory, hp_head_finder *finder,
                                 hatpose_head *heads, uint32_t *count,
                                 hatpose_person *people, uint32_t person_count,
                                 bool have_boxes, hatpose_error *err)
{
    matching m;
    hatpose_status status =
        reserve_matching(memory, finder, person_count, *count, &m, err);

    if (status != HATPOSE_OK)
        return status;
    m.first[0] = 0;
    for (uint32_t i = 0; i < person_count; i++)
        m.first[i + 1] = m.first[i] + gather_pairs(&people[i], heads, *count,
                                                   m.pairs + m.first[i]);
    hp_assignment problem = {
        .row_count = person_count,
        .column_count = *count,
        .pairs = m.pairs,
        .first = m.first,
        .leave_cost = 2 * reach,
    };
    status =
        hp_assign(memory, &finder->assignment, &problem, m.head_of_person, err);
    if (status != HATPOSE_OK)
        return status;
    for (uint32_t i = 0; i < person_count; i++) {
        int32_t head = m.head_of_person[i];
        if (head < 0)
            continue;
        heads[head].person_index = (int32_t)i;
        heads[head].hat_index = people[i].hat_index;
        take_state(&people[i], &heads[head], have_boxes);
    }
    *count = keep_heads(heads, *count, people, person_count);
    return HATPOSE_OK;
}

void hp_head_finder_release(hp_memory *memory, hp_head_finder *finder)
{
    hp_buffer_release(memory, &finder->map);
    hp_buffer_release(memory, &finder->heads);
    hp_buffer_release(memory, &finder->match);
    hp_buffer_release(memory, &finder->assignment);
}
