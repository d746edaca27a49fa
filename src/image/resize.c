/* resize.c - bilinear resize of 8-bit pixels.
 *
 * In: a picture and the steps in source pixels. Out: what OpenCV's
 * INTER_LINEAR gives, bit for bit: weights in 1/2048, rows in 1/128, the
 * exact half as a mean of four (docs/algorithm.md, "Input: compat"). */
#include "image/resize.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

enum { WEIGHT_ONE = 2048 };

/* One output column: element offset of its left pixel and the weights. */
typedef struct column {
    int32_t offset;
    int16_t left, right;
} column;

/* One run's geometry and working memory, all inside the resizer's buffer. */
typedef struct plan {
    const hp_pixels *source;
    hp_resize_to to;
    int channels;
    int right_offset; /* from a column's left pixel to its right one */
    column *columns;
    int16_t *rows[2];   /* resized horizontally, 1/128 */
    int row_indices[2]; /* the source rows they hold, -1 = none */
} plan;

/* Position of an output index in the source: whole part and remainder, with
 * the original's change from double to float in between. */
static int source_position(int index, double step, float *remainder)
{
    float t = (float)((index + 0.5) * step - 0.5);
    float whole = floorf(t);

    *remainder = t - whole;
    return (int)whole;
}

static int16_t weight(float part)
{
    return (int16_t)rintf(part * (float)WEIGHT_ONE);
}

static void make_columns(const plan *p)
{
    int last = p->source->width_px - 1;

    for (int x = 0; x < p->to.width_px; x++) {
        column *c = &p->columns[x];
        float r;
        int i = source_position(x, p->to.step_x, &r);

        if (i < 0) {
            i = 0;
            r = 0;
        }
        c->left = weight(1 - r);
        c->right = weight(r);
        if (i >= last) { /* the right neighbour takes all: nothing beyond */
            i = last > 0 ? last - 1 : 0;
            c->left = 0;
            c->right = WEIGHT_ONE;
        }
        c->offset = i * p->channels;
    }
}

/* channels is a constant in every call, so that the loop has no inner one. */
static inline void resize_row(const plan *p, const uint8_t *from, int channels,
                              int16_t *out)
{
    for (int x = 0; x < p->to.width_px; x++) {
        const column *c = &p->columns[x];
        const uint8_t *left = from + c->offset;
        const uint8_t *right = left + p->right_offset;

        for (int k = 0; k < channels; k++)
            out[x * channels + k] =
                (int16_t)((left[k] * c->left + right[k] * c->right) >> 4);
    }
}

/* The horizontally resized source row; the two last ones are kept. */
static const int16_t *get_row(plan *p, int y, int other_y)
{
    int last = p->source->height_px - 1;

    y = y < 0 ? 0 : y > last ? last : y;
    other_y = other_y < 0 ? 0 : other_y > last ? last : other_y;
    for (int i = 0; i < 2; i++)
        if (p->row_indices[i] == y)
            return p->rows[i];
    int slot = p->row_indices[0] == other_y ? 1 : 0;
    const uint8_t *from = p->source->data + (size_t)y * p->source->stride_bytes;
    if (p->channels == 3)
        resize_row(p, from, 3, p->rows[slot]);
    else if (p->channels == 4)
        resize_row(p, from, 4, p->rows[slot]);
    else
        resize_row(p, from, 1, p->rows[slot]);
    p->row_indices[slot] = y;
    return p->rows[slot];
}

/* The weights add up to 2048 at most by one more, so 255 is never passed. */
static void blend_rows(const int16_t *restrict upper,
                       const int16_t *restrict lower, int count,
                       int16_t upper_weight, int16_t lower_weight,
                       uint8_t *restrict out)
{
    for (int i = 0; i < count; i++) {
        int16_t a = (int16_t)((upper[i] * upper_weight) >> 16);
        int16_t b = (int16_t)((lower[i] * lower_weight) >> 16);

        out[i] = (uint8_t)((a + b + 2) >> 2);
    }
}

static void resize_linear(plan *p, uint8_t *out, size_t out_stride_bytes)
{
    make_columns(p);
    for (int y = 0; y < p->to.height_px; y++) {
        float r;
        int i = source_position(y, p->to.step_y, &r);
        const int16_t *upper = get_row(p, i, i + 1);
        const int16_t *lower = get_row(p, i + 1, i);

        blend_rows(upper, lower, p->to.width_px * p->channels, weight(1 - r),
                   weight(r), out + (size_t)y * out_stride_bytes);
    }
}

/* Mean of the up to 2 x 2 source pixels that exist at an odd edge. */
static uint8_t edge_mean(const plan *p, int x, int y, int channel)
{
    int sum = 0, count = 0;

    for (int v = 2 * y; v < 2 * y + 2 && v < p->source->height_px; v++)
        for (int u = 2 * x; u < 2 * x + 2 && u < p->source->width_px; u++) {
            sum += p->source->data[(size_t)v * p->source->stride_bytes +
                                   (size_t)(u * p->channels + channel)];
            count++;
        }
    return (uint8_t)rintf((float)sum / (float)count);
}

static inline void halve_row(const uint8_t *restrict upper,
                             const uint8_t *restrict lower, int count,
                             int channels, uint8_t *restrict out)
{
    for (int x = 0; x < count; x++)
        for (int k = 0; k < channels; k++) {
            int at = 2 * x * channels + k;

            out[x * channels + k] =
                (uint8_t)((upper[at] + upper[at + channels] + lower[at] +
                           lower[at + channels] + 2) >>
                          2);
        }
}

static void halve(const plan *p, uint8_t *out, size_t out_stride_bytes)
{
    int full_width = p->source->width_px / 2;
    int full_height = p->source->height_px / 2;

    if (full_width > p->to.width_px)
        full_width = p->to.width_px;
    for (int y = 0; y < p->to.height_px; y++) {
        uint8_t *to = out + (size_t)y * out_stride_bytes;
        int x = 0;

        if (y < full_height) {
            const uint8_t *upper =
                p->source->data + 2 * (size_t)y * p->source->stride_bytes;
            const uint8_t *lower = upper + p->source->stride_bytes;

            if (p->channels == 3)
                halve_row(upper, lower, full_width, 3, to);
            else if (p->channels == 4)
                halve_row(upper, lower, full_width, 4, to);
            else
                halve_row(upper, lower, full_width, 1, to);
            x = full_width;
        }
        for (; x < p->to.width_px; x++)
            for (int k = 0; k < p->channels; k++)
                to[x * p->channels + k] = edge_mean(p, x, y, k);
    }
}

static void copy_rows(const plan *p, uint8_t *out, size_t out_stride_bytes)
{
    size_t row_bytes = (size_t)p->to.width_px * (size_t)p->channels;

    for (int y = 0; y < p->to.height_px; y++)
        memcpy(out + (size_t)y * out_stride_bytes,
               p->source->data + (size_t)y * p->source->stride_bytes,
               row_bytes);
}

static hatpose_status reserve_tables(hp_memory *memory, hp_resizer *resizer,
                                     plan *p, hatpose_error *err)
{
    size_t width = (size_t)p->to.width_px;
    size_t row_bytes = width * (size_t)p->channels * sizeof(int16_t);
    size_t column_bytes = width * sizeof(column);
    hatpose_status status =
        hp_buffer_reserve(memory, &resizer->tables,
                          column_bytes + 2 * row_bytes, "resize tables", err);

    if (status != HATPOSE_OK)
        return status;
    p->columns = resizer->tables.data;
    p->rows[0] = (int16_t *)(p->columns + width);
    p->rows[1] = p->rows[0] + width * (size_t)p->channels;
    p->row_indices[0] = p->row_indices[1] = -1;
    return HATPOSE_OK;
}

static bool is_sound(const hp_pixels *source, const plan *p)
{
    /* Element offsets and row lengths are int; steps may be anything. */
    return p->channels > 0 && source->width_px > 0 && source->height_px > 0 &&
           source->width_px <= INT_MAX / 8 && p->to.width_px > 0 &&
           p->to.width_px <= INT_MAX / 8 && p->to.height_px > 0 &&
           p->to.step_x > 0 && p->to.step_y > 0 &&
           p->to.step_x * p->to.width_px < INT_MAX / 2 &&
           p->to.step_y * p->to.height_px < INT_MAX / 2;
}

hatpose_status hp_resize_linear_u8(hp_memory *memory, hp_resizer *resizer,
                                   const hp_pixels *source,
                                   const hp_resize_to *to, uint8_t *out,
                                   size_t out_stride_bytes, hatpose_error *err)
{
    plan p = {.source = source,
              .to = *to,
              .channels = hp_pixel_bytes(source->format)};

    if (!is_sound(source, &p))
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "resize of %d x %d px to %d x %d is out of range",
                       source->width_px, source->height_px, to->width_px,
                       to->height_px);
    p.right_offset = source->width_px > 1 ? p.channels : 0;
    if (to->step_x == 1 && to->step_y == 1 &&
        to->width_px == source->width_px &&
        to->height_px == source->height_px) {
        copy_rows(&p, out, out_stride_bytes);
        return HATPOSE_OK;
    }
    if (to->step_x == 2 && to->step_y == 2 &&
        2 * (to->width_px - 1) < source->width_px &&
        2 * (to->height_px - 1) < source->height_px) {
        halve(&p, out, out_stride_bytes);
        return HATPOSE_OK;
    }
    hatpose_status status = reserve_tables(memory, resizer, &p, err);
    if (status == HATPOSE_OK)
        resize_linear(&p, out, out_stride_bytes);
    return status;
}

void hp_resizer_release(hp_memory *memory, hp_resizer *resizer)
{
    hp_buffer_release(memory, &resizer->tables);
}
