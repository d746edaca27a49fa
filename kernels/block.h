/* block.h - channels in blocks of 16, and the line before packed weights. A
 * vector_ISA.h comes before it. */
#ifndef HP_BLOCK_H
#define HP_BLOCK_H

#include <stddef.h>
#include <string.h>

#include "layer.h"

/* Before a loop whose end is a constant: its arrays become registers. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

enum {
    BLOCK = 16,                    /* channels */
    BLOCK_VECTORS = BLOCK / LANES, /* of a pixel of a block */
    PANEL_BLOCKS = PANEL_VECTORS / BLOCK_VECTORS,
    HEADER_FLOATS = 16 /* a cache line: the number of packed blocks */
};

static inline int least(int a, int b)
{
    return a < b ? a : b;
}

static inline int block_count(int channels)
{
    return (channels + BLOCK - 1) / BLOCK;
}

/* Where part `index` of `parts` about equal ones begins. */
static inline int part_begin(int count, int index, int parts)
{
    return (int)((int64_t)count * index / parts);
}

/* Where the weights begin. */
static inline float *pack_header(void *packed, int blocks)
{
    memset(packed, 0, HEADER_FLOATS * sizeof(float));
    memcpy(packed, &blocks, sizeof blocks);
    return (float *)packed + HEADER_FLOATS;
}

static inline int packed_blocks(const void *packed)
{
    int blocks;

    memcpy(&blocks, packed, sizeof blocks);
    return blocks;
}

static inline const float *packed_weights(const void *packed)
{
    return (const float *)packed + HEADER_FLOATS;
}

static inline float *block_at(const hp_view *view, int block, ptrdiff_t pixel)
{
    return (float *)(view->data + (size_t)block * view->block_stride) +
           pixel * BLOCK;
}

#endif
