/* vector_neon.h - what the float layers need of aarch64: four vectors are a
 * pixel of a block. 5 pixels x 4 vectors of sums, 4 of weights, and one for
 * each pixel, which gcc loads early: with 6 pixels it runs out of registers
 * and keeps sums in memory. */
#ifndef HP_VECTOR_NEON_H
#define HP_VECTOR_NEON_H

#include <arm_neon.h>

#define FLOAT_LAYER(verb) hp_##verb##_f32_neon

typedef float32x4_t vec;

enum { LANES = 4, TILE_PIXELS = 5, PANEL_VECTORS = 4, DEPTHWISE_COLUMNS = 4 };

/* Sizes of tiles that have code of their own. */
#define TILE_SIZES(tile) tile(1) tile(2) tile(3) tile(4) tile(5)

static inline vec vec_load(const float *from)
{
    return vld1q_f32(from);
}

/* Loads once: gcc would rather load anew at each use. */
static inline vec vec_load_kept(const float *from)
{
    vec a = vld1q_f32(from);

    __asm__("" : "+w"(a));
    return a;
}

static inline void vec_store(float *to, vec a)
{
    vst1q_f32(to, a);
}

static inline vec vec_all(float a)
{
    return vdupq_n_f32(a);
}

static inline vec vec_add(vec a, vec b)
{
    return vaddq_f32(a, b);
}

static inline vec vec_sub(vec a, vec b)
{
    return vsubq_f32(a, b);
}

static inline vec vec_mul(vec a, vec b)
{
    return vmulq_f32(a, b);
}

/* a * b + c, rounded once */
static inline vec vec_fma(vec a, vec b, vec c)
{
    return vfmaq_f32(c, a, b);
}

/* The greater; b where one is no number, or both are zeros. */
static inline vec vec_max(vec a, vec b)
{
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}

static inline vec vec_min(vec a, vec b)
{
    return vbslq_f32(vcltq_f32(a, b), a, b);
}

/* x > 0 ? a : b */
static inline vec vec_where_positive(vec x, vec a, vec b)
{
    return vbslq_f32(vcgtzq_f32(x), a, b);
}

/* 2^n for the n in the low bits of a float that 1.5 * 2^23 was added to. */
static inline vec vec_power_of_two(vec shifted)
{
    return vreinterpretq_f32_s32(
        vaddq_s32(vshlq_n_s32(vreinterpretq_s32_f32(shifted), 23),
                  vdupq_n_s32(0x3f800000)));
}

#define VEC_PREFETCH(address) __builtin_prefetch(address)

#endif
