/* resize.c - bilinear resize of 8-bit pixels.
 *
 * In: a picture and the steps in source pixels. Out: what OpenCV's
 * INTER_LINEAR gives, bit for bit: weights in 1/2048, rows in 1/128, the
 * exact half as a mean of four (docs/algorithm.md, "Input: compat"). Big
 * pictures may be averaged down on the way, row by row, so that each pixel is
 * read once and no reduced picture is ever stored. */
#include "image/resize.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

enum { WEIGHT_ONE = 2048 };

/* One run's geometry and working memory, all inside the resizer's buffer. */
typedef struct plan {
    const hp_rows *kernels;
    const hp_pixels *source;
    hp_resize_to to;
    int channels;
    int width_px, height_px; /* of the source after averaging */
    hp_column *columns;
    int16_t *rows[2];   /* resized horizontally, 1/128 */
    int row_indices[2]; /* the source rows they hold, -1 = none */
    uint16_t *sums;     /* averaging: of a row of blocks */
    uint8_t *means;     /* averaging: the row at hand */
} plan;

/* Averages one row of blocks, along x and y at once. */
static void average_row(const plan *p, int y, uint8_t *out)
{
    int factor_x = p->to.factor_x, first = y * p->to.factor_y;
    int row_count = p->source->height_px - first;
    int whole = p->source->width_px / factor_x;
    int rest = p->source->width_px % factor_x;

    if (row_count > p->to.factor_y)
        row_count = p->to.factor_y;
    p->kernels->sum_rows(
        p->source->data + (size_t)first * p->source->stride_bytes,
        p->source->stride_bytes, row_count,
        (size_t)p->source->width_px * (size_t)p->channels, p->sums);
    p->kernels->mean_blocks(p->sums, whole, p->channels, factor_x,
                            1.0f / (float)(factor_x * row_count), out);
    if (rest > 0)
        p->kernels->mean_blocks(
            p->sums + (size_t)whole * (size_t)(factor_x * p->channels), 1,
            p->channels, rest, 1.0f / (float)(rest * row_count),
            out + whole * p->channels);
}

static bool is_averaged(const plan *p)
{
    return p->to.factor_x > 1 || p->to.factor_y > 1;
}

/* A row of the source, or of its means: in p->means then. */
static const uint8_t *source_row(const plan *p, int y)
{
    if (!is_averaged(p))
        return p->source->data + (size_t)y * p->source->stride_bytes;
    average_row(p, y, p->means);
    return p->means;
}

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
    int last = p->width_px - 1;

    for (int x = 0; x < p->to.width_px; x++) {
        hp_column *c = &p->columns[x];
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

/* The horizontally resized source row; the two last ones are kept. */
static const int16_t *get_row(plan *p, int y, int other_y)
{
    int last = p->height_px - 1;

    y = y < 0 ? 0 : y > last ? last : y;
    other_y = other_y < 0 ? 0 : other_y > last ? last : other_y;
    for (int i = 0; i < 2; i++)
        if (p->row_indices[i] == y)
            return p->rows[i];
    int slot = p->row_indices[0] == other_y ? 1 : 0;
    const hp_column_run run = {
        .row = source_row(p, y),
        .row_bytes = (size_t)p->width_px * (size_t)p->channels,
        .columns = p->columns,
        .count = p->to.width_px,
        .channels = p->channels,
        .right_offset = p->width_px > 1 ? p->channels : 0,
    };
    p->kernels->mix_columns(&run, p->rows[slot]);
    p->row_indices[slot] = y;
    return p->rows[slot];
}

static void resize_linear(plan *p, uint8_t *out, size_t out_stride_bytes)
{
    make_columns(p);
    for (int y = 0; y < p->to.height_px; y++) {
        float r;
        int i = source_position(y, p->to.step_y, &r);
        const int16_t *upper = get_row(p, i, i + 1);
        const int16_t *lower = get_row(p, i + 1, i);

        p->kernels->blend_rows(upper, lower, p->to.width_px * p->channels,
                               weight(1 - r), weight(r),
                               out + (size_t)y * out_stride_bytes);
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

    for (int y = 0; y < p->to.height_px; y++) {
        uint8_t *to = out + (size_t)y * out_stride_bytes;

        if (is_averaged(p))
            average_row(p, y, to);
        else
            memcpy(to, source_row(p, y), row_bytes);
    }
}

static hatpose_status reserve_tables(hp_memory *memory, hp_resizer *resizer,
                                     plan *p, hatpose_error *err)
{
    size_t width = (size_t)p->to.width_px, channels = (size_t)p->channels;
    size_t sum_count = 0, mean_count = 0;

    if (is_averaged(p)) {
        sum_count = (size_t)p->source->width_px * channels + HP_SUM_SLACK;
        mean_count = (size_t)p->width_px * channels;
    }
    size_t words = 2 * width * channels + sum_count;
    hatpose_status status = hp_buffer_reserve(
        memory, &resizer->tables,
        width * sizeof(hp_column) + words * sizeof(int16_t) + mean_count,
        "resize tables", err);
    if (status != HATPOSE_OK)
        return status;
    p->columns = resizer->tables.data;
    p->rows[0] = (int16_t *)(p->columns + width);
    p->rows[1] = p->rows[0] + width * channels;
    p->row_indices[0] = p->row_indices[1] = -1;
    p->sums = (uint16_t *)(p->rows[1] + width * channels);
    p->means = (uint8_t *)(p->sums + sum_count);
    /* The slack is read, though what comes of it is not kept. */
    if (sum_count > 0)
        memset(p->sums + sum_count - HP_SUM_SLACK, 0,
               HP_SUM_SLACK * sizeof *p->sums);
    return HATPOSE_OK;
}

static bool is_factor(int factor)
{
    return factor >= 1 && factor <= HP_SUM_ROWS_MAX;
}

static bool is_sound(const hp_pixels *source, const plan *p)
{
    /* Element offsets and row lengths are int; steps may be anything. */
    return p->channels > 0 && source->width_px > 0 && source->height_px > 0 &&
           source->width_px <= INT_MAX / 8 && p->to.width_px > 0 &&
           p->to.width_px <= INT_MAX / 8 && p->to.height_px > 0 &&
           is_factor(p->to.factor_x) && is_factor(p->to.factor_y) &&
           p->to.step_x > 0 && p->to.step_y > 0 &&
           p->to.step_x * p->to.width_px < INT_MAX / 2 &&
           p->to.step_y * p->to.height_px < INT_MAX / 2;
}

static bool is_copy(const plan *p)
{
    return p->to.step_x == 1 && p->to.step_y == 1 &&
           p->to.width_px == p->width_px && p->to.height_px == p->height_px;
}

static bool is_halved(const plan *p)
{
    return !is_averaged(p) && p->to.step_x == 2 && p->to.step_y == 2 &&
           2 * (p->to.width_px - 1) < p->width_px &&
           2 * (p->to.height_px - 1) < p->height_px;
}

static int divide_up(int length, int factor)
{
    return (length - 1) / factor + 1;
}

hatpose_status hp_resize_linear_u8(hp_memory *memory, hp_resizer *resizer,
                                   const hp_pixels *source,
                                   const hp_resize_to *to, uint8_t *out,
                                   size_t out_stride_bytes, hatpose_error *err)
{
    plan p = {.kernels = resizer->kernels->rows,
              .source = source,
              .to = *to,
              .channels = hp_pixel_bytes(source->format)};

    if (!is_sound(source, &p))
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "resize of %d x %d px to %d x %d is out of range",
                       source->width_px, source->height_px, to->width_px,
                       to->height_px);
    p.width_px = divide_up(source->width_px, to->factor_x);
    p.height_px = divide_up(source->height_px, to->factor_y);
    if (is_halved(&p)) {
        halve(&p, out, out_stride_bytes);
        return HATPOSE_OK;
    }
    hatpose_status status = reserve_tables(memory, resizer, &p, err);
    if (status != HATPOSE_OK)
        return status;
    if (is_copy(&p))
        copy_rows(&p, out, out_stride_bytes);
    else
        resize_linear(&p, out, out_stride_bytes);
    return HATPOSE_OK;
}

void hp_resizer_release(hp_memory *memory, hp_resizer *resizer)
{
    hp_buffer_release(memory, &resizer->tables);
}
