/* vector_avx2.h - what the float layers need of AVX2 and FMA: two vectors are
 * a pixel of a block. 6 pixels x 2 vectors of sums, 2 of weights and one that
 * is spread fill the 16 registers. */
#ifndef HP_VECTOR_AVX2_H
#define HP_VECTOR_AVX2_H

#include <immintrin.h>

#define FLOAT_LAYER(verb) hp_##verb##_f32_avx2

typedef __m256 vec;

enum { LANES = 8, TILE_PIXELS = 6, PANEL_VECTORS = 2, DEPTHWISE_COLUMNS = 4 };

/* Sizes of tiles that have code of their own. */
#define TILE_SIZES(tile) tile(1) tile(2) tile(3) tile(4) tile(5) tile(6)

static inline vec vec_load(const float *from)
{
    return _mm256_load_ps(from);
}

/* Loads once: gcc would rather load anew at each use. */
static inline vec vec_load_kept(const float *from)
{
    vec a = _mm256_load_ps(from);

    __asm__("" : "+x"(a));
    return a;
}

static inline void vec_store(float *to, vec a)
{
    _mm256_store_ps(to, a);
}

static inline vec vec_all(float a)
{
    return _mm256_set1_ps(a);
}

static inline vec vec_add(vec a, vec b)
{
    return _mm256_add_ps(a, b);
}

static inline vec vec_sub(vec a, vec b)
{
    return _mm256_sub_ps(a, b);
}

static inline vec vec_mul(vec a, vec b)
{
    return _mm256_mul_ps(a, b);
}

/* a * b + c, rounded once */
static inline vec vec_fma(vec a, vec b, vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}

/* The greater; b where one is no number, or both are zeros. */
static inline vec vec_max(vec a, vec b)
{
    return _mm256_max_ps(a, b);
}

static inline vec vec_min(vec a, vec b)
{
    return _mm256_min_ps(a, b);
}

/* x > 0 ? a : b */
static inline vec vec_where_positive(vec x, vec a, vec b)
{
    return _mm256_blendv_ps(b, a,
                            _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GT_OQ));
}

/* 2^n for the n in the low bits of a float that 1.5 * 2^23 was added to. */
static inline vec vec_power_of_two(vec shifted)
{
    return _mm256_castsi256_ps(
        _mm256_add_epi32(_mm256_slli_epi32(_mm256_castps_si256(shifted), 23),
                         _mm256_set1_epi32(0x3f800000)));
}

/* No function: gcc finds that one without effect, and drops the call. */
#define VEC_PREFETCH(address) _mm_prefetch((const char *)(address), _MM_HINT_T0)

#endif
