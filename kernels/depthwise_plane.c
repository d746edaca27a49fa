/* depthwise_scalar.c - 3x3 convolution of one channel, no copy of the input.
 * A row is computed in two parts: the inner columns, whose taps all lie in
 * the plane, without a test, and up to `dilation` columns on each side. Taps
 * above or below the plane are left out by a list of the rows that exist. */
#include "activation_row.h"
#include "variants.h"

typedef struct row_taps {
    const float *row[3];    /* of the input; only those in the plane */
    const float *weight[3]; /* three each */
    int count;
} row_taps;

/* Columns first .. end - 1 of an output row. Inlined with constant count and
 * stride, so that it vectorises. */
static inline void inner_columns(const row_taps *taps, int count, int stride,
                                 int dilation, float bias, int first, int end,
                                 float *restrict out)
{
    const float *w0 = taps->weight[0], *w1 = taps->weight[count > 1 ? 1 : 0],
                *w2 = taps->weight[count > 2 ? 2 : 0];
    const float *r0 = taps->row[0], *r1 = taps->row[count > 1 ? 1 : 0],
                *r2 = taps->row[count > 2 ? 2 : 0];
    const float a0 = w0[0], a1 = w0[1], a2 = w0[2];
    const float b0 = w1[0], b1 = w1[1], b2 = w1[2];
    const float c0 = w2[0], c1 = w2[1], c2 = w2[2];

    for (int i = first; i < end; i++) {
        int x = i * stride;
        float sum =
            bias + a0 * r0[x - dilation] + a1 * r0[x] + a2 * r0[x + dilation];
        if (count > 1)
            sum += b0 * r1[x - dilation] + b1 * r1[x] + b2 * r1[x + dilation];
        if (count > 2)
            sum += c0 * r2[x - dilation] + c1 * r2[x] + c2 * r2[x + dilation];
        out[i] = sum;
    }
}

static void inner_row(const row_taps *taps, const hp_window *window, float bias,
                      int first, int end, float *restrict out)
{
    const int d = window->dilation;

    if (window->stride == 1) {
        if (taps->count == 3)
            inner_columns(taps, 3, 1, d, bias, first, end, out);
        else if (taps->count == 2)
            inner_columns(taps, 2, 1, d, bias, first, end, out);
        else
            inner_columns(taps, 1, 1, d, bias, first, end, out);
    } else {
        if (taps->count == 3)
            inner_columns(taps, 3, 2, d, bias, first, end, out);
        else if (taps->count == 2)
            inner_columns(taps, 2, 2, d, bias, first, end, out);
        else
            inner_columns(taps, 1, 2, d, bias, first, end, out);
    }
}

static float border_column(const row_taps *taps, const hp_window *window,
                           float bias, int column)
{
    float sum = bias;

    for (int j = 0; j < taps->count; j++)
        for (int t = 0; t < 3; t++) {
            int x = column * window->stride + (t - 1) * window->dilation;
            if (x >= 0 && x < window->width)
                sum += taps->weight[j][t] * taps->row[j][x];
        }
    return sum;
}

void hp_depthwise3x3_f32_scalar(const hp_window *window, const float *in,
                                const float weight[9], float bias,
                                hp_activation activation, float *out)
{
    const int stride = window->stride, dilation = window->dilation;
    const int width = window->width, height = window->height;
    const int out_width = hp_window_out(width, stride);
    const int out_height = hp_window_out(height, stride);
    /* First column whose left tap, and last whose right tap, is inside. */
    int first = (dilation + stride - 1) / stride;
    int end = width > dilation ? (width - 1 - dilation) / stride + 1 : 0;

    if (first > out_width)
        first = out_width;
    if (end < first)
        end = first;
    for (int y = 0; y < out_height; y++, out += out_width) {
        row_taps taps = {.count = 0};
        for (int t = 0; t < 3; t++) {
            int row = y * stride + (t - 1) * dilation;
            if (row < 0 || row >= height)
                continue;
            taps.row[taps.count] = in + (size_t)row * (size_t)width;
            taps.weight[taps.count++] = weight + 3 * t;
        }
        for (int x = 0; x < first; x++)
            out[x] = border_column(&taps, window, bias, x);
        inner_row(&taps, window, bias, first, end, out);
        for (int x = end; x < out_width; x++)
            out[x] = border_column(&taps, window, bias, x);
        if (activation != HP_ACTIVATION_NONE)
            hp_activate_row((size_t)out_width, out, 0.0f, activation);
    }
}
