/* vector_avx512.h - what the float layers need of AVX-512: a vector is a
 * whole pixel of a block. 14 pixels x 2 vectors of sums, 2 of weights and one
 * that is spread fill the 32 registers, and keep both multipliers busy with
 * 16 loads to 28 products. */
#ifndef HP_VECTOR_AVX512_H
#define HP_VECTOR_AVX512_H

#include <immintrin.h>

#define FLOAT_LAYER(verb) hp_##verb##_f32_avx512

typedef __m512 vec;

enum { LANES = 16, TILE_PIXELS = 14, PANEL_VECTORS = 2, DEPTHWISE_COLUMNS = 4 };

/* Sizes of tiles that have code of their own. From 8 on they keep the
 * multipliers busy; smaller ones are met in tiny pictures only. */
#define TILE_SIZES(tile)                                                       \
    tile(2) tile(4) tile(6) tile(8) tile(9) tile(10) tile(11) tile(12)         \
        tile(13) tile(14)

static inline vec vec_load(const float *from)
{
    return _mm512_load_ps(from);
}

/* Loads once: gcc would rather load anew at each use. */
static inline vec vec_load_kept(const float *from)
{
    vec a = _mm512_load_ps(from);

    __asm__("" : "+v"(a));
    return a;
}

static inline void vec_store(float *to, vec a)
{
    _mm512_store_ps(to, a);
}

static inline vec vec_all(float a)
{
    return _mm512_set1_ps(a);
}

static inline vec vec_add(vec a, vec b)
{
    return _mm512_add_ps(a, b);
}

static inline vec vec_sub(vec a, vec b)
{
    return _mm512_sub_ps(a, b);
}

static inline vec vec_mul(vec a, vec b)
{
    return _mm512_mul_ps(a, b);
}

/* a * b + c, rounded once */
static inline vec vec_fma(vec a, vec b, vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}

/* The greater; b where one is no number, or both are zeros. */
static inline vec vec_max(vec a, vec b)
{
    return _mm512_max_ps(a, b);
}

static inline vec vec_min(vec a, vec b)
{
    return _mm512_min_ps(a, b);
}

/* x > 0 ? a : b */
static inline vec vec_where_positive(vec x, vec a, vec b)
{
    return _mm512_mask_blend_ps(
        _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GT_OQ), b, a);
}

/* 2^n for the n in the low bits of a float that 1.5 * 2^23 was added to. */
static inline vec vec_power_of_two(vec shifted)
{
    return _mm512_castsi512_ps(
        _mm512_add_epi32(_mm512_slli_epi32(_mm512_castps_si512(shifted), 23),
                         _mm512_set1_epi32(0x3f800000)));
}

/* No function: gcc finds that one without effect, and drops the call. */
#define VEC_PREFETCH(address) _mm_prefetch((const char *)(address), _MM_HINT_T0)

#endif
