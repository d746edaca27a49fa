/* peak_scalar.c - rows of maps: maxima and the sums that enlarge them, in
 * plain loops. */
#include <float.h>
#include <stdbool.h>

#include "variants.h"

/* A row is looked through in blocks of this many columns: most have nothing
 * above the threshold. */
enum { BLOCK = 16 };

static bool is_live(const float *row, int count, float threshold)
{
    int any = 0;

    for (int x = 0; x < count; x++)
        any |= row[x] >= threshold;
    return any != 0;
}

static inline bool is_maximum8(const float *p, size_t stride)
{
    const float *up = p - stride, *down = p + stride;

    return p[0] <= FLT_MAX && p[0] > up[-1] && p[0] > up[0] && p[0] > up[1] &&
           p[0] > p[-1] && p[0] >= p[1] && p[0] >= down[-1] &&
           p[0] >= down[0] && p[0] >= down[1];
}

static inline bool is_maximum4(const float *p, size_t stride)
{
    return p[0] > p[-1] && p[0] > p[1] && p[0] > *(p - stride) &&
           p[0] > p[stride];
}

/* neighbours is a constant in every call. */
static inline int find(const float *row, size_t stride, int count,
                       float threshold, int neighbours, int32_t *columns)
{
    int found = 0;

    for (int first = 0; first < count; first += BLOCK) {
        int end = count - first < BLOCK ? count : first + BLOCK;

        if (!is_live(row + first, end - first, threshold))
            continue;
        for (int x = first; x < end; x++) {
            if (row[x] >= threshold &&
                (neighbours == 8 ? is_maximum8(row + x, stride)
                                 : is_maximum4(row + x, stride)))
                columns[found++] = x;
        }
    }
    return found;
}

int hp_find_maxima8_scalar(const float *row, size_t stride, int count,
                           float threshold, int32_t *columns)
{
    return find(row, stride, count, threshold, 8, columns);
}

int hp_find_maxima4_scalar(const float *row, size_t stride, int count,
                           float threshold, int32_t *columns)
{
    return find(row, stride, count, threshold, 4, columns);
}

static void mix(const float *restrict a, const float *restrict b,
                const float *restrict c, const float *restrict d,
                const float weights[4], int count, float *restrict out)
{
    float wa = weights[0], wb = weights[1], wc = weights[2], wd = weights[3];

    for (int x = 0; x < count; x++)
        out[x] = a[x] * wa + (b[x] * wb + (c[x] * wc + d[x] * wd));
}

void hp_mix_rows_scalar(const float *const rows[4], const float weights[4],
                        int count, float *out)
{
    mix(rows[0], rows[1], rows[2], rows[3], weights, count, out);
}
