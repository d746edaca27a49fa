/* draw.c - people, hats and tags on a picture.
 *
 * In: a result and the caller's pixels. Worn is blue, not worn orange and
 * thick, unknown grey and dashed, so that no one needs to tell red from
 * green; where nobody asked for hats people are turquoise. Left limbs are
 * light, right ones dark. All of it lies on a dark rim, to be seen on any
 * background. */
#include "result/draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "image/pixels.h"
#include "result/canvas.h"
#include "result/font.h"

enum {
    ALL_FLAGS = HATPOSE_DRAW_SKELETONS | HATPOSE_DRAW_BOXES |
                HATPOSE_DRAW_HATS | HATPOSE_DRAW_TAGS | HATPOSE_DRAW_BLUR,
    USUAL_FLAGS =
        HATPOSE_DRAW_SKELETONS | HATPOSE_DRAW_HATS | HATPOSE_DRAW_TAGS,
    LIMB_COUNT = 17,
    HEAD_POINT_COUNT = 5,
    BLUR_CELL_COUNT = 5,
    TAG_BYTES = 32
};

/* Completed joints of less are guesses (docs/algorithm.md, "People"). */
static const float SCORE_MIN = 0.1f;

/* A line is this part of the picture's shorter side, or of the person's
 * longer one where that is less: small people must not vanish below it. */
static const float RADIUS_OF_PICTURE = 1.0f / 320;
static const float RADIUS_OF_PERSON = 1.0f / 60;
static const float RADIUS_MIN_PX = 0.75f;
static const float DASH_MIN_PX = 3;
static const float RIM_OPACITY = 0.7f;

/* A row of text is this part of the sides named above. */
static const float TEXT_OF_PICTURE = 1.0f / 270;
static const float TEXT_OF_PERSON = 1.0f / 60;

enum {
    NOSE = 0,
    NECK = 1,
    R_SHOULDER = 2,
    L_SHOULDER = 5,
    R_EYE = 14,
    L_EYE = 15,
    R_EAR = 16,
    L_EAR = 17
};

typedef enum side { SIDE_RIGHT, SIDE_LEFT, SIDE_MIDDLE } side;

typedef struct limb {
    uint8_t a, b; /* keypoints */
    uint8_t side;
} limb;

/* The limbs of docs/algorithm.md, "Coordinates", but shoulder to ear, which
 * nobody has. Of the head only the joints tell their side. */
static const limb limbs[LIMB_COUNT] = {
    {NECK, R_SHOULDER, SIDE_RIGHT},
    {R_SHOULDER, 3, SIDE_RIGHT},
    {3, 4, SIDE_RIGHT},
    {NECK, 8, SIDE_RIGHT},
    {8, 9, SIDE_RIGHT},
    {9, 10, SIDE_RIGHT},
    {NECK, L_SHOULDER, SIDE_LEFT},
    {L_SHOULDER, 6, SIDE_LEFT},
    {6, 7, SIDE_LEFT},
    {NECK, 11, SIDE_LEFT},
    {11, 12, SIDE_LEFT},
    {12, 13, SIDE_LEFT},
    {NECK, NOSE, SIDE_MIDDLE},
    {NOSE, R_EYE, SIDE_MIDDLE},
    {R_EYE, R_EAR, SIDE_MIDDLE},
    {NOSE, L_EYE, SIDE_MIDDLE},
    {L_EYE, L_EAR, SIDE_MIDDLE},
};

static const int head_points[HEAD_POINT_COUNT] = {NOSE, R_EYE, L_EYE, R_EAR,
                                                  L_EAR};

typedef struct style {
    hp_colour limbs[3]; /* by side */
    hp_colour tag, text;
    float thickness; /* factor */
    bool dashed;
    const char *before, *after; /* the gear's name in a tag; NULL: only the
                                 * person's number */
} style;

static const hp_colour rim_colour = {16, 16, 16};

static const style worn_style = {
    {{20, 86, 214}, {124, 196, 255}, {64, 140, 255}},
    {20, 86, 214},
    {255, 255, 255},
    1,
    false,
    " ",
    ""};
static const style not_worn_style = {
    {{226, 92, 0}, {255, 186, 92}, {255, 138, 20}},
    {255, 138, 20},
    {16, 16, 16},
    1.6f,
    false,
    " no ",
    ""};
static const style unknown_style = {
    {{156, 156, 156}, {232, 232, 232}, {196, 196, 196}},
    {196, 196, 196},
    {16, 16, 16},
    1,
    true,
    " ",
    "?"};
static const style plain_style = {
    {{0, 150, 150}, {120, 245, 215}, {255, 214, 70}},
    {0, 104, 110},
    {255, 255, 255},
    1,
    false,
    NULL,
    NULL};

/* What all steps of one drawing share. */
typedef struct drawing {
    const hatpose_result *result;
    const hp_canvas *canvas;
    bool asked; /* somebody wanted to know about hats */
    float picture_px;
    const char *gear;
} drawing;

static const char *gear_name(const hatpose_result *result)
{
    static const char *const names[] = {"hat", "vest", "glove", "boot", "mask"};
    uint32_t kind = result->hat_count > 0 ? result->hats[0].kind : 0;

    return kind < sizeof names / sizeof *names ? names[kind] : "gear";
}

static bool was_asked_for_hats(const hatpose_result *result)
{
    if (result->hat_count > 0 || result->maps_with_hats != 0)
        return true;
    for (uint32_t i = 0; i < result->person_count; i++)
        if (result->people[i].hat_state != HATPOSE_HAT_UNKNOWN ||
            result->people[i].hat_reason != HATPOSE_REASON_NO_EVIDENCE)
            return true;
    return false;
}

static const style *style_of(const drawing *d, int32_t hat_state)
{
    if (hat_state == HATPOSE_HAT_WORN)
        return &worn_style;
    if (hat_state == HATPOSE_HAT_NOT_WORN)
        return &not_worn_style;
    return d->asked ? &unknown_style : &plain_style;
}

static bool is_found(const hatpose_keypoint *point)
{
    return point->score >= SCORE_MIN && isfinite(point->x) &&
           isfinite(point->y);
}

/* Around the found joints; false without any. */
static bool box_of(const hatpose_person *person, hp_box *out)
{
    hp_box box = {INFINITY, INFINITY, -INFINITY, -INFINITY};

    for (int i = 0; i < HATPOSE_KEYPOINT_COUNT; i++) {
        const hatpose_keypoint *point = &person->keypoints[i];

        if (!is_found(point))
            continue;
        box.left = fmin(box.left, (double)point->x);
        box.top = fmin(box.top, (double)point->y);
        box.right = fmax(box.right, (double)point->x);
        box.bottom = fmax(box.bottom, (double)point->y);
    }
    *out = box;
    return box.left <= box.right;
}

static float side_of(const hp_box *box)
{
    return (float)fmax(box->right - box->left, box->bottom - box->top);
}

static float line_radius(const drawing *d, const hp_box *box, const style *s)
{
    float radius = fminf(d->picture_px * RADIUS_OF_PICTURE,
                         side_of(box) * RADIUS_OF_PERSON);

    return fmaxf(radius, RADIUS_MIN_PX) * s->thickness;
}

static hp_brush rim_brush(float radius_px)
{
    hp_brush brush = {rim_colour, RIM_OPACITY,
                      radius_px + fmaxf(1, radius_px * 0.4f), 0};

    return brush;
}

static void draw_limbs(const drawing *d, const hatpose_person *person,
                       hp_brush brush, const style *s)
{
    for (int i = 0; i < LIMB_COUNT; i++) {
        const hatpose_keypoint *a = &person->keypoints[limbs[i].a];
        const hatpose_keypoint *b = &person->keypoints[limbs[i].b];

        if (!is_found(a) || !is_found(b))
            continue;
        if (s != NULL)
            brush.colour = s->limbs[limbs[i].side];
        hp_canvas_line(d->canvas, (double)a->x, (double)a->y, (double)b->x,
                       (double)b->y, &brush);
    }
}

static side side_of_joint(int joint)
{
    if (joint == NOSE || joint == NECK)
        return SIDE_MIDDLE;
    if (joint >= R_EYE)
        return joint % 2 == 0 ? SIDE_RIGHT : SIDE_LEFT;
    return joint < L_SHOULDER || (joint >= 8 && joint <= 10) ? SIDE_RIGHT
                                                             : SIDE_LEFT;
}

static void draw_joints(const drawing *d, const hatpose_person *person,
                        hp_brush brush, const style *s)
{
    for (int i = 0; i < HATPOSE_KEYPOINT_COUNT; i++) {
        const hatpose_keypoint *point = &person->keypoints[i];

        if (!is_found(point))
            continue;
        if (s != NULL)
            brush.colour = s->limbs[side_of_joint(i)];
        hp_canvas_disc(d->canvas, (double)point->x, (double)point->y, &brush);
    }
}

static void draw_skeleton(const drawing *d, const hatpose_person *person)
{
    const style *s = style_of(d, person->hat_state);
    hp_box box;

    if (!box_of(person, &box))
        return;
    float radius = line_radius(d, &box, s);
    hp_brush brush = {rim_colour, 1, radius,
                      s->dashed ? fmaxf(3 * radius, DASH_MIN_PX) : 0};
    hp_brush joint_brush = {rim_colour, 1, radius * 1.5f, 0};
    draw_limbs(d, person, rim_brush(radius), NULL);
    draw_joints(d, person, rim_brush(joint_brush.radius_px), NULL);
    draw_limbs(d, person, brush, s);
    draw_joints(d, person, joint_brush, s);
}

static void draw_outline(const drawing *d, const hp_box *box, const style *s)
{
    float radius = line_radius(d, box, s);
    hp_brush brush = {s->limbs[SIDE_MIDDLE], 1, radius,
                      s->dashed ? fmaxf(3 * radius, DASH_MIN_PX) : 0};
    hp_brush rim = rim_brush(radius);

    hp_canvas_box(d->canvas, box, &rim);
    hp_canvas_box(d->canvas, box, &brush);
}

static void draw_person_box(const drawing *d, const hatpose_person *person)
{
    double left = (double)person->left, top = (double)person->top;
    hp_box box = {left, top, left + (double)person->width,
                  top + (double)person->height};

    if (person->width > 0 && person->height > 0)
        draw_outline(d, &box, style_of(d, person->hat_state));
}

/* A hat in somebody's hand is one that nobody wears. */
static void draw_hat(const drawing *d, const hatpose_hat *hat)
{
    hp_box box = {hat->left, hat->top, hat->left + hat->width,
                  hat->top + hat->height};
    const style *s = hat->person_index >= 0   ? &worn_style
                     : hat->holder_index >= 0 ? &not_worn_style
                                              : &unknown_style;

    draw_outline(d, &box, s);
}

static void draw_lonely_head(const drawing *d, const hatpose_head *head)
{
    double left = (double)head->left, top = (double)head->top;
    hp_box box = {left, top, left + (double)head->width,
                  top + (double)head->height};

    if (head->person_index < 0)
        draw_outline(d, &box, style_of(d, head->hat_state));
}

static double distance(const hatpose_keypoint *a, const hatpose_keypoint *b)
{
    if (!is_found(a) || !is_found(b))
        return 0;
    return hypot((double)a->x - (double)b->x, (double)a->y - (double)b->y);
}

/* Half the height of a head, from whatever pairs of joints are found. The
 * factors are proportions of a face, rounded up: too much is hidden rather
 * than too little. */
static double head_radius(const hatpose_keypoint *points)
{
    double ears = distance(&points[R_EAR], &points[L_EAR]);
    double eyes = distance(&points[R_EYE], &points[L_EYE]);
    double cheek = fmax(distance(&points[R_EYE], &points[R_EAR]),
                        distance(&points[L_EYE], &points[L_EAR]));
    double throat = distance(&points[NOSE], &points[NECK]);
    double shoulders = distance(&points[R_SHOULDER], &points[L_SHOULDER]);
    double radius = fmax(0.9 * ears, 1.8 * eyes);

    radius = fmax(radius, fmax(1.6 * cheek, 0.9 * throat));
    return fmax(radius, 0.4 * shoulders);
}

/* A square around the head; false where there is no joint to go by. */
static bool head_box(const hatpose_person *person, const hp_box *body,
                     hp_box *out)
{
    const hatpose_keypoint *points = person->keypoints;
    double x = 0, y = 0, radius = head_radius(points);
    int count = 0;

    if (radius <= 0) /* a lone point: an eighth of the body */
        radius = (double)side_of(body) / 8;

    for (int i = 0; i < HEAD_POINT_COUNT; i++) {
        const hatpose_keypoint *point = &points[head_points[i]];

        if (is_found(point)) {
            x += (double)point->x;
            y += (double)point->y;
            count++;
        }
    }
    if (count > 0) {
        x /= count;
        y /= count;
    } else if (is_found(&points[NECK]) && radius > 0) {
        x = (double)points[NECK].x;
        y = (double)points[NECK].y - 1.3 * radius;
    } else {
        return false;
    }
    hp_box box = {x - radius, y - radius, x + radius, y + radius};
    *out = box;
    return radius > 0;
}

static void blur_heads(const drawing *d)
{
    const hatpose_result *result = d->result;

    for (uint32_t i = 0; i < result->person_count; i++) {
        hp_box body, box;

        if (box_of(&result->people[i], &body) &&
            head_box(&result->people[i], &body, &box))
            hp_canvas_pixelate(d->canvas, &box, BLUR_CELL_COUNT);
    }
    for (uint32_t i = 0; i < result->head_count; i++) {
        const hatpose_head *head = &result->heads[i];
        double left = (double)head->left, top = (double)head->top;
        hp_box box = {left, top, left + (double)head->width,
                      top + (double)head->height};

        hp_canvas_pixelate(d->canvas, &box, BLUR_CELL_COUNT);
    }
}

static int text_scale(const drawing *d, const hp_box *box)
{
    float scale =
        fminf(d->picture_px * TEXT_OF_PICTURE, side_of(box) * TEXT_OF_PERSON);

    return scale < 1 ? 1 : (int)fminf(rintf(scale), 64);
}

static int clamp_int(double value, int low, int high)
{
    return value <= low ? low : value >= high ? high : (int)value;
}

/* Above the head, moved into the picture where it would leave it. */
static void draw_tag(const drawing *d, const hatpose_person *person,
                     unsigned index)
{
    const style *s = style_of(d, person->hat_state);
    char text[TAG_BYTES];
    hp_box body, head;

    if (!box_of(person, &body))
        return;
    if (!head_box(person, &body, &head))
        head = body;
    int scale = text_scale(d, &body);
    if (s->before == NULL)
        snprintf(text, sizeof text, "%u", index);
    else
        snprintf(text, sizeof text, "%u%s%s%s", index, s->before, d->gear,
                 s->after);
    int width = hp_canvas_text_width(text, scale) + 3 * scale;
    int height = (HP_GLYPH_HEIGHT + 2) * scale;
    int left = clamp_int((head.left + head.right - width) / 2, 0,
                         d->canvas->width_px - width);
    int top = clamp_int(fmin(head.top, body.top) - height - 2 * scale, 0,
                        d->canvas->height_px - height);
    left = left < 0 ? 0 : left;
    top = top < 0 ? 0 : top;
    hp_box plate = {left, top, left + width, top + height};
    hp_canvas_fill(d->canvas, &plate, s->tag, 0.85f);
    hp_canvas_text(d->canvas, left + 2 * scale, top + 2 * scale, text, scale,
                   s->text);
}

static void draw_all(const drawing *d, uint32_t flags)
{
    const hatpose_result *result = d->result;

    if ((flags & HATPOSE_DRAW_BLUR) != 0)
        blur_heads(d);
    /* The surest people come first in a result, and on top here. */
    for (uint32_t i = result->person_count; i-- > 0;) {
        if ((flags & HATPOSE_DRAW_BOXES) != 0)
            draw_person_box(d, &result->people[i]);
        if ((flags & HATPOSE_DRAW_SKELETONS) != 0)
            draw_skeleton(d, &result->people[i]);
    }
    if ((flags & HATPOSE_DRAW_HATS) != 0) {
        for (uint32_t i = 0; i < result->hat_count; i++)
            draw_hat(d, &result->hats[i]);
        for (uint32_t i = 0; i < result->head_count; i++)
            draw_lonely_head(d, &result->heads[i]);
    }
    if ((flags & HATPOSE_DRAW_TAGS) != 0)
        for (uint32_t i = result->person_count; i-- > 0;)
            draw_tag(d, &result->people[i], i);
}

hatpose_status hp_result_draw(const hatpose_result *result, uint32_t flags,
                              void *pixels, const hatpose_image *layout,
                              hatpose_error *err)
{
    hp_pixels view;
    hatpose_status status =
        hp_pixels_view(pixels, layout, INT32_MAX, UINT64_MAX, &view, err);

    if (status != HATPOSE_OK)
        return status;
    if ((flags & ~(uint32_t)ALL_FLAGS) != 0)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "drawing flags 0x%x: unknown",
                       (unsigned)(flags & ~(uint32_t)ALL_FLAGS));
    if ((uint32_t)view.width_px != result->width_px ||
        (uint32_t)view.height_px != result->height_px)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "picture of %d x %d px, but the result is of %u x %u",
                       view.width_px, view.height_px,
                       (unsigned)result->width_px, (unsigned)result->height_px);
    hp_canvas canvas = hp_canvas_make(pixels, &view);
    drawing d = {result, &canvas, was_asked_for_hats(result),
                 fminf((float)view.width_px, (float)view.height_px),
                 gear_name(result)};
    draw_all(&d, flags == 0 ? USUAL_FLAGS : flags);
    return HATPOSE_OK;
}
