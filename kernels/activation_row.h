/* activation_row.h - the activations over one row, inlined into the families
 * that end with one. */
#ifndef HP_ACTIVATION_ROW_H
#define HP_ACTIVATION_ROW_H

#include <stdint.h>
#include <string.h>

#include "layer.h"

/* exp(x) - 1 for x <= 0 without a call and without a branch, so that loops
 * vectorise: x = n ln 2 + r, |r| <= ln 2 / 2, and exp(x) - 1 =
 * 2^n (exp(r) - 1) + (2^n - 1). Within 6e-8 of the true value. NaN stays
 * NaN; positive x gives 0. */
static inline float hp_expm1_negative(float x)
{
    const float log2_e = 1.44269504f;
    const float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    const float rounder = 12582912.0f; /* 1.5 * 2^23: its ulp is 1 */
    uint32_t bits;
    float power;

    x = x > 0.0f ? 0.0f : x;
    x = x < -20.0f ? -20.0f : x; /* -1 in float from about -17 */
    float shifted = x * log2_e + rounder;
    float n = shifted - rounder;
    float r = x - n * ln2_high - n * ln2_low;
    float sum = 1.0f / 5040.0f;
    sum = sum * r + 1.0f / 720.0f;
    sum = sum * r + 1.0f / 120.0f;
    sum = sum * r + 1.0f / 24.0f;
    sum = sum * r + 1.0f / 6.0f;
    sum = sum * r + 0.5f;
    sum = sum * r * r + r;
    /* The low bits of `shifted` are n: moved to the exponent, the rest of
     * them falls out at the top. */
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << 23) + 0x3f800000u;
    memcpy(&power, &bits, sizeof power);
    return power * sum + (power - 1.0f);
}

/* row[i] = activation(row[i] + bias) */
static inline void hp_activate_row(size_t count, float *restrict row,
                                   float bias, hp_activation activation)
{
    switch (activation) {
    case HP_ACTIVATION_RELU:
        for (size_t i = 0; i < count; i++) {
            float x = row[i] + bias;
            row[i] = x > 0.0f ? x : 0.0f;
        }
        break;
    case HP_ACTIVATION_ELU:
        for (size_t i = 0; i < count; i++) {
            float x = row[i] + bias;
            float y = hp_expm1_negative(x);
            row[i] = x > 0.0f ? x : y;
        }
        break;
    default:
        for (size_t i = 0; i < count; i++)
            row[i] += bias;
    }
}

#endif
