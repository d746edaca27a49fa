/* heatmap.c - cubic enlargement of a map by 4.
 *
 * In: one plane, map_px. Out: up_px. The sums are made in the original's
 * order, along x first. Its program keeps all channels of a pixel together
 * and adds the last (4 * width * channels) mod 4 values of a row in another
 * order; at this ratio there are none. */
#include "pose/heatmap.h"

#include <assert.h>

enum { TAPS = 4, RATIO = HP_UP_RATIO };

/* A pixel's place among the four that share their cells. */
typedef struct place {
    int cell; /* i above, from -1 */
    int phase;
} place;

static place place_of(int up)
{
    int shifted = up + RATIO / 2; /* not negative */

    return (place){shifted / RATIO - 1, shifted % RATIO};
}

static int clamped(int index, int count)
{
    if (index < 0)
        return 0;
    return index < count ? index : count - 1;
}

/* The border is repeated outwards. */
static void enlarge_edge(const float *row, int width, int x_up, float *out)
{
    place at = place_of(x_up);
    float sum =
        row[clamped(at.cell - 1, width)] * hp_cubic_weights[0][at.phase];

    for (int tap = 1; tap < TAPS; tap++)
        sum += row[clamped(at.cell - 1 + tap, width)] *
               hp_cubic_weights[tap][at.phase];
    out[x_up] = sum;
}

static void enlarge_row_x(const float *restrict row, int width,
                          float *restrict out)
{
    int inner_end = width - 2; /* cells with all taps inside: 1 .. */

    for (int cell = 1; cell < inner_end; cell++) {
        const float *p = row + cell - 1;
        float *four = out + cell * RATIO + RATIO / 2;
        for (int phase = 0; phase < RATIO; phase++)
            four[phase] = p[0] * hp_cubic_weights[0][phase] +
                          p[1] * hp_cubic_weights[1][phase] +
                          p[2] * hp_cubic_weights[2][phase] +
                          p[3] * hp_cubic_weights[3][phase];
    }
    int left_end = width < 4 ? width * RATIO : RATIO + RATIO / 2;
    for (int x = 0; x < left_end; x++)
        enlarge_edge(row, width, x, out);
    if (width >= 4)
        for (int x = inner_end * RATIO + RATIO / 2; x < width * RATIO; x++)
            enlarge_edge(row, width, x, out);
}

void hp_heatmap_enlarge_x(const float *plane, int width, int height,
                          float *wide)
{
    for (int y = 0; y < height; y++)
        enlarge_row_x(plane + (size_t)y * (size_t)width, width,
                      wide + (size_t)y * (size_t)width * RATIO);
}

void hp_heatmap_enlarge_row(const hp_kernels *kernels, const float *wide,
                            int width, int height, int y_up, float *out)
{
    place at = place_of(y_up);
    int count = width * RATIO;
    const float *rows[TAPS];
    float weights[TAPS];

    assert(y_up >= 0 && y_up < height * RATIO);
    for (int tap = 0; tap < TAPS; tap++) {
        rows[tap] =
            wide + (size_t)clamped(at.cell - 1 + tap, height) * (size_t)count;
        weights[tap] = hp_cubic_weights[tap][at.phase];
    }
    /* Along y the original adds from the last cell to the first. */
    kernels->rows->mix_rows(rows, weights, count, out);
}
