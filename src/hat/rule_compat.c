/* rule_compat.c - the service's rule, version 3: a hat is worn when its
 * centre is near enough to a point of the head and not below the head's mean
 * height; each person looks at all hats on its own. Vests: version 6, the
 * overlap of boxes. Whole pixels, cuts and doubles in the original's order,
 * see docs/compat.md. */
#include "hat/rule_compat.h"

#include <math.h>

#include "base/error.h"

enum {
    NOSE = 0,
    RIGHT_EYE = 14,
    LEFT_EYE = 15,
    RIGHT_EAR = 16,
    LEFT_EAR = 17,
    MISSING = -1,
    MOST_HEAD_POINTS = 6,
    DISTANCE_MOST = 99999,
    /* Sums of two squared distances of such coordinates fit 64 bits. */
    JOINT_MOST = 1 << 29,
    CENTRE_MOST = 1 << 30
};

static const double close_up_rate = 0.4, least_rate = 0.001;
static const double close_up_factor = 0.8, far_factor = 1.2;
static const double least_vest_overlap = 0.4;

typedef struct point {
    int64_t x, y;
} point;

typedef struct head {
    point points[MOST_HEAD_POINTS];
    int count;
    int64_t mean_y;
    double spread; /* largest distance of two points, rounded */
} head;

/* ---- The person ------------------------------------------------------- */

static int64_t cut(double value, double most)
{
    return (int64_t)trunc(fmax(-most, fmin(most, value)));
}

/* Not found is -1, -1; but where the original has only one coordinate at -1
 * it goes on using the other. */
static point joint_of(const hatpose_person *person, int joint)
{
    const hatpose_keypoint *k = &person->keypoints[joint];
    point p = {cut((double)k->x, JOINT_MOST), cut((double)k->y, JOINT_MOST)};

    if (!(k->score > 0) && p.x != MISSING && p.y != MISSING)
        p.x = p.y = MISSING;
    return p;
}

/* Around the joints with x > 0; false without any. */
static bool box_of(hatpose_person *person)
{
    bool found = false;
    point least = {0, 0}, most = {0, 0};

    for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++) {
        point p = joint_of(person, k);
        if (p.x <= 0)
            continue;
        if (!found)
            least = most = p;
        found = true;
        least.x = p.x < least.x ? p.x : least.x;
        least.y = p.y < least.y ? p.y : least.y;
        most.x = p.x > most.x ? p.x : most.x;
        most.y = p.y > most.y ? p.y : most.y;
    }
    person->compat_x1 = (int32_t)least.x;
    person->compat_y1 = (int32_t)least.y;
    person->compat_x2 = (int32_t)most.x;
    person->compat_y2 = (int32_t)most.y;
    return found;
}

static bool is_present(point p)
{
    return p.x != MISSING && p.y != MISSING;
}

static void add_point(head *out, point p)
{
    if (is_present(p))
        out->points[out->count++] = p;
}

static int64_t middle(int64_t a, int64_t b)
{
    return a < b ? a + (b - a) / 2 : b + (a - b) / 2;
}

static double distance(point a, point b)
{
    int64_t dx = a.x - b.x, dy = a.y - b.y;

    return sqrt((double)(dx * dx + dy * dy));
}

/* The middle of the ears counts as a point of its own. */
static head head_of(const hatpose_person *person)
{
    head h = {.count = 0};
    point right = joint_of(person, RIGHT_EAR);
    point left = joint_of(person, LEFT_EAR);
    int64_t sum = 0;

    add_point(&h, right);
    add_point(&h, left);
    if (h.count == 2)
        add_point(&h,
                  (point){middle(right.x, left.x), middle(right.y, left.y)});
    add_point(&h, joint_of(person, NOSE));
    add_point(&h, joint_of(person, RIGHT_EYE));
    add_point(&h, joint_of(person, LEFT_EYE));
    for (int i = 0; i < h.count; i++) {
        sum += h.points[i].y;
        for (int j = 0; j < i; j++)
            h.spread = fmax(h.spread, distance(h.points[i], h.points[j]));
    }
    h.spread = rint(h.spread);
    if (h.count > 0)
        h.mean_y = (int64_t)trunc((double)sum / h.count);
    return h;
}

static double rate_of(const hatpose_person *person, const hp_scene *scene)
{
    int64_t width = (int64_t)person->compat_x2 - person->compat_x1;
    int64_t height = (int64_t)person->compat_y2 - person->compat_y1;

    return (double)(width * height) /
           ((double)scene->width_px * (double)scene->height_px);
}

/* ---- Hats ------------------------------------------------------------- */

static point centre_of(const hatpose_hat *hat)
{
    point centre = {cut(hat->left + 0.5 * hat->width, CENTRE_MOST),
                    cut(hat->top + 0.5 * hat->height, CENTRE_MOST)};

    return centre;
}

bool hp_compat_centre(const hatpose_hat *hat, int32_t *x_px, int32_t *y_px)
{
    double x = trunc(hat->left + 0.5 * hat->width);
    double y = trunc(hat->top + 0.5 * hat->height);

    /* Written so that an overflowed sum is no centre either. */
    if (!(x >= INT32_MIN && x <= INT32_MAX && y >= INT32_MIN && y <= INT32_MAX))
        return false;
    *x_px = (int32_t)x;
    *y_px = (int32_t)y;
    return true;
}

static int64_t distance_to_head(const head *h, point centre)
{
    int64_t least = DISTANCE_MOST;

    for (int i = 0; i < h->count; i++) {
        int64_t d = (int64_t)distance(centre, h->points[i]);
        least = d < least ? d : least;
    }
    return least;
}

/* The nearest hat within the radius, the lower index of equals; -1: none. */
static int32_t find_hat(const hp_scene *scene, const head *h, double radius)
{
    int32_t nearest = -1;
    int64_t least = 0;

    for (uint32_t i = 0; i < scene->hat_count; i++) {
        point centre = centre_of(&scene->hats[i]);
        if (centre.y > h->mean_y)
            continue;
        int64_t d = distance_to_head(h, centre);
        if (radius > (double)d && (nearest < 0 || d < least)) {
            nearest = (int32_t)i;
            least = d;
        }
    }
    return nearest;
}

static void set_state(hatpose_person *person, int32_t hat_index, int32_t reason)
{
    person->hat_index = hat_index;
    person->hat_state = hat_index < 0 ? HATPOSE_HAT_NOT_WORN : HATPOSE_HAT_WORN;
    person->hat_reason = hat_index < 0 ? reason : HATPOSE_REASON_HAT_ON_HEAD;
}

/* The rule has no doubts: each answer has score 1. */
static void judge_hats(const hp_scene *scene, const head *h,
                       hatpose_person *person)
{
    double radius =
        h->spread *
        (person->area_rate > close_up_rate ? close_up_factor : far_factor);

    person->hat_score = 1;
    if (h->count == 0)
        set_state(person, -1, HATPOSE_REASON_HEAD_HIDDEN);
    else if (person->area_rate < least_rate)
        set_state(person, -1, HATPOSE_REASON_HEAD_TOO_SMALL);
    else
        set_state(person, find_hat(scene, h, radius), HATPOSE_REASON_HEAD_BARE);
}

/* ---- Vests ------------------------------------------------------------ */

typedef struct rectangle {
    double x1, y1, x2, y2;
} rectangle;

static bool are_apart(double a1, double a2, double b1, double b2)
{
    double between = fabs((a1 + a2) / 2 - (b1 + b2) / 2);

    return between > (fabs(a1 - a2) + fabs(b1 - b2)) / 2;
}

static double area(const rectangle *r)
{
    return (r->x2 - r->x1) * (r->y2 - r->y1);
}

/* Intersection over union, with the signs of turned-round boxes; false when
 * the union is 0. */
static bool overlap_of(const rectangle *a, const rectangle *b, double *out)
{
    *out = 0;
    if (are_apart(a->x1, a->x2, b->x1, b->x2) ||
        are_apart(a->y1, a->y2, b->y1, b->y2))
        return true;
    double width = fmin(a->x2, b->x2) - fmax(a->x1, b->x1);
    double height = fmin(a->y2, b->y2) - fmax(a->y1, b->y1);
    double shared = width * height;
    double all = area(a) + area(b) - shared;
    if (all == 0)
        return false;
    *out = shared / all;
    return true;
}

static hatpose_status judge_vests(const hp_scene *scene, hatpose_person *person,
                                  hatpose_error *err)
{
    rectangle body = {person->compat_x1, person->compat_y1, person->compat_x2,
                      person->compat_y2};
    int32_t best = -1;
    double most = 0, overlap;

    for (uint32_t i = 0; i < scene->hat_count; i++) {
        const hatpose_hat *vest = &scene->hats[i];
        rectangle cloth = {vest->left, vest->top, vest->left + vest->width,
                           vest->top + vest->height};
        if (!overlap_of(&body, &cloth, &overlap))
            return hp_fail(err, HATPOSE_E_ARGUMENT,
                           "hat %u: an empty box on an empty person",
                           (unsigned)i);
        if (overlap > most) {
            most = overlap;
            best = (int32_t)i;
        }
    }
    set_state(person, most >= least_vest_overlap ? best : -1,
              HATPOSE_REASON_HEAD_BARE);
    person->hat_score = most;
    return HATPOSE_OK;
}

/* ---- The scene -------------------------------------------------------- */

static hatpose_status judge(const hp_scene *scene, hatpose_person *person,
                            uint32_t index, hatpose_error *err)
{
    bool are_vests =
        scene->hat_count > 0 && scene->hats[0].kind == HATPOSE_GEAR_VEST;
    head h = head_of(person);
    bool has_box = box_of(person);

    if (!has_box && scene->refuse_boxless)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "person %u: no joint at x > 0 and so no box",
                       (unsigned)index);
    if (has_box && h.count > 0)
        person->area_rate = rate_of(person, scene);
    if (scene->hats == NULL)
        return HATPOSE_OK;
    if (are_vests && has_box)
        return judge_vests(scene, person, err);
    if (!has_box)
        h.count = 0;
    judge_hats(scene, &h, person);
    return HATPOSE_OK;
}

hatpose_status hp_match_compat(const hp_scene *scene, hatpose_error *err)
{
    for (uint32_t i = 0; i < scene->person_count; i++) {
        hatpose_person *person = &scene->people[i];
        hatpose_status status = judge(scene, person, i, err);
        if (status != HATPOSE_OK)
            return status;
        if (person->hat_index < 0)
            continue;
        /* Several people may share a hat: it names the first. */
        hatpose_hat *hat = &scene->hats[person->hat_index];
        if (hat->person_index < 0)
            hat->person_index = (int32_t)i;
    }
    return HATPOSE_OK;
}
