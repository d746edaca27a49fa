/* codes_avx512.h - pixels of INT8 to floats and back: the parts of a view,
 * LANES channels from LANES * part on. */
#ifndef HP_CODES_AVX512_H
#define HP_CODES_AVX512_H

#include "vector_avx512.h"
#include "activation_vector.h"
#include "layer.h"

enum { PARTS_A_BLOCK = 4 };

static inline unsigned char *part_pixel(const hp_view *view, int part,
                                        ptrdiff_t pixel)
{
    return view->data + (size_t)(part / PARTS_A_BLOCK) * view->block_stride +
           pixel * 64 + part % PARTS_A_BLOCK * LANES;
}

static inline vec part_load(const hp_view *view, int part, ptrdiff_t pixel)
{
    __m512i codes = _mm512_cvtepu8_epi32(
        _mm_load_si128((const __m128i *)part_pixel(view, part, pixel)));
    vec units = _mm512_cvtepi32_ps(
        _mm512_sub_epi32(codes, _mm512_set1_epi32(view->codes.zero)));

    return vec_mul(units, _mm512_loadu_ps(view->codes.step + part * LANES));
}

static inline void part_store(const hp_view *view, int part, ptrdiff_t pixel,
                              vec value)
{
    /* Cut first: what is no int becomes the least one. */
    vec units = vec_min(
        vec_mul(value, _mm512_loadu_ps(view->codes.inverse + part * LANES)),
        vec_all(255.0f));
    __m512i codes = _mm512_add_epi32(_mm512_cvtps_epi32(units),
                                     _mm512_set1_epi32(view->codes.zero));

    _mm_store_si128((__m128i *)part_pixel(view, part, pixel),
                    _mm512_cvtusepi32_epi8(
                        _mm512_max_epi32(codes, _mm512_setzero_si512())));
}

/* Four vectors of numbers, rounded and cut to bytes: of each quarter of the
 * vectors first a, then b, c, d. */
static inline __m512i vec_to_codes(vec a, vec b, vec c, vec d)
{
    return _mm512_packus_epi16(
        _mm512_packs_epi32(_mm512_cvtps_epi32(a), _mm512_cvtps_epi32(b)),
        _mm512_packs_epi32(_mm512_cvtps_epi32(c), _mm512_cvtps_epi32(d)));
}

#endif
