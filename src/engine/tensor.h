/* tensor.h - where a value of the network lies for one input size: blocks
 * with pads as layer.h has them, at an offset in the arena. */
#ifndef HP_TENSOR_H
#define HP_TENSOR_H

#include "engine/layout.h"

/* Offsets and sizes in bytes. */
typedef struct hp_tensor {
    int width, height, pad, pitch; /* width 0: no step writes it */
    size_t block_stride;
    size_t offset, size;
    int first_step, last_step; /* that write or read it; -1: none */
} hp_tensor;

/* Bytes from a block to the next for a run of pixels, the slack in it. An odd
 * number of cache lines: blocks of the same pixel fall into different sets of
 * a cache. False on overflow. */
bool hp_tensor_block_stride(hp_storage storage, size_t pixels, size_t *stride);

/* Sides, pad and pitch given: sets block_stride and size. False on overflow.
 */
bool hp_tensor_measure(hp_tensor *tensor, const hp_placing *placing);

/* A range of its blocks; data is pixel (0, row). */
hp_view hp_tensor_view(const hp_tensor *tensor, const hp_placing *placing,
                       unsigned char *arena, hp_block_range blocks, int row);

/* Sets pixels of the pad to 0: those right of `row_count` rows, and what lies
 * above the first row and below the last. */
void hp_tensor_clear_pad(const hp_tensor *tensor, const hp_placing *placing,
                         unsigned char *arena, hp_block_range blocks,
                         int first_row, int row_count);

/* Gives every tensor an offset such that no two that are alive in the same
 * step overlap. order: room for count entries. *size is what they need
 * together; false when that overflows. */
bool hp_tensor_place(hp_tensor *tensors, int count, int *order, size_t *size);

#endif
