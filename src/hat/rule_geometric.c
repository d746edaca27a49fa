/* rule_geometric.c - cost of each box on each place of each body, gate,
 * hands, the cheapest assignment, states. Lengths are in widths of the head,
 * so that neither the size of the picture nor of the person matters. See
 * docs/compat.md. */
#include "hat/rule_geometric.h"

#include <math.h>

#include "base/error.h"
#include "base/sort.h"
#include "hat/assignment.h"
#include "hat/place.h"

/* A pair that costs as much is none: three sigma. */
static const double gate = 9;
/* With less than two points of the face the place is known less well. */
static const double loose_factor = 1.13;
static const int sure_face_count = 2;
/* A smaller head is no evidence of a bare one. */
static const double least_bare_scale_px = 6;
/* The hand reaches this much beyond the wrist, in lengths of the forearm. */
static const double hand_beyond_wrist = 0.15;
/* A box is in a hand within this part of its size. On that person's head it
 * then costs this much more: a hand may also touch the hat that is worn. */
static const double hand_reach = 0.45, hand_cost = 3;

/* One box. */
typedef struct box {
    double x, y, size, log_size;
    bool is_usable; /* has an area */
} box;

/* One place of one person where gear can be: a row of the assignment. */
typedef struct place {
    hp_place at;
    double looseness;
    double least_cost; /* of any box */
    uint32_t person;
} place;

typedef struct work {
    const hp_gear *gear;
    const hp_scene *scene;
    box *boxes;
    place *places;
    uint32_t place_count;
    hp_pair *pairs;
    size_t *first;
    int32_t *box_of_place;
} work;

/* ---- Memory ----------------------------------------------------------- */

static bool add_array(size_t *total, size_t count, size_t element_bytes)
{
    size_t bytes;

    return hp_size_multiply(count, element_bytes, &bytes) &&
           hp_size_add(*total, bytes, total);
}

static hatpose_status reserve_rows(hp_memory *memory, hp_matcher *matcher,
                                   work *w, hatpose_error *err)
{
    size_t boxes = w->scene->hat_count, bytes = 0, rows;

    if (!hp_size_multiply(w->scene->person_count, (size_t)w->gear->place_count,
                          &rows) ||
        rows > INT32_MAX || boxes > INT32_MAX ||
        !add_array(&bytes, boxes, sizeof(box)) ||
        !add_array(&bytes, rows, sizeof(place) + sizeof(int32_t)) ||
        !add_array(&bytes, rows + 1, sizeof(size_t)))
        bytes = SIZE_MAX;
    hatpose_status status = hp_buffer_reserve(memory, &matcher->rows, bytes,
                                              "people and hats", err);
    if (status != HATPOSE_OK)
        return status;
    w->boxes = matcher->rows.data;
    w->places = (place *)(void *)(w->boxes + boxes);
    w->first = (size_t *)(void *)(w->places + rows);
    w->box_of_place = (int32_t *)(void *)(w->first + rows + 1);
    return HATPOSE_OK;
}

/* A row never needs more boxes than there are rows: the others can take at
 * most all but one of its best. */
static size_t most_pairs_of_a_row(const work *w)
{
    return w->place_count < w->scene->hat_count ? w->place_count
                                                : w->scene->hat_count;
}

static hatpose_status reserve_pairs(hp_memory *memory, hp_matcher *matcher,
                                    work *w, hatpose_error *err)
{
    size_t kept, all, bytes;

    /* One more than needed: there is a block even without a box. */
    if (!hp_size_multiply(w->place_count, most_pairs_of_a_row(w), &kept) ||
        !hp_size_add(kept, (size_t)w->scene->hat_count + 1, &all) ||
        !hp_size_multiply(all, sizeof(hp_pair), &bytes))
        bytes = SIZE_MAX;
    hatpose_status status = hp_buffer_reserve(memory, &matcher->pairs, bytes,
                                              "pairs of people and hats", err);
    w->pairs = matcher->pairs.data;
    return status;
}

/* ---- Places and boxes ------------------------------------------------- */

static void measure_boxes(work *w)
{
    for (uint32_t i = 0; i < w->scene->hat_count; i++) {
        const hatpose_hat *hat = &w->scene->hats[i];
        box *b = &w->boxes[i];
        b->is_usable = hat->width > 0 && hat->height > 0;
        if (!b->is_usable)
            continue;
        b->x = hat->left + 0.5 * hat->width;
        b->y = hat->top + 0.5 * hat->height;
        b->log_size = 0.5 * (log(hat->width) + log(hat->height));
        b->size = exp(b->log_size);
    }
}

static bool find_place(const hatpose_person *person, const hp_gear_place *kind,
                       place *out)
{
    if (!hp_place_find(person, kind, &out->at))
        return false;
    out->least_cost = INFINITY;
    out->looseness = 1;
    if (kind->frame == HP_FRAME_HEAD &&
        out->at.frame.face_count < sure_face_count)
        out->looseness = loose_factor;
    return true;
}

static void find_places(work *w)
{
    w->place_count = 0;
    for (uint32_t i = 0; i < w->scene->person_count; i++)
        for (int k = 0; k < w->gear->place_count; k++) {
            place *p = &w->places[w->place_count];
            p->person = i;
            if (find_place(&w->scene->people[i], &w->gear->places[k], p))
                w->place_count++;
        }
}

/* ---- Hands ------------------------------------------------------------ */

static bool hand_of(const hatpose_person *person, int side, double *x,
                    double *y)
{
    int elbow = side == 0 ? 3 : 6, wrist = elbow + 1;
    const hatpose_keypoint *e = &person->keypoints[elbow];
    const hatpose_keypoint *h = &person->keypoints[wrist];

    if (!hp_joint_is_found(person, wrist))
        return false;
    *x = (double)h->x;
    *y = (double)h->y;
    if (hp_joint_is_found(person, elbow)) {
        *x += hand_beyond_wrist * ((double)h->x - (double)e->x);
        *y += hand_beyond_wrist * ((double)h->y - (double)e->y);
    }
    return true;
}

/* Distance of the box from the nearer hand, in sizes of the box. */
static double hand_distance(const hatpose_person *person, const box *b)
{
    double least = INFINITY, x, y;

    for (int side = 0; side < 2; side++)
        if (hand_of(person, side, &x, &y))
            least = fmin(least, hypot(b->x - x, b->y - y) / b->size);
    return least;
}

/* ---- Cost and assignment ---------------------------------------------- */

static double cost_of(const work *w, const place *p, const box *b)
{
    const hp_gear *gear = w->gear;
    const hp_frame *f = &p->at.frame;
    double unit = f->scale_px * p->looseness;
    double dx = b->x - p->at.x, dy = b->y - p->at.y;
    double drop = gear->drop * (b->size - gear->size * f->scale_px);
    double up = (dx * f->up_x + dy * f->up_y + drop) / unit;
    double side = (dx * f->up_y - dy * f->up_x) / (unit * gear->side_sigma);
    double size =
        (b->log_size - log(gear->size * f->scale_px)) / gear->size_sigma;

    up /= up > 0 ? gear->over_sigma : gear->under_sigma;
    return up * up + side * side + size * size;
}

static int compare_pairs(const void *a, const void *b)
{
    const hp_pair *p = a, *q = b;

    if (p->cost != q->cost)
        return p->cost < q->cost ? -1 : 1;
    return p->column < q->column ? -1 : p->column > q->column;
}

/* The boxes that this place could have, cheapest first; how many. */
static size_t gather_row(const work *w, place *p, hp_pair *out)
{
    const hatpose_person *person = &w->scene->people[p->person];
    size_t count = 0, most = most_pairs_of_a_row(w);

    for (uint32_t i = 0; i < w->scene->hat_count; i++) {
        const box *b = &w->boxes[i];
        if (!b->is_usable)
            continue;
        double cost = cost_of(w, p, b);
        /* Not a number, of an enormous box, is no pair either. */
        if (cost < gate && w->gear->can_be_held &&
            hand_distance(person, b) <= hand_reach)
            cost += hand_cost;
        p->least_cost = fmin(p->least_cost, cost);
        if (cost < gate)
            out[count++] = (hp_pair){cost, i};
    }
    hp_sort(out, count, sizeof *out, compare_pairs);
    return count < most ? count : most;
}

static hatpose_status assign(hp_memory *memory, hp_matcher *matcher, work *w,
                             hatpose_error *err)
{
    hp_assignment problem = {
        .row_count = w->place_count,
        .column_count = w->scene->hat_count,
        .pairs = w->pairs,
        .first = w->first,
        .leave_cost = gate,
    };

    w->first[0] = 0;
    for (uint32_t i = 0; i < w->place_count; i++)
        w->first[i + 1] =
            w->first[i] + gather_row(w, &w->places[i], w->pairs + w->first[i]);
    return hp_assign(memory, &matcher->assignment, &problem, w->box_of_place,
                     err);
}

/* ---- States ----------------------------------------------------------- */

/* How likely a box of this cost is worn: one half at the gate. */
static double likelihood(double cost)
{
    return 1 / (1 + exp(0.5 * (cost - gate)));
}

static double assigned_cost(const work *w, uint32_t index)
{
    for (size_t i = w->first[index]; i < w->first[index + 1]; i++)
        if (w->pairs[i].column == (uint32_t)w->box_of_place[index])
            return w->pairs[i].cost;
    return gate;
}

static void set_worn(const work *w, uint32_t index)
{
    int32_t hat_index = w->box_of_place[index];
    uint32_t person_index = w->places[index].person;
    hatpose_person *person = &w->scene->people[person_index];
    double score = likelihood(assigned_cost(w, index));

    w->scene->hats[hat_index].person_index = (int32_t)person_index;
    if (person->hat_state == HATPOSE_HAT_WORN && score <= person->hat_score)
        return;
    person->hat_state = HATPOSE_HAT_WORN;
    person->hat_reason = HATPOSE_REASON_HAT_ON_HEAD;
    person->hat_index = hat_index;
    person->hat_score = score;
}

static bool is_seen(const work *w, const place *p)
{
    if (w->gear->places[0].frame != HP_FRAME_HEAD)
        return true;
    return p->at.frame.face_count >= sure_face_count ||
           (p->at.frame.face_count == 1 && p->at.frame.has_neck);
}

static void set_bare(const work *w, const place *p)
{
    hatpose_person *person = &w->scene->people[p->person];

    if (person->hat_state == HATPOSE_HAT_WORN || !is_seen(w, p))
        return;
    if (person->hat_state == HATPOSE_HAT_UNKNOWN &&
        p->at.frame.scale_px < least_bare_scale_px) {
        person->hat_reason = HATPOSE_REASON_HEAD_TOO_SMALL;
        return;
    }
    person->hat_state = HATPOSE_HAT_NOT_WORN;
    person->hat_reason = HATPOSE_REASON_HEAD_BARE;
    /* A box that a neighbour has leaves a doubt, but not more than that. */
    person->hat_score = fmax(0.5, 1 - likelihood(p->least_cost));
}

/* Boxes on nobody's body may be in somebody's hand. */
static void find_holder(const work *w, uint32_t index)
{
    hatpose_hat *hat = &w->scene->hats[index];
    double least = hand_reach;

    if (!w->boxes[index].is_usable || hat->person_index >= 0)
        return;
    for (uint32_t i = 0; i < w->scene->person_count; i++) {
        double d = hand_distance(&w->scene->people[i], &w->boxes[index]);
        if (d > least || (d == least && hat->holder_index >= 0))
            continue;
        least = d;
        hat->holder_index = (int32_t)i;
    }
    if (hat->holder_index < 0)
        return;
    hatpose_person *holder = &w->scene->people[hat->holder_index];
    if (holder->hat_state == HATPOSE_HAT_NOT_WORN)
        holder->hat_reason = HATPOSE_REASON_HAT_IN_HAND;
}

static void set_states(const work *w)
{
    for (uint32_t i = 0; i < w->scene->person_count; i++)
        w->scene->people[i].hat_reason = HATPOSE_REASON_HEAD_HIDDEN;
    for (uint32_t i = 0; i < w->place_count; i++)
        if (w->box_of_place[i] >= 0)
            set_worn(w, i);
    for (uint32_t i = 0; i < w->place_count; i++)
        if (w->box_of_place[i] < 0)
            set_bare(w, &w->places[i]);
    if (!w->gear->can_be_held)
        return;
    for (uint32_t i = 0; i < w->scene->hat_count; i++)
        find_holder(w, i);
}

hatpose_status hp_match_geometric(hp_memory *memory, hp_matcher *matcher,
                                  const hp_gear *gear, const hp_scene *scene,
                                  hatpose_error *err)
{
    work w = {.gear = gear, .scene = scene};
    hatpose_status status = reserve_rows(memory, matcher, &w, err);

    if (status != HATPOSE_OK)
        return status;
    measure_boxes(&w);
    find_places(&w);
    status = reserve_pairs(memory, matcher, &w, err);
    if (status == HATPOSE_OK)
        status = assign(memory, matcher, &w, err);
    if (status == HATPOSE_OK)
        set_states(&w);
    return status;
}
