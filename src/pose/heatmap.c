/* heatmap.c - cubic enlargement of a map by 4.
 *
 * In: one plane, map_px. Out: up_px. The sums are made in the original's
 * order, along x first. Its program keeps all channels of a pixel together
 * and adds the last (4 * width * channels) mod 4 values of a row in another
 * order; at this ratio there are none. */
#include "pose/heatmap.h"

#include <assert.h>

enum { TAPS = 4, RATIO = HP_UP_RATIO };

/* Cell i of the plane lies between its pixels 4i + 1 and 4i + 2. The four
 * pixels from 4i + 2 on are made of the cells i - 1 .. i + 2; these are their
 * weights (Keys, A = -0.75), first index the cell. */
static const float weights[TAPS][RATIO] = {
    {-0.07177734375F, -0.10986328125F, -0.06591796875F, -0.01025390625F},
    {0.96728515625F, 0.74951171875F, 0.42626953125F, 0.11474609375F},
    {0.11474609375F, 0.42626953125F, 0.74951171875F, 0.96728515625F},
    {-0.01025390625F, -0.06591796875F, -0.10986328125F, -0.07177734375F},
};

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
    float sum = row[clamped(at.cell - 1, width)] * weights[0][at.phase];

    for (int tap = 1; tap < TAPS; tap++)
        sum += row[clamped(at.cell - 1 + tap, width)] * weights[tap][at.phase];
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
            four[phase] = p[0] * weights[0][phase] + p[1] * weights[1][phase] +
                          p[2] * weights[2][phase] + p[3] * weights[3][phase];
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

/* Along y the original adds from the last cell to the first. */
static void mix_rows(const float *restrict a, const float *restrict b,
                     const float *restrict c, const float *restrict d,
                     int phase, int count, float *restrict out)
{
    float wa = weights[0][phase], wb = weights[1][phase];
    float wc = weights[2][phase], wd = weights[3][phase];

    for (int x = 0; x < count; x++)
        out[x] = a[x] * wa + (b[x] * wb + (c[x] * wc + d[x] * wd));
}

void hp_heatmap_enlarge_row(const float *wide, int width, int height, int y_up,
                            float *out)
{
    place at = place_of(y_up);
    int count = width * RATIO;
    const float *rows[TAPS];

    assert(y_up >= 0 && y_up < height * RATIO);
    for (int tap = 0; tap < TAPS; tap++)
        rows[tap] =
            wide + (size_t)clamped(at.cell - 1 + tap, height) * (size_t)count;
    mix_rows(rows[0], rows[1], rows[2], rows[3], at.phase, count, out);
}

/* As mix_rows, of the cells in these rows and columns. */
static float mix_cells(const float *plane, const int rows[TAPS],
                       const int columns[TAPS], place x, place y)
{
    float sums[TAPS];

    for (int i = 0; i < TAPS; i++) {
        const float *row = plane + rows[i];
        sums[i] = row[columns[0]] * weights[0][x.phase] +
                  row[columns[1]] * weights[1][x.phase] +
                  row[columns[2]] * weights[2][x.phase] +
                  row[columns[3]] * weights[3][x.phase];
    }
    return sums[0] * weights[0][y.phase] +
           (sums[1] * weights[1][y.phase] +
            (sums[2] * weights[2][y.phase] + sums[3] * weights[3][y.phase]));
}

void hp_heatmap_enlarge_at(const float *const planes[2], int width, int height,
                           int x_up, int y_up, float values[2])
{
    place x = place_of(x_up), y = place_of(y_up);
    int rows[TAPS], columns[TAPS];

    assert(x_up >= 0 && x_up < width * RATIO);
    assert(y_up >= 0 && y_up < height * RATIO);
    for (int tap = 0; tap < TAPS; tap++) {
        rows[tap] = clamped(y.cell - 1 + tap, height) * width;
        columns[tap] = clamped(x.cell - 1 + tap, width);
    }
    values[0] = mix_cells(planes[0], rows, columns, x, y);
    values[1] = mix_cells(planes[1], rows, columns, x, y);
}
