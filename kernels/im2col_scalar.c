/* im2col_scalar.c - the matrix behind a 3x3 convolution, some columns of it.
 * With stride 1 a tap is a shift of the whole plane: one copy for all the
 * wanted columns, then zeros where the shift ran over a left or right edge. */
#include <stdbool.h>
#include <string.h>

#include "variants.h"

/* dx, dy: the tap's place relative to the window's centre. */
static void shift_plane(const hp_window *window, const float *restrict in,
                        int dx, int dy, int first, int count,
                        float *restrict out)
{
    const int width = window->width;
    const int end = first + count;
    const int shift = dy * width + dx;
    int from = first, to = end; /* output pixels whose source row exists */

    if (from < -dy * width)
        from = -dy * width;
    if (to > (window->height - dy) * width)
        to = (window->height - dy) * width;
    if (from >= to) {
        memset(out, 0, (size_t)count * sizeof *out);
        return;
    }
    memset(out, 0, (size_t)(from - first) * sizeof *out);
    memset(out + (to - first), 0, (size_t)(end - to) * sizeof *out);
    /* The plane's very first and last elements have sources outside; they
     * are among the edges that become zero below. */
    int copy_from = from + shift < 0 ? -shift : from;
    int copy_to = to + shift > width * window->height
                      ? width * window->height - shift
                      : to;
    if (copy_from < copy_to)
        memcpy(out + (copy_from - first), in + (copy_from + shift),
               (size_t)(copy_to - copy_from) * sizeof *out);
    int edge = dx < 0 ? -dx : dx;
    if (edge > width)
        edge = width;
    for (int row = from / width; edge > 0 && row * width < to; row++) {
        int x = row * width + (dx < 0 ? 0 : width - edge);
        for (int i = x; i < x + edge; i++)
            if (i >= from && i < to)
                out[i - first] = 0.0f;
    }
}

/* One output row's columns x .. end - 1; source is the input row or NULL. */
static void gather_row(const hp_window *window, const float *restrict source,
                       int dx, int x, int end, float *restrict out)
{
    const int stride = window->stride;
    /* Output columns whose source column exists. */
    int inner = dx < 0 ? (-dx + stride - 1) / stride : 0;
    int inner_end =
        window->width > dx ? (window->width - 1 - dx) / stride + 1 : 0;

    if (source == NULL || inner_end > end)
        inner_end = source == NULL ? x : end;
    for (; x < end && x < inner; x++)
        *out++ = 0.0f;
    for (; x < inner_end; x++)
        *out++ = source[x * stride + dx];
    for (; x < end; x++)
        *out++ = 0.0f;
}

static void gather_plane(const hp_window *window, const float *restrict in,
                         int dx, int dy, int first, int count,
                         float *restrict out)
{
    const int width = window->width;
    const int out_width = hp_window_out(width, window->stride);

    for (int at = first; at < first + count;) {
        int x = at % out_width, row = at / out_width * window->stride + dy;
        int part = out_width - x;
        if (part > first + count - at)
            part = first + count - at;
        bool inside = row >= 0 && row < window->height;
        gather_row(window, inside ? in + (size_t)row * (size_t)width : NULL, dx,
                   x, x + part, out);
        out += part;
        at += part;
    }
}

void hp_im2col3x3_f32_scalar(const hp_window *window, int channels,
                             const float *in, int first, int count, float *out)
{
    const size_t plane = (size_t)window->width * (size_t)window->height;

    for (int channel = 0; channel < channels; channel++, in += plane)
        for (int tap = 0; tap < 9; tap++, out += count) {
            int dx = (tap % 3 - 1) * window->dilation;
            int dy = (tap / 3 - 1) * window->dilation;
            if (window->stride == 1)
                shift_plane(window, in, dx, dy, first, count, out);
            else
                gather_plane(window, in, dx, dy, first, count, out);
        }
}
