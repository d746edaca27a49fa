/* product.h - the product of pixels and packed weights that dense layers are
 * made of. A vector_ISA.h comes before it.
 *
 * Outputs are taken in panels of PANEL_VECTORS vectors, pixels in tiles of
 * up to TILE_PIXELS, and the sums of a tile stay in registers. The weights
 * of a panel lie in the order of their use: [block][tap][channel][output].
 * Every tile, whatever its size, adds in that order, so that a pixel's
 * result does not depend on the tile it is in. */
#ifndef HP_PRODUCT_H
#define HP_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

#include "block.h"

enum {
    PREFETCH = 1024 /* floats of weights ahead of their use */
};

/* One tile. Distances are in floats. */
typedef struct product {
    const float *in; /* first pixel, first block */
    ptrdiff_t in_block;
    int in_blocks;
    int in_step; /* 1 or 2 pixels */
    const ptrdiff_t *taps;
    int tap_count;
    const float *weight, *bias;
    int vectors; /* of the panel: PANEL_VECTORS or BLOCK_VECTORS */
    float *out;
    ptrdiff_t out_block;
    int out_blocks; /* that are stored */
    int pixels;
    bool relu;
} product;

/* pixels, step and vectors are constants where this is inlined. */
static inline __attribute__((always_inline)) void
multiply_tile(const product *p, const int pixels, const int step,
              const int vectors)
{
    const float *weight = p->weight;
    vec sum[TILE_PIXELS][PANEL_VECTORS];

    UNROLL
    for (int v = 0; v < vectors; v++) {
        vec bias = vec_load(p->bias + v * LANES);
        UNROLL
        for (int i = 0; i < pixels; i++)
            sum[i][v] = bias;
    }
    for (int b = 0; b < p->in_blocks; b++)
        for (int t = 0; t < p->tap_count; t++) {
            const float *in = p->in + b * p->in_block + p->taps[t] * BLOCK;
            const float *next = in + p->in_block; /* pixels to prefetch */
            for (int k = 0; k < BLOCK; k++) {
                vec w[PANEL_VECTORS];
                VEC_PREFETCH(next + k * step * BLOCK);
                UNROLL
                for (int v = 0; v < vectors; v++) {
                    w[v] = vec_load(weight + v * LANES);
                    if (v % BLOCK_VECTORS == 0)
                        VEC_PREFETCH(weight + PREFETCH + v * LANES);
                }
                weight += vectors * LANES;
                UNROLL
                for (int i = 0; i < pixels; i++) {
                    vec x = vec_all(in[i * step * BLOCK + k]);
                    UNROLL
                    for (int v = 0; v < vectors; v++)
                        sum[i][v] = vec_fma(w[v], x, sum[i][v]);
                }
            }
        }
    if (p->relu) {
        UNROLL
        for (int i = 0; i < pixels; i++)
            UNROLL
        for (int v = 0; v < vectors; v++)
            sum[i][v] = vec_max(sum[i][v], vec_all(0.0f));
    }
    /* What p points to is read before the first store: vectors may alias
     * anything. */
    float *const out = p->out;
    const ptrdiff_t out_block = p->out_block;
    if (p->pixels == pixels && p->out_blocks == vectors / BLOCK_VECTORS) {
        UNROLL
        for (int i = 0; i < pixels; i++)
            UNROLL
        for (int v = 0; v < vectors; v++)
            vec_store(out + v / BLOCK_VECTORS * out_block + i * BLOCK +
                          v % BLOCK_VECTORS * LANES,
                      sum[i][v]);
        return;
    }
    _Alignas(64) float whole[TILE_PIXELS * PANEL_VECTORS * LANES];
    UNROLL
    for (int i = 0; i < pixels; i++)
        UNROLL
    for (int v = 0; v < vectors; v++)
        vec_store(whole + (v / BLOCK_VECTORS * pixels + i) * BLOCK +
                      v % BLOCK_VECTORS * LANES,
                  sum[i][v]);
    for (int b = 0; b < p->out_blocks; b++)
        memcpy(out + b * out_block, whole + b * pixels * BLOCK,
               (size_t)p->pixels * BLOCK * sizeof(float));
}

#define DEFINE_TILE(size)                                                      \
    static void multiply_##size(const product *p)                              \
    {                                                                          \
        if (PANEL_BLOCKS == 1 || p->vectors == PANEL_VECTORS)                  \
            multiply_tile(p, size, 1, PANEL_VECTORS);                          \
        else                                                                   \
            multiply_tile(p, size, 1, BLOCK_VECTORS);                          \
    }
TILE_SIZES(DEFINE_TILE)
#undef DEFINE_TILE

enum { STEP_2_PIXELS = TILE_PIXELS / 2 };

/* Dense layers of stride 2 but the first are rare: one size does. */
static void multiply_step_2(const product *p)
{
    if (PANEL_BLOCKS == 1 || p->vectors == PANEL_VECTORS)
        multiply_tile(p, STEP_2_PIXELS, 2, PANEL_VECTORS);
    else
        multiply_tile(p, STEP_2_PIXELS, 2, BLOCK_VECTORS);
}

/* The smallest tile that holds the pixels. Those it has more are read, at
 * most HP_SLACK_PIXELS, and not stored. */
static void multiply(const product *p)
{
    if (p->in_step == 2) {
        multiply_step_2(p);
        return;
    }
#define TRY_TILE(size)                                                         \
    if (p->pixels <= (size)) {                                                 \
        multiply_##size(p);                                                    \
        return;                                                                \
    }
    TILE_SIZES(TRY_TILE)
#undef TRY_TILE
}

#endif
