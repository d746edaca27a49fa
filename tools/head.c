/* head.c - where the head of a person is. In: joints and pixels. Out: a square
 * cut out for people to look at; no decision hangs on it. */
#include "head.h"

#include <math.h>
#include <stdbool.h>

enum { NOSE = 0, NECK = 1, RIGHT_SHOULDER = 2, LEFT_SHOULDER = 5 };
enum { FACE_POINTS = 5, SAMPLES_MOST = 8 };

static const int face[FACE_POINTS] = {NOSE, 14, 15, 16, 17}; /* eyes, ears */

/* Shares of a body: ears and eyes span most of a head, from face to neck is
 * three quarters of one, shoulders are two heads wide. The square has room
 * for a hat. */
static const double heads_per_face = 1.4, heads_per_neck = 1.3,
                    heads_per_shoulders = 0.5, heads_in_square = 2,
                    smallest_px = 16;

static const unsigned char outside[3] = {0xD8, 0xD8, 0xD8};

/* Weaker joints are guesses that may lie anywhere; they are not drawn. */
static const float least_score = 0.1f;

static bool found(const hatpose_person *p, int joint)
{
    return p->keypoints[joint].score >= least_score;
}

static double between_px(const hatpose_keypoint *a, const hatpose_keypoint *b)
{
    return hypot((double)a->x - b->x, (double)a->y - b->y);
}

/* The middle of the face points and the width that they span. */
static int middle_of_face(const hatpose_person *p, hatpose_keypoint *middle,
                          double *span_px)
{
    int count = 0;

    *middle = (hatpose_keypoint){0};
    *span_px = 0;
    for (int i = 0; i < FACE_POINTS; i++) {
        const hatpose_keypoint *a = &p->keypoints[face[i]];

        if (!found(p, face[i]))
            continue;
        middle->x += a->x;
        middle->y += a->y;
        count++;
        for (int j = 0; j < i; j++)
            if (found(p, face[j]))
                *span_px =
                    fmax(*span_px, between_px(a, &p->keypoints[face[j]]));
    }
    if (count > 0) {
        middle->x /= (float)count;
        middle->y /= (float)count;
    }
    return count;
}

/* Moves what leaves the picture back into it, if it fits. */
static double moved_inside(double start, double side, uint32_t picture_px)
{
    if (side > picture_px)
        return (picture_px - side) / 2;
    return fmin(fmax(start, 0), picture_px - side);
}

head_square head_find(const hatpose_person *p, const pixmap *picture)
{
    hatpose_keypoint middle;
    double span_px, head_px, side_px;
    int count = middle_of_face(p, &middle, &span_px);

    head_px = span_px * heads_per_face;
    if (count > 0 && found(p, NECK))
        head_px = fmax(head_px, heads_per_neck *
                                    between_px(&middle, &p->keypoints[NECK]));
    if (head_px <= 0 && found(p, RIGHT_SHOULDER) && found(p, LEFT_SHOULDER))
        head_px =
            heads_per_shoulders * between_px(&p->keypoints[RIGHT_SHOULDER],
                                             &p->keypoints[LEFT_SHOULDER]);
    if (head_px <= 0) /* a few joints of a body: its upper part */
        head_px = fmin((double)p->width, (double)p->height) / 2;
    head_px = fmax(head_px, smallest_px);
    if (count == 0 && found(p, NECK)) {
        middle = p->keypoints[NECK];
        middle.y -= (float)(head_px * 0.7);
    } else if (count == 0) {
        middle.x = p->left + p->width / 2;
        middle.y = p->top + (float)(head_px / 2);
    }
    side_px = head_px * heads_in_square;
    /* hats are above eyes and ears */
    return (head_square){moved_inside((double)middle.x - side_px / 2, side_px,
                                      picture->layout.width_px),
                         moved_inside((double)middle.y - side_px * 0.55,
                                      side_px, picture->layout.height_px),
                         side_px};
}

head_square head_around(const hatpose_head *head, const pixmap *picture)
{
    /* The box holds hat and face already: a little more is enough. */
    double side_px = fmax(1.4 * fmax((double)head->width, (double)head->height),
                          smallest_px);

    return (head_square){
        moved_inside((double)head->left + ((double)head->width - side_px) / 2,
                     side_px, picture->layout.width_px),
        moved_inside((double)head->top + ((double)head->height - side_px) / 2,
                     side_px, picture->layout.height_px),
        side_px};
}

/* Between the four nearest pixels. */
static void sample(const pixmap *picture, double x_px, double y_px,
                   double sum[3])
{
    double x0 = floor(x_px), y0 = floor(y_px);

    for (int corner = 0; corner < 4; corner++) {
        double x = x0 + (corner & 1), y = y0 + (corner >> 1);
        double weight = (1 - fabs(x_px - x)) * (1 - fabs(y_px - y));
        const unsigned char *pixel = outside;

        if (x >= 0 && y >= 0 && x < picture->layout.width_px &&
            y < picture->layout.height_px)
            pixel = (const unsigned char *)picture->pixels.data +
                    ((size_t)y * picture->layout.width_px + (size_t)x) * 3;
        for (int channel = 0; channel < 3; channel++)
            sum[channel] += weight * pixel[channel];
    }
}

void head_cut(const pixmap *picture, const head_square *square, int side_px,
              pixmap *out)
{
    double scale = square->side / side_px;
    /* shrinking takes the mean of several samples a pixel */
    int per_side = (int)fmin(fmax(ceil(scale), 1), SAMPLES_MOST);

    pixmap_fill(out, (uint32_t)side_px, (uint32_t)side_px, 0);
    for (int i = 0; i < side_px * side_px; i++) {
        double sum[3] = {0};

        for (int j = 0; j < per_side * per_side; j++) {
            double step_x = (j % per_side + 0.5) / per_side;
            double step_y = (j / per_side + 0.5) / per_side;

            sample(picture, square->left + (i % side_px + step_x) * scale - 0.5,
                   square->top + (i / side_px + step_y) * scale - 0.5, sum);
        }
        for (int channel = 0; channel < 3; channel++)
            out->pixels.data[i * 3 + channel] =
                (char)(unsigned char)(sum[channel] / (per_side * per_side) +
                                      0.5);
    }
}
