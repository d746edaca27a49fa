/* peak_amx.c - products of tiles into four independent ones. */
#include <immintrin.h>
#include <stdint.h>

#include "peak_loops.h"

enum { TILES = 4, ROWS = 16, ROW_BYTES = 64 };

/* As the processor reads it: palette 1, then bytes a row and rows of each. */
typedef struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_config;

/* Constant data: gcc 12 believes that the instruction reads 8 bytes of it,
 * and would drop what a function stores behind them. */
static const tile_config config = {
    .palette = 1,
    .row_bytes = {ROW_BYTES, ROW_BYTES, ROW_BYTES, ROW_BYTES, ROW_BYTES,
                  ROW_BYTES},
    .rows = {ROWS, ROWS, ROWS, ROWS, ROWS, ROWS},
};

static void configure(void)
{
    _tile_loadconfig(&config);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_zero(4);
    _tile_zero(5);
}

/* Multiply-adds of one product: 16 x 16 sums of 64 bytes' worth. */
static double operations(long rounds, int element_bytes)
{
    return 2.0 * ROWS * ROWS * (ROW_BYTES / element_bytes) * TILES *
           (double)rounds;
}

double peak_loop_amx_bf16(long rounds)
{
    configure();
    for (long r = 0; r < rounds; r++) {
        _tile_dpbf16ps(0, 4, 5);
        _tile_dpbf16ps(1, 4, 5);
        _tile_dpbf16ps(2, 4, 5);
        _tile_dpbf16ps(3, 4, 5);
    }
    _tile_release();
    return operations(rounds, 2);
}

double peak_loop_amx_int8(long rounds)
{
    configure();
    for (long r = 0; r < rounds; r++) {
        _tile_dpbusd(0, 4, 5);
        _tile_dpbusd(1, 4, 5);
        _tile_dpbusd(2, 4, 5);
        _tile_dpbusd(3, 4, 5);
    }
    _tile_release();
    return operations(rounds, 1);
}
