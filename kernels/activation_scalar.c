/* activation_scalar.c - what follows a product or a sum: bias, activation. */
#include "activation_row.h"
#include "variants.h"

void hp_bias_activation_f32_scalar(int rows, int columns, float *c, size_t ldc,
                                   const float *bias, hp_activation activation)
{
    if (bias == NULL && activation == HP_ACTIVATION_NONE)
        return;
    for (int row = 0; row < rows; row++)
        hp_activate_row((size_t)columns, c + (size_t)row * ldc,
                        bias != NULL ? bias[row] : 0.0f, activation);
}

void hp_add_f32_scalar(size_t count, const float *a, const float *b,
                       hp_activation activation, float *restrict out)
{
    enum { CHUNK = 1024 }; /* stays in L1 between sum and activation */

    for (size_t first = 0; first < count; first += CHUNK) {
        size_t part = count - first < CHUNK ? count - first : CHUNK;
        for (size_t i = first; i < first + part; i++)
            out[i] = a[i] + b[i];
        if (activation != HP_ACTIVATION_NONE)
            hp_activate_row(part, out + first, 0.0f, activation);
    }
}
