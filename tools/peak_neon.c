/* peak_neon.c - fused multiply-adds of 4 floats in 16 independent chains. */
#include <arm_neon.h>

#include "peak_loops.h"

enum { CHAINS = 16, LANES = 4 };

double peak_loop_neon(long rounds)
{
    float32x4_t sums[CHAINS], a = vdupq_n_f32(0.5f), b = vdupq_n_f32(0.25f);
    volatile float sink;

    for (int i = 0; i < CHAINS; i++)
        sums[i] = vdupq_n_f32((float)i);
    for (long r = 0; r < rounds; r++)
        for (int i = 0; i < CHAINS; i++)
            sums[i] = vfmaq_f32(a, sums[i], b);
    for (int i = 1; i < CHAINS; i++)
        sums[0] = vaddq_f32(sums[0], sums[i]);
    sink = vgetq_lane_f32(sums[0], 0);
    (void)sink;
    return 2.0 * LANES * CHAINS * (double)rounds;
}
