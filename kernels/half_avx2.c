/* half_avx2.c - f16 to floats by F16C, which flushes no half to zero. */
#include <immintrin.h>

#include "variants.h"

void hp_widen_halves_avx2(const uint16_t *halves, size_t count, float *floats)
{
    enum { LANES = 8 };
    const size_t whole = count - count % LANES;

    for (size_t i = 0; i < whole; i += LANES)
        _mm256_storeu_ps(floats + i, _mm256_cvtph_ps(_mm_loadu_si128(
                                         (const __m128i *)(halves + i))));
    for (size_t i = whole; i < count; i++)
        floats[i] = _cvtsh_ss(halves[i]);
}
