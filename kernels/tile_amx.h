/* tile_amx.h - what the AMX kernels share: the shape of their tiles, which a
 * thread loads for a call and releases at its end, and their numbers.
 */
#ifndef HP_TILE_AMX_H
#define HP_TILE_AMX_H

#include <immintrin.h>
#include <stdatomic.h>
#include <stdint.h>

#include "panel.h"

typedef struct hp_tile_shapes {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} hp_tile_shapes;

static const _Alignas(64) hp_tile_shapes hp_all_tiles_full = {
    .palette = 1,
    .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
    .rows = {16, 16, 16, 16, 16, 16, 16, 16},
};

/* All tiles are 0 then. The compiler takes loads and products of tiles for
 * opaque instructions: the fence keeps what is written before them before. */
static inline void hp_tiles_begin(void)
{
    _tile_loadconfig(&hp_all_tiles_full);
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void hp_tiles_end(void)
{
    _tile_release();
}

#endif
