/* checksum_avx2.c - CRC-32 by products without carries, as machines with
 * AVX2 have them: four lines of 16 bytes are folded at a time, to what has
 * the same remainder. zlib finishes. */
#include <immintrin.h>
#include <zlib.h>

#include "variants.h"

enum { LINE_BYTES = 16, LINES = 4, STEP_BYTES = LINE_BYTES * LINES };

/* x^(bits - 32) and x^(bits + 32) modulo the polynomial 104c11db7, the
 * highest power in the lowest bit, and shifted by the one bit that the
 * product of two such numbers lacks. */
#define FOLD_512 0x1c6e41596, 0x154442bd4
#define FOLD_128 0x0ccaa009e, 0x1751997d0

/* A line that many bits further on, added to what is there. */
static inline __m128i fold(__m128i line, __m128i by, __m128i there)
{
    __m128i low = _mm_clmulepi64_si128(line, by, 0x00);
    __m128i high = _mm_clmulepi64_si128(line, by, 0x11);

    return _mm_xor_si128(_mm_xor_si128(low, high), there);
}

static inline __m128i load(const uint8_t *bytes, int line)
{
    return _mm_loadu_si128((const __m128i *)(bytes + line * LINE_BYTES));
}

uint32_t hp_crc32_avx2(uint32_t crc, const uint8_t *bytes, size_t count)
{
    const __m128i by_512 = _mm_set_epi64x(FOLD_512);
    const __m128i by_128 = _mm_set_epi64x(FOLD_128);
    __m128i line[LINES];
    uint8_t folded[LINE_BYTES];

    if (count < STEP_BYTES)
        return (uint32_t)crc32_z(crc, bytes, count);
    for (int i = 0; i < LINES; i++)
        line[i] = load(bytes, i);
    /* zlib's checksums are turned over before and after. */
    line[0] = _mm_xor_si128(line[0], _mm_cvtsi32_si128((int)~crc));
    for (bytes += STEP_BYTES, count -= STEP_BYTES; count >= STEP_BYTES;
         bytes += STEP_BYTES, count -= STEP_BYTES)
        for (int i = 0; i < LINES; i++)
            line[i] = fold(line[i], by_512, load(bytes, i));
    for (int i = 1; i < LINES; i++)
        line[i] = fold(line[i - 1], by_128, line[i]);
    _mm_storeu_si128((__m128i *)folded, line[LINES - 1]);
    crc = (uint32_t)crc32_z(UINT32_MAX, folded, LINE_BYTES);
    return (uint32_t)crc32_z(crc, bytes, count);
}
