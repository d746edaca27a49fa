/* row.h - kernels outside the network: on rows of pixels before it, on rows
 * of maps after it. Their contract is that of kernels.h; and every
 * instruction set gives the same bits. */
#ifndef HP_ROW_H
#define HP_ROW_H

#include <stddef.h>
#include <stdint.h>

/* --- resize ---------------------------------------------------------------
 * hp_sum_rows: sums[i] = row[0][i] + row[1][i] + ..., row_count rows of
 * `count` bytes, HP_SUM_ROWS_MAX of them at most. */
enum { HP_SUM_ROWS_MAX = 256 };

typedef void (*hp_sum_rows_fn)(const uint8_t *rows, size_t stride_bytes,
                               int row_count, size_t count, uint16_t *sums);

/* Means of `count` blocks of `factor` pixels of sums; channels 1, 3 or 4:
 * out[x * channels + k] = (uint8_t)(the block's sum * scale + 0.5), in float.
 * HP_SUM_SLACK elements behind the last block may be read. */
enum { HP_SUM_SLACK = 8 };

typedef void (*hp_mean_blocks_fn)(const uint16_t *sums, int count, int channels,
                                  int factor, float scale, uint8_t *out);

/* One output column: element offset of its left pixel and the weights, in
 * 1/2048. Offsets do not fall along a row. */
typedef struct hp_column {
    int32_t offset;
    int16_t left, right;
} hp_column;

/* out[x * channels + k] = (left pixel * left + right pixel * right) >> 4;
 * the right pixel is right_offset elements behind the left one. row_bytes
 * is the length of the row. */
typedef struct hp_column_run {
    const uint8_t *row;
    size_t row_bytes;
    const hp_column *columns;
    int count;
    int channels, right_offset;
} hp_column_run;

typedef void (*hp_mix_columns_fn)(const hp_column_run *run, int16_t *out);

/* out[i] = ((upper[i] * upper_weight >> 16) + (lower[i] * lower_weight >> 16)
 * + 2) >> 2. Values are 0 .. 32655, weights 0 .. 2048. */
typedef void (*hp_blend_rows_fn)(const int16_t *upper, const int16_t *lower,
                                 int count, int16_t upper_weight,
                                 int16_t lower_weight, uint8_t *out);

typedef struct hp_rows {
    hp_sum_rows_fn sum_rows;
    hp_mean_blocks_fn mean_blocks;
    hp_mix_columns_fn mix_columns;
    hp_blend_rows_fn blend_rows;
} hp_rows;

#endif
