/* half_scalar.c - f16 to floats. */
#include <string.h>

#include "variants.h"

static inline float float_of(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t bits_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

void hp_widen_halves_scalar(const uint16_t *halves, size_t count, float *floats)
{
    const uint32_t rebias = (127 - 15) << 23;

    for (size_t i = 0; i < count; i++) {
        uint32_t magnitude = halves[i] & 0x7fffu;
        uint32_t sign = (uint32_t)(halves[i] & 0x8000u) << 16;
        /* Subnormal halves become 0.5 + m * 2^-24 - 0.5: exact, and no
         * subnormal float that a caller's flush-to-zero would lose. */
        uint32_t small = bits_of(float_of(0x3f000000u | magnitude) - 0.5f);
        uint32_t normal = (magnitude << 13) + rebias;
        /* A mask: for a condition gcc makes no vector code. */
        uint32_t is_small = 0 - (uint32_t)(magnitude < 0x400u);
        floats[i] = float_of(sign | (small & is_small) | (normal & ~is_small));
    }
}
