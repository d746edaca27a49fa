/* pixel_scalar.h - a pixel of a block to floats and back, for any storage.
 * Inlined where the storage is a constant, so that loops have fixed ends and
 * vectorise. Four-wide vectors of the compiler where sums must stay in
 * registers; every target has a lowering for them. */
#ifndef HP_PIXEL_SCALAR_H
#define HP_PIXEL_SCALAR_H

#include <string.h>

#include "activation_row.h"
#include "layer.h"

enum { HP_LANES = 4, HP_LARGEST_BLOCK = 64 };

typedef float hp_lanes __attribute__((vector_size(HP_LANES * sizeof(float))));

static inline hp_lanes hp_lanes_load(const float *p)
{
    hp_lanes v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline void hp_lanes_store(float *p, hp_lanes v)
{
    memcpy(p, &v, sizeof v);
}

static inline float hp_from_bf16(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* To nearest, ties to even; NaN stays one. */
static inline uint16_t hp_to_bf16(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
    uint32_t is_nan = 0 - (uint32_t)((bits & 0x7fffffffu) > 0x7f800000u);
    return (uint16_t)((rounded & ~is_nan) | (0x7fc0u & is_nan));
}

/* To nearest, ties to even: the ulp of 1.5 * 2^23 is 1. NaN gives 0. */
static inline uint8_t hp_to_code(float value, float inverse, int zero)
{
    const float rounder = 12582912.0f;
    float x = value * inverse + 0.0f;

    x = x < 255.0f ? x : 255.0f;
    x = x > -256.0f ? x : -256.0f;
    int code = (int)((x + rounder) - rounder) + zero;
    return (uint8_t)(code < 0 ? 0 : code > 255 ? 255 : code);
}

/* Pixel `at` of a block; codes those of the block's first channel. */
static inline void hp_pixel_load(hp_storage storage, const unsigned char *block,
                                 ptrdiff_t at, const float *step, int zero,
                                 float *restrict out)
{
    const unsigned char *pixel =
        block + at * (ptrdiff_t)hp_pixel_stride(storage);
    uint16_t halves[64];

    switch (storage) {
    case HP_STORAGE_F32:
        memcpy(out, pixel, 16 * sizeof *out);
        break;
    case HP_STORAGE_SPLIT:
        memcpy(halves, pixel, 64 * sizeof *halves);
        for (int i = 0; i < 32; i++)
            out[i] = hp_from_bf16(halves[i]) + hp_from_bf16(halves[32 + i]);
        break;
    case HP_STORAGE_BF16:
        memcpy(halves, pixel, 32 * sizeof *halves);
        for (int i = 0; i < 32; i++)
            out[i] = hp_from_bf16(halves[i]);
        break;
    case HP_STORAGE_INT8:
        for (int i = 0; i < 64; i++)
            out[i] = (float)(pixel[i] - zero) * step[i];
        break;
    }
}

static inline void hp_pixel_store(hp_storage storage, unsigned char *block,
                                  ptrdiff_t at, const float *inverse, int zero,
                                  const float *restrict in)
{
    unsigned char *pixel = block + at * (ptrdiff_t)hp_pixel_stride(storage);
    uint16_t halves[64];

    switch (storage) {
    case HP_STORAGE_F32:
        memcpy(pixel, in, 16 * sizeof *in);
        break;
    case HP_STORAGE_SPLIT:
        for (int i = 0; i < 32; i++) {
            halves[i] = hp_to_bf16(in[i]);
            halves[32 + i] = hp_to_bf16(in[i] - hp_from_bf16(halves[i]));
        }
        memcpy(pixel, halves, 64 * sizeof *halves);
        break;
    case HP_STORAGE_BF16:
        for (int i = 0; i < 32; i++)
            halves[i] = hp_to_bf16(in[i]);
        memcpy(pixel, halves, 32 * sizeof *halves);
        break;
    case HP_STORAGE_INT8:
        for (int i = 0; i < 64; i++)
            pixel[i] = hp_to_code(in[i], inverse[i], zero);
        break;
    }
}

static inline unsigned char *hp_view_block(const hp_view *view, int block)
{
    return view->data + (size_t)block * view->block_stride;
}

static inline const float *hp_view_step(const hp_view *view, int block)
{
    return view->storage == HP_STORAGE_INT8
               ? view->codes.step + block * hp_block_channels(HP_STORAGE_INT8)
               : NULL;
}

static inline const float *hp_view_inverse(const hp_view *view, int block)
{
    return view->storage == HP_STORAGE_INT8
               ? view->codes.inverse +
                     block * hp_block_channels(HP_STORAGE_INT8)
               : NULL;
}

static inline void hp_view_load(const hp_view *view, int block, ptrdiff_t at,
                                float *out)
{
    hp_pixel_load(view->storage, hp_view_block(view, block), at,
                  hp_view_step(view, block), view->codes.zero, out);
}

static inline void hp_view_store(const hp_view *view, int block, ptrdiff_t at,
                                 const float *in)
{
    hp_pixel_store(view->storage, hp_view_block(view, block), at,
                   hp_view_inverse(view, block), view->codes.zero, in);
}

/* What follows a product: sums [pixel][channels of a block of out]; pixel i
 * goes to at[i] of the block and the addend's. bias NULL: zeros. */
typedef struct hp_finish {
    const hp_view *addend, *out;
    const float *bias; /* of the whole layer */
    int bias_count;
    hp_activation activation, sum_activation;
} hp_finish;

static inline void hp_finish_pixel(const hp_finish *finish, int block,
                                   ptrdiff_t at, float *restrict sums)
{
    const int channels = hp_block_channels(finish->out->storage);

    for (int c = 0; c < channels; c++) {
        int channel = block * channels + c;
        sums[c] += channel < finish->bias_count ? finish->bias[channel] : 0.0f;
    }
    if (finish->activation != HP_ACTIVATION_NONE)
        hp_activate_row((size_t)channels, sums, 0.0f, finish->activation);
    if (finish->addend->data != NULL) {
        /* gcc 14 does not see that every storage fills its channels. */
        float addend[HP_LARGEST_BLOCK] = {0};
        hp_view_load(finish->addend, block, at, addend);
        for (int c = 0; c < channels; c++)
            sums[c] += addend[c];
        if (finish->sum_activation != HP_ACTIVATION_NONE)
            hp_activate_row((size_t)channels, sums, 0.0f,
                            finish->sum_activation);
    }
    hp_view_store(finish->out, block, at, sums);
}

#endif
