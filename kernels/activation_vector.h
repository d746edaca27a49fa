/* activation_vector.h - the activations on vectors. A vector_ISA.h comes
 * before it. */
#ifndef HP_ACTIVATION_VECTOR_H
#define HP_ACTIVATION_VECTOR_H

#include "layer.h"

/* As hp_expm1_negative (activation_row.h). */
static inline vec expm1_negative(vec x)
{
    const vec rounder = vec_all(12582912.0f);

    /* The second operand wins where x is no number, so it stays none. */
    x = vec_max(vec_all(-20.0f), vec_min(vec_all(0.0f), x));
    vec shifted = vec_fma(x, vec_all(1.44269504f), rounder);
    vec n = vec_sub(shifted, rounder);
    vec r = vec_fma(n, vec_all(-0.693359375f), x);
    r = vec_fma(n, vec_all(2.12194440e-4f), r);
    vec sum = vec_all(1.0f / 5040.0f);
    sum = vec_fma(sum, r, vec_all(1.0f / 720.0f));
    sum = vec_fma(sum, r, vec_all(1.0f / 120.0f));
    sum = vec_fma(sum, r, vec_all(1.0f / 24.0f));
    sum = vec_fma(sum, r, vec_all(1.0f / 6.0f));
    sum = vec_fma(sum, r, vec_all(0.5f));
    sum = vec_fma(vec_mul(sum, r), r, r);
    vec power = vec_power_of_two(shifted);
    return vec_fma(power, sum, vec_sub(power, vec_all(1.0f)));
}

static inline vec activate(vec x, hp_activation activation)
{
    switch (activation) {
    case HP_ACTIVATION_RELU:
        return vec_max(x, vec_all(0.0f));
    case HP_ACTIVATION_ELU:
        return vec_where_positive(x, x, expm1_negative(x));
    default:
        return x;
    }
}

/* ELU takes too many registers to be part of the loops that add up: it goes
 * over what they have stored, while that is in the cache. */
static inline void elu_floats(float *floats, int count)
{
    for (int i = 0; i < count; i += LANES)
        vec_store(floats + i,
                  activate(vec_load(floats + i), HP_ACTIVATION_ELU));
}

#endif
