/* peak_avx2.c - rows of maps: maxima and the sums that enlarge them, AVX2.
 * Products and sums are rounded one by one: the original's bits. */
#include <float.h>
#include <immintrin.h>

#include "variants.h"

static inline __m256 load(const float *p)
{
    return _mm256_loadu_ps(p);
}

/* Each comparison is false for NaN, as in C. */
static inline __m256 is_above(__m256 a, const float *b)
{
    return _mm256_cmp_ps(a, load(b), _CMP_GT_OQ);
}

static inline __m256 is_not_below(__m256 a, const float *b)
{
    return _mm256_cmp_ps(a, load(b), _CMP_GE_OQ);
}

static inline __m256 both(__m256 a, __m256 b)
{
    return _mm256_and_ps(a, b);
}

static inline __m256 maxima8(__m256 v, const float *p, size_t stride)
{
    const float *up = p - stride, *down = p + stride;
    __m256 mask = _mm256_cmp_ps(v, _mm256_set1_ps(FLT_MAX), _CMP_LE_OQ);

    mask = both(mask, both(is_above(v, up - 1), is_above(v, up)));
    mask = both(mask, both(is_above(v, up + 1), is_above(v, p - 1)));
    mask = both(mask, both(is_not_below(v, p + 1), is_not_below(v, down - 1)));
    return both(mask, both(is_not_below(v, down), is_not_below(v, down + 1)));
}

static inline __m256 maxima4(__m256 v, const float *p, size_t stride)
{
    return both(both(is_above(v, p - 1), is_above(v, p + 1)),
                both(is_above(v, p - stride), is_above(v, p + stride)));
}

/* A bit for each of 8 columns. neighbours is a constant in every call. */
static inline unsigned mask_of(const float *p, size_t stride, __m256 threshold,
                               int neighbours)
{
    __m256 v = load(p);
    __m256 live = _mm256_cmp_ps(v, threshold, _CMP_GE_OQ);

    if (_mm256_testz_ps(live, live))
        return 0;
    live = both(live, neighbours == 8 ? maxima8(v, p, stride)
                                      : maxima4(v, p, stride));
    return (unsigned)_mm256_movemask_ps(live);
}

static inline int store_columns(unsigned mask, int first, int32_t *columns)
{
    int count = 0;

    for (; mask != 0; mask &= mask - 1)
        columns[count++] = first + __builtin_ctz(mask);
    return count;
}

static inline int find(const float *row, size_t stride, int count,
                       float threshold, int neighbours, int32_t *columns)
{
    __m256 limit = _mm256_set1_ps(threshold);
    int found = 0, x = 0;

    for (; x + 8 <= count; x += 8)
        found += store_columns(mask_of(row + x, stride, limit, neighbours), x,
                               columns + found);
    if (x < count) { /* the last 8, without those that are done */
        int first = count - 8;
        unsigned mask = mask_of(row + first, stride, limit, neighbours);

        mask &= ~0u << (x - first);
        found += store_columns(mask, first, columns + found);
    }
    return found;
}

int hp_find_maxima8_avx2(const float *row, size_t stride, int count,
                         float threshold, int32_t *columns)
{
    if (count < 8)
        return hp_find_maxima8_scalar(row, stride, count, threshold, columns);
    return find(row, stride, count, threshold, 8, columns);
}

int hp_find_maxima4_avx2(const float *row, size_t stride, int count,
                         float threshold, int32_t *columns)
{
    if (count < 8)
        return hp_find_maxima4_scalar(row, stride, count, threshold, columns);
    return find(row, stride, count, threshold, 4, columns);
}

void hp_mix_rows_avx2(const float *const rows[4], const float weights[4],
                      int count, float *out)
{
    const float *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
    __m256 wa = _mm256_set1_ps(weights[0]), wb = _mm256_set1_ps(weights[1]);
    __m256 wc = _mm256_set1_ps(weights[2]), wd = _mm256_set1_ps(weights[3]);
    int x = 0;

    for (; x + 8 <= count; x += 8) {
        __m256 sum = _mm256_add_ps(_mm256_mul_ps(load(c + x), wc),
                                   _mm256_mul_ps(load(d + x), wd));

        sum = _mm256_add_ps(_mm256_mul_ps(load(b + x), wb), sum);
        sum = _mm256_add_ps(_mm256_mul_ps(load(a + x), wa), sum);
        _mm256_storeu_ps(out + x, sum);
    }
    if (x < count) {
        const float *const rest[4] = {a + x, b + x, c + x, d + x};

        hp_mix_rows_scalar(rest, weights, count - x, out + x);
    }
}
