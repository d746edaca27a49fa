/* panel.h - how weights for products of tiles are packed, and the sums that
 * these leave.
 *
 * A tile is 16 rows of 64 bytes. One of pixels comes straight from a block
 * of activations: 16 pixels, 64 bytes of channels each, any number of bytes
 * apart. One of weights holds 16 outputs: row r has, of each, the 4 bytes
 * that belong to bytes 4r .. 4r + 3 of a pixel. Their product adds to a tile
 * of sums, [16 pixels][16 outputs] of 4 bytes. */
#ifndef HP_PANEL_H
#define HP_PANEL_H

#include <stddef.h>
#include <string.h>

#include "layer.h"

enum {
    HP_TILE_ROWS = 16,
    HP_TILE_BYTES = 1024,
    /* Weights of this many outputs lie together: two tiles of sums side by
     * side share every load of pixels. */
    HP_PANEL_OUTPUTS = 32,
    HP_SUM_ROW_BYTES = HP_PANEL_OUTPUTS * 4,
    HP_SUM_TILE_BYTES = HP_TILE_ROWS * HP_SUM_ROW_BYTES
};

/* What packed weights begin with. */
typedef struct packed_header {
    int outputs, inputs, tap_count;
    unsigned char pad[64 - 3 * sizeof(int)];
} packed_header;

static inline int panel_count(int outputs)
{
    return (outputs + HP_PANEL_OUTPUTS - 1) / HP_PANEL_OUTPUTS;
}

/* Panels that a view has room for. */
static inline int view_panels(const hp_view *view)
{
    return panel_count(view->block_count * hp_block_channels(view->storage));
}

/* The number 0 to some pixels of all blocks. */
static inline void clear_pixels(const hp_view *out, size_t first, int count)
{
    const int zero = out->storage == HP_STORAGE_INT8 ? out->codes.zero : 0;
    const size_t pixel = hp_pixel_stride(out->storage);

    for (int block = 0; block < out->block_count; block++)
        memset(out->data + (size_t)block * out->block_stride + first * pixel,
               zero, (size_t)count * pixel);
}

/* 32 or fewer pixels of a panel, somewhere between products and memory. */
typedef struct sum_block {
    const unsigned char *sums; /* [pixel][HP_PANEL_OUTPUTS] */
    int panel, first, count;   /* pixels of the run; count 0: none */
} sum_block;

#endif
