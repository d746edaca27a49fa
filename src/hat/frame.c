/* frame.c - axes and scale of a part of the body. Seen from any side a
 * length only gets shorter, so the scale is the largest of its lower bounds;
 * directions fade where the lengths they come from are foreshortened. The
 * factors and weights come from labelled photos, by training/fit_hats.py. */
#include "hat/frame.h"

#include <math.h>

enum {
    NOSE = 0,
    NECK = 1,
    RIGHT_SHOULDER = 2,
    LEFT_SHOULDER = 5,
    RIGHT_HIP = 8,
    LEFT_HIP = 11,
    RIGHT_EYE = 14,
    LEFT_EYE = 15,
    RIGHT_EAR = 16,
    LEFT_EAR = 17
};

/* A distance of two joints times `factor` is at most about one width of a
 * head. */
typedef struct measure {
    int from, to;
    double factor;
} measure;

static const measure face_measures[] = {
    {RIGHT_EAR, LEFT_EAR, 1.0},   {RIGHT_EYE, LEFT_EYE, 2.10},
    {RIGHT_EYE, RIGHT_EAR, 0.96}, {LEFT_EYE, LEFT_EAR, 0.96},
    {NOSE, RIGHT_EAR, 1.15},      {NOSE, LEFT_EAR, 1.15},
};
static const measure body_measures[] = {
    {NOSE, NECK, 0.90},
    {RIGHT_SHOULDER, LEFT_SHOULDER, 0.37},
    {NECK, RIGHT_SHOULDER, 0.74},
    {NECK, LEFT_SHOULDER, 0.74},
};
static const double torso_factor = 0.36; /* neck to the middle of the hips */

/* The face may say this much less or more than the body. */
static const double face_least = 0.73, face_most = 1.1;

/* Lengths, in head widths, at which a direction is worth its full weight,
 * and the weights. */
static const double neck_full = 0.8, ears_full = 1, eyes_full = 0.425;
static const double nose_full = 0.35;
static const double line_weight = 0.70, eyes_weight = 0.69;

static const double least_scale_px = 2;

typedef struct vector {
    double x, y;
} vector;

bool hp_joint_is_found(const hatpose_person *person, int joint)
{
    const hatpose_keypoint *k = &person->keypoints[joint];

    return k->score > 0 && isfinite(k->x) && isfinite(k->y);
}

static vector joint_at(const hatpose_person *person, int joint)
{
    const hatpose_keypoint *k = &person->keypoints[joint];

    return (vector){(double)k->x, (double)k->y};
}

static vector minus(vector a, vector b)
{
    return (vector){a.x - b.x, a.y - b.y};
}

static double length_of(vector a)
{
    return hypot(a.x, a.y);
}

static double dot(vector a, vector b)
{
    return a.x * b.x + a.y * b.y;
}

/* Mean of those that are found; false when none is. */
static bool mean_of(const hatpose_person *person, const int *joints, int count,
                    vector *out)
{
    vector sum = {0, 0};
    int found = 0;

    for (int i = 0; i < count; i++) {
        if (!hp_joint_is_found(person, joints[i]))
            continue;
        vector p = joint_at(person, joints[i]);
        sum.x += p.x;
        sum.y += p.y;
        found++;
    }
    if (found == 0)
        return false;
    *out = (vector){sum.x / found, sum.y / found};
    return true;
}

static bool neck_of(const hatpose_person *person, vector *out)
{
    static const int neck[] = {NECK};
    static const int shoulders[] = {RIGHT_SHOULDER, LEFT_SHOULDER};

    if (mean_of(person, neck, 1, out))
        return true;
    return hp_joint_is_found(person, RIGHT_SHOULDER) &&
           hp_joint_is_found(person, LEFT_SHOULDER) &&
           mean_of(person, shoulders, 2, out);
}

static bool hips_of(const hatpose_person *person, vector *out)
{
    static const int hips[] = {RIGHT_HIP, LEFT_HIP};

    return mean_of(person, hips, 2, out);
}

static bool face_of(const hatpose_person *person, vector *out)
{
    static const int face[] = {NOSE, RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR};

    return mean_of(person, face, 5, out);
}

/* ---- Scale ------------------------------------------------------------ */

/* The largest of the measures whose joints are found; 0 without any. */
static double largest_of(const hatpose_person *person, const measure *measures,
                         int count)
{
    double largest = 0;

    for (int i = 0; i < count; i++) {
        const measure *m = &measures[i];
        if (!hp_joint_is_found(person, m->from) ||
            !hp_joint_is_found(person, m->to))
            continue;
        vector d = minus(joint_at(person, m->to), joint_at(person, m->from));
        largest = fmax(largest, m->factor * length_of(d));
    }
    return largest;
}

static double body_scale(const hatpose_person *person)
{
    vector neck, hips;
    double scale = largest_of(person, body_measures, 4);

    if (neck_of(person, &neck) && hips_of(person, &hips))
        scale = fmax(scale, torso_factor * length_of(minus(neck, hips)));
    return scale;
}

static double scale_of(const hatpose_person *person)
{
    double face = largest_of(person, face_measures, 6);
    double body = body_scale(person);

    if (face == 0 || body == 0)
        return fmax(face, body);
    return fmin(fmax(face, face_least * body), face_most * body);
}

/* ---- Up --------------------------------------------------------------- */

static void add_unit(vector *sum, vector direction, double weight)
{
    double length = length_of(direction);

    if (length == 0)
        return;
    sum->x += weight * direction.x / length;
    sum->y += weight * direction.y / length;
}

/* The normal of the line between two joints, on the side of `towards`. */
static void add_normal(vector *sum, const hatpose_person *person, int right,
                       int left, double full_px, vector towards)
{
    if (!hp_joint_is_found(person, right) || !hp_joint_is_found(person, left))
        return;
    vector line = minus(joint_at(person, left), joint_at(person, right));
    vector normal = {-line.y, line.x};
    if (dot(normal, towards) < 0)
        normal = (vector){line.y, -line.x};
    add_unit(sum, normal, line_weight * fmin(1, length_of(line) / full_px));
}

static bool eyes_over_nose(const hatpose_person *person, vector *out)
{
    static const int eyes[] = {RIGHT_EYE, LEFT_EYE};
    vector middle;

    if (!hp_joint_is_found(person, NOSE) || !mean_of(person, eyes, 2, &middle))
        return false;
    *out = minus(middle, joint_at(person, NOSE));
    return true;
}

/* From whatever is found of arms, trunk and legs to face or neck. */
static bool away_from_body(const hatpose_person *person, vector *out)
{
    static const int body[] = {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
    vector middle, top;

    if (!mean_of(person, body, 12, &middle) ||
        (!face_of(person, &top) && !neck_of(person, &top)))
        return false;
    *out = minus(top, middle);
    return true;
}

/* A first idea of where up is, the picture's up without any other. With a
 * face and a neck it only picks the side of the normals. */
static vector rough_up(const hatpose_person *person)
{
    vector face, neck, hips, up;
    bool has_neck = neck_of(person, &neck);

    if (has_neck && face_of(person, &face))
        return minus(face, neck);
    if (has_neck && hips_of(person, &hips))
        return minus(neck, hips);
    if (eyes_over_nose(person, &up) || away_from_body(person, &up))
        return up;
    return (vector){0, -1};
}

static vector head_up(const hatpose_person *person, double scale_px)
{
    vector up = {0, 0}, face, neck, direction;
    vector rough = rough_up(person);
    bool has_neck = neck_of(person, &neck);
    bool has_face = face_of(person, &face);

    if (has_neck && has_face) {
        direction = minus(face, neck);
        add_unit(&up, direction,
                 fmin(1, length_of(direction) / (neck_full * scale_px)));
    } else {
        add_unit(&up, rough, 1);
    }
    add_normal(&up, person, RIGHT_EAR, LEFT_EAR, ears_full * scale_px, rough);
    add_normal(&up, person, RIGHT_EYE, LEFT_EYE, eyes_full * scale_px, rough);
    if (eyes_over_nose(person, &direction))
        add_unit(&up, direction,
                 eyes_weight *
                     fmin(1, length_of(direction) / (nose_full * scale_px)));
    return up;
}

/* Needs up. */
static void find_back(const hatpose_person *person, hp_frame *frame)
{
    static const int nose[] = {NOSE};
    static const int eyes[] = {RIGHT_EYE, LEFT_EYE};
    static const int ears[] = {RIGHT_EAR, LEFT_EAR};
    vector front, side, up = {frame->up_x, frame->up_y};

    frame->back_x_px = frame->back_y_px = 0;
    if ((!mean_of(person, nose, 1, &front) &&
         !mean_of(person, eyes, 2, &front)) ||
        !mean_of(person, ears, 2, &side))
        return;
    vector away = minus(side, front);
    double along = dot(away, up);
    frame->back_x_px = away.x - along * up.x;
    frame->back_y_px = away.y - along * up.y;
}

/* ---- Other parts ------------------------------------------------------ */

static bool torso_up(const hatpose_person *person, vector *out)
{
    vector neck, hips, face;

    if (!neck_of(person, &neck))
        return false;
    if (hips_of(person, &hips))
        *out = minus(neck, hips);
    else if (face_of(person, &face))
        *out = minus(face, neck);
    else
        return false;
    return true;
}

/* Along a limb towards its end; without the middle joint any way will do,
 * for the expected place is at the end itself. */
static bool limb_end(const hatpose_person *person, hp_frame_kind kind,
                     vector *out)
{
    static const struct {
        int middle, end;
    } limbs[] = {{3, 4}, {6, 7}, {9, 10}, {12, 13}};
    int middle = limbs[kind - HP_FRAME_RIGHT_ARM].middle;
    int end = limbs[kind - HP_FRAME_RIGHT_ARM].end;

    if (!hp_joint_is_found(person, end))
        return false;
    *out = (vector){0, 1};
    if (hp_joint_is_found(person, middle))
        *out = minus(joint_at(person, end), joint_at(person, middle));
    return true;
}

bool hp_frame_find(const hatpose_person *person, hp_frame_kind kind,
                   hp_frame *out)
{
    vector up;

    out->scale_px = scale_of(person);
    if (!(out->scale_px >= least_scale_px))
        return false;
    out->has_neck = hp_joint_is_found(person, NECK);
    out->face_count = hp_joint_is_found(person, NOSE);
    for (int k = RIGHT_EYE; k <= LEFT_EAR; k++)
        out->face_count += hp_joint_is_found(person, k);
    if (kind == HP_FRAME_HEAD)
        up = head_up(person, out->scale_px);
    else if (kind == HP_FRAME_TORSO ? !torso_up(person, &up)
                                    : !limb_end(person, kind, &up))
        return false;
    double length = length_of(up);
    if (!(length > 0))
        return false;
    out->up_x = up.x / length;
    out->up_y = up.y / length;
    find_back(person, out);
    return true;
}
