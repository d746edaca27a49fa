/* stored_avx512.h - pixels of SPLIT and BF16 to floats and back, with
 * AVX-512 BF16. Inlined where the storage is a constant. */
#ifndef HP_STORED_AVX512_H
#define HP_STORED_AVX512_H

#include <string.h>

#include "vector_avx512.h"
#include "activation_vector.h"
#include "layer.h"

/* 32 channels. */
typedef struct vec_pair {
    vec low, high;
} vec_pair;

/* 16 of 32 bf16 as floats: word i goes to the upper half of float i - from.
 * One instruction, where widening and shifting take two. */
static inline vec vec_from_halves(__m512i halves, const int from)
{
    const __m512i lane =
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i index =
        _mm512_slli_epi32(_mm512_add_epi32(lane, _mm512_set1_epi32(from)), 16);

    return _mm512_castsi512_ps(
        _mm512_maskz_permutexvar_epi16(0xaaaaaaaau, index, halves));
}

/* 32 floats to bf16, rounded to the nearest. */
static inline __m512i vec_to_halves(vec low, vec high)
{
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/* Channels 16 * part .. of a pixel. */
static inline vec stored_load(const hp_storage storage,
                              const unsigned char *pixel, const int part)
{
    vec value = vec_from_halves(_mm512_load_si512(pixel), 16 * part);

    if (storage == HP_STORAGE_SPLIT)
        value = vec_add(
            value, vec_from_halves(_mm512_load_si512(pixel + 64), 16 * part));
    return value;
}

static inline vec_pair stored_load_pair(const hp_storage storage,
                                        const unsigned char *pixel)
{
    return (vec_pair){stored_load(storage, pixel, 0),
                      stored_load(storage, pixel, 1)};
}

static inline void stored_store(const hp_storage storage, unsigned char *pixel,
                                const int part, vec value)
{
    __m256i halves = (__m256i)_mm512_cvtneps_pbh(value);

    _mm256_store_si256((__m256i *)(pixel + 32 * part), halves);
    if (storage == HP_STORAGE_SPLIT) {
        vec high = _mm512_castsi512_ps(
            _mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
        _mm256_store_si256((__m256i *)(pixel + 64 + 32 * part),
                           (__m256i)_mm512_cvtneps_pbh(vec_sub(value, high)));
    }
}

static inline void stored_store_pair(const hp_storage storage,
                                     unsigned char *pixel, vec_pair value)
{
    __m512i halves = vec_to_halves(value.low, value.high);

    _mm512_store_si512(pixel, halves);
    if (storage == HP_STORAGE_SPLIT)
        _mm512_store_si512(
            pixel + 64,
            vec_to_halves(vec_sub(value.low, vec_from_halves(halves, 0)),
                          vec_sub(value.high, vec_from_halves(halves, 16))));
}

static inline uint16_t to_bf16(float value)
{
    return (uint16_t)_mm_extract_epi16(
        (__m128i)_mm_cvtneps_pbh(_mm_set_ss(value)), 0);
}

static inline float from_bf16(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
