/* limb_avx2.c - responses along limbs, AVX2: four samples of the linear field
 * at a time, a pixel of both enlarged fields at a time. Products and sums
 * are rounded one by one, in the scalar kernels' order: the same bits. */
#include <immintrin.h>

#include "variants.h"

/* Left and right cells of a row in one half, of the row below in the other,
 * times the vector. */
static inline __m256 four_cells(const float *cells, int row, __m256 by)
{
    __m256 v = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(cells)),
                                    _mm_loadu_ps(cells + row), 1);

    return _mm256_mul_ps(v, by);
}

/* Responses of the samples from `first` on: four, or the two first ones
 * twice. count is a constant in every call. */
static inline __m128 linear(const hp_field *field, const hp_segment *s,
                            int first, int count)
{
    __m128 at = _mm_loadu_ps(hp_sample_ways + first);
    __m128 x =
        _mm_add_ps(_mm_set1_ps(s->x), _mm_mul_ps(_mm_set1_ps(s->way_x), at));
    __m128 y =
        _mm_add_ps(_mm_set1_ps(s->y), _mm_mul_ps(_mm_set1_ps(s->way_y), at));
    __m128i left = _mm_cvttps_epi32(x), top = _mm_cvttps_epi32(y);
    __m128 rx = _mm_sub_ps(x, _mm_cvtepi32_ps(left));
    __m128 ry = _mm_sub_ps(y, _mm_cvtepi32_ps(top));
    __m128i offset =
        _mm_add_epi32(_mm_mullo_epi32(top, _mm_set1_epi32(field->row)),
                      _mm_add_epi32(left, left));
    __m256 by = _mm256_setr_ps(s->way_x, s->way_y, s->way_x, s->way_y, s->way_x,
                               s->way_y, s->way_x, s->way_y);
    /* Places count from the cell (-1, -1). */
    const float *cells = field->corner + field->row + 2;
    int row = field->row;
    __m256 a = four_cells(cells + _mm_cvtsi128_si32(offset), row, by);
    __m256 b = four_cells(cells + _mm_extract_epi32(offset, 1), row, by);
    __m256 ab = _mm256_hadd_ps(a, b), cd = ab;

    if (count == 4) {
        __m256 c = four_cells(cells + _mm_extract_epi32(offset, 2), row, by);
        __m256 d = four_cells(cells + _mm_extract_epi32(offset, 3), row, by);

        cd = _mm256_hadd_ps(c, d);
    } else {
        rx = _mm_movelh_ps(rx, rx);
        ry = _mm_movelh_ps(ry, ry);
    }
    __m256 near = _mm256_shuffle_ps(ab, cd, _MM_SHUFFLE(2, 0, 2, 0));
    __m256 far = _mm256_shuffle_ps(ab, cd, _MM_SHUFFLE(3, 1, 3, 1));
    __m256 along = _mm256_insertf128_ps(_mm256_castps128_ps256(rx), rx, 1);
    __m256 rows =
        _mm256_add_ps(near, _mm256_mul_ps(_mm256_sub_ps(far, near), along));
    __m128 upper = _mm256_castps256_ps128(rows);
    __m128 lower = _mm256_extractf128_ps(rows, 1);

    return _mm_add_ps(upper, _mm_mul_ps(_mm_sub_ps(lower, upper), ry));
}

/* A bit for each response that fails. */
static inline unsigned failures(__m128 e, float threshold)
{
    return (unsigned)_mm_movemask_ps(
        _mm_cmp_ps(e, _mm_set1_ps(threshold), _CMP_NGT_UQ));
}

/* Two samples first, then two more of those that are left. */
int hp_filter_linear_avx2(const hp_field *field, const hp_segment *segments,
                          int count, int failed_most, int32_t *kept)
{
    enum { FAILED = 3 }; /* of the first two, in the low bits */
    int half_count = 0, kept_count = 0;

    for (int i = 0; i < count; i++) {
        const hp_segment *s = &segments[i];
        __m128 two = linear(field, s, 0, 2);
        int failed = __builtin_popcount(failures(two, s->threshold) & 3);

        kept[half_count] = i << 2 | failed;
        half_count += failed <= failed_most;
    }
    for (int i = 0; i < half_count; i++) {
        const hp_segment *s = &segments[kept[i] >> 2];
        __m128 two = linear(field, s, 2, 2);
        int failed = __builtin_popcount(failures(two, s->threshold) & 3);

        failed += kept[i] & FAILED;
        kept[kept_count] = kept[i] >> 2;
        kept_count += failed <= failed_most;
    }
    return kept_count;
}

float hp_sum_linear_avx2(const hp_field *field, const hp_segment *s,
                         int failed_middle_most, int failed_most)
{
    float e[HP_SAMPLES], sum = 0;
    __m128 two = linear(field, s, 0, 2);
    int failed = __builtin_popcount(failures(two, s->threshold) & 3);

    if (failed > failed_middle_most)
        return 0;
    __m128 four = linear(field, s, 2, 4);
    unsigned mask = failures(four, s->threshold);
    if (failed + __builtin_popcount(mask & 3) > failed_middle_most)
        return 0;
    __m128 last = linear(field, s, 6, 4);
    mask |= failures(last, s->threshold) << 4;
    if (failed + __builtin_popcount(mask) > failed_most)
        return 0;
    _mm_storel_pi((__m64 *)(void *)e, two);
    _mm_storeu_ps(e + 2, four);
    _mm_storeu_ps(e + 6, last);
    for (int i = 0; i < HP_SAMPLES; i++)
        sum += e[i];
    return sum;
}

/* Weights along x of each phase, for x and y side by side. */
static const float weights_x[4][8] = {
#define PHASE(p, w0, w1, w2, w3) [p] = {w0, w0, w1, w1, w2, w2, w3, w3}
    PHASE(0, -0.07177734375F, 0.96728515625F, 0.11474609375F, -0.01025390625F),
    PHASE(1, -0.10986328125F, 0.74951171875F, 0.42626953125F, -0.06591796875F),
    PHASE(2, -0.06591796875F, 0.42626953125F, 0.74951171875F, -0.10986328125F),
    PHASE(3, -0.01025390625F, 0.11474609375F, 0.96728515625F, -0.07177734375F),
#undef PHASE
};

/* Sums along x of two rows: x, y of the upper, x, y of the lower. */
static inline __m128 sum_columns(__m256 upper, __m256 lower)
{
    __m256 even = _mm256_castpd_ps(
        _mm256_unpacklo_pd(_mm256_castps_pd(upper), _mm256_castps_pd(lower)));
    __m256 odd = _mm256_castpd_ps(
        _mm256_unpackhi_pd(_mm256_castps_pd(upper), _mm256_castps_pd(lower)));
    __m128 sum =
        _mm_add_ps(_mm256_castps256_ps128(even), _mm256_castps256_ps128(odd));

    sum = _mm_add_ps(sum, _mm256_extractf128_ps(even, 1));
    return _mm_add_ps(sum, _mm256_extractf128_ps(odd, 1));
}

/* Both values of a pixel of the enlarged field, in the lower half. */
static inline __m128 cubic_at(const float *cells, int row, int phase_x,
                              int phase_y)
{
    __m256 along_x = _mm256_loadu_ps(weights_x[phase_x]);
    __m256 along_y = _mm256_loadu_ps(weights_x[phase_y]);
    __m256 a = _mm256_mul_ps(_mm256_loadu_ps(cells), along_x);
    __m256 b = _mm256_mul_ps(_mm256_loadu_ps(cells + row), along_x);
    __m256 c = _mm256_mul_ps(_mm256_loadu_ps(cells + 2 * row), along_x);
    __m256 d = _mm256_mul_ps(_mm256_loadu_ps(cells + 3 * row), along_x);
    __m128 upper =
        _mm_mul_ps(sum_columns(a, b), _mm256_castps256_ps128(along_y));
    __m128 lower =
        _mm_mul_ps(sum_columns(c, d), _mm256_extractf128_ps(along_y, 1));

    lower = _mm_add_ps(lower, _mm_movehl_ps(lower, lower));
    lower = _mm_add_ps(_mm_movehl_ps(upper, upper), lower);
    return _mm_add_ps(upper, lower);
}

/* Nearest whole number, ties to even. */
static inline __m128i nearest(__m128 value)
{
    return _mm_cvtps_epi32(value);
}

/* Responses as in linear, those that fail times 0; *failed counts them on. */
static inline __m128 cubic(const hp_field *field, const hp_segment *s,
                           int first, int count, int *failed)
{
    const __m128 ninth = _mm_set1_ps(1.0F / (HP_SAMPLES - 1));
    __m128 k = _mm_cvtepi32_ps(
        _mm_loadu_si128((const __m128i *)(hp_sample_order + first)));
    __m128 step_x = _mm_mul_ps(ninth, _mm_set1_ps(s->way_x));
    __m128 step_y = _mm_mul_ps(ninth, _mm_set1_ps(s->way_y));
    /* 2 on: the pixels of a cell's four begin there. */
    const __m128i two = _mm_set1_epi32(2), three = _mm_set1_epi32(3);
    __m128i x = _mm_add_epi32(
        nearest(_mm_add_ps(_mm_mul_ps(step_x, k), _mm_set1_ps(s->x))), two);
    __m128i y = _mm_add_epi32(
        nearest(_mm_add_ps(_mm_mul_ps(step_y, k), _mm_set1_ps(s->y))), two);
    int offsets[4], phases_x[4], phases_y[4];
    __m128 at[4];

    _mm_storeu_si128((__m128i *)offsets,
                     _mm_add_epi32(_mm_mullo_epi32(_mm_srai_epi32(y, 2),
                                                   _mm_set1_epi32(field->row)),
                                   _mm_slli_epi32(_mm_srai_epi32(x, 2), 1)));
    _mm_storeu_si128((__m128i *)phases_x, _mm_and_si128(x, three));
    _mm_storeu_si128((__m128i *)phases_y, _mm_and_si128(y, three));
    for (int i = 0; i < 4; i++)
        at[i] = i < count ? cubic_at(field->corner + offsets[i], field->row,
                                     phases_x[i], phases_y[i])
                          : at[i % 2];
    __m128 ab = _mm_unpacklo_ps(at[0], at[1]);
    __m128 cd = _mm_unpacklo_ps(at[2], at[3]);
    __m128 e =
        _mm_add_ps(_mm_mul_ps(_mm_movelh_ps(ab, cd), _mm_set1_ps(s->along_x)),
                   _mm_mul_ps(_mm_movehl_ps(cd, ab), _mm_set1_ps(s->along_y)));
    __m128 fails = _mm_cmp_ps(e, _mm_set1_ps(s->threshold), _CMP_NGT_UQ);

    *failed += __builtin_popcount((unsigned)_mm_movemask_ps(fails) &
                                  ((1u << count) - 1));
    return _mm_blendv_ps(e, _mm_mul_ps(e, _mm_setzero_ps()), fails);
}

int hp_sample_cubic_avx2(const hp_field *field, const hp_segment *s,
                         int failed_most, float responses[HP_SAMPLES])
{
    float e[HP_SAMPLES];
    int failed = 0;

    _mm_storel_pi((__m64 *)(void *)e, cubic(field, s, 0, 2, &failed));
    if (failed > failed_most)
        return failed;
    _mm_storeu_ps(e + 2, cubic(field, s, 2, 4, &failed));
    if (failed > failed_most)
        return failed;
    _mm_storeu_ps(e + 6, cubic(field, s, 6, 4, &failed));
    if (failed > failed_most)
        return failed;
    for (int i = 0; i < HP_SAMPLES; i++)
        responses[hp_sample_order[i]] = e[i];
    return failed;
}
