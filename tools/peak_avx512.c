/* peak_avx512.c - fused multiply-adds of 16 floats in 12 independent chains:
 * more than two units of latency 4 or 5 can have under way. */
#include <immintrin.h>

#include "peak_loops.h"

enum { CHAINS = 12, LANES = 16 };

double peak_loop_avx512(long rounds)
{
    __m512 sums[CHAINS], a = _mm512_set1_ps(0.5f), b = _mm512_set1_ps(0.25f);
    volatile float sink;

    for (int i = 0; i < CHAINS; i++)
        sums[i] = _mm512_set1_ps((float)i);
    for (long r = 0; r < rounds; r++)
        for (int i = 0; i < CHAINS; i++)
            sums[i] = _mm512_fmadd_ps(sums[i], a, b);
    for (int i = 1; i < CHAINS; i++)
        sums[0] = _mm512_add_ps(sums[0], sums[i]);
    sink = _mm512_cvtss_f32(sums[0]);
    (void)sink;
    return 2.0 * LANES * CHAINS * (double)rounds;
}
