/* row.h - kernels outside the network: on the bytes of a model file, on rows
 * of pixels before the network, on rows of maps after it. Their contract is
 * that of kernels.h; and every instruction set gives the same bits. */
#ifndef HP_ROW_H
#define HP_ROW_H

#include <stddef.h>
#include <stdint.h>

/* --- model file -----------------------------------------------------------
 * CRC-32 as zlib has it: of what gave `crc` (0: nothing) and these bytes. */
typedef uint32_t (*hp_crc32_fn)(uint32_t crc, const uint8_t *bytes,
                                size_t count);

/* Finite f16 to floats; exact, whatever is flushed to zero meanwhile. */
typedef void (*hp_widen_halves_fn)(const uint16_t *halves, size_t count,
                                   float *floats);

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

/* --- peak -----------------------------------------------------------------
 * Columns of a row's maxima of at least the threshold, in rising order;
 * returns how many. Rows lie `stride` elements apart; the one above and the
 * one below are there, and one element left and right of each. `columns`
 * has room for `count`.
 *
 * hp_find_maxima8: above the four of eight neighbours that come before it in
 * reading order, not below the others, and not infinite.
 * hp_find_maxima4: above all four neighbours. */
typedef int (*hp_find_maxima_fn)(const float *row, size_t stride, int count,
                                 float threshold, int32_t *columns);

/* out[x] = rows[0][x] * weights[0] + (rows[1][x] * weights[1] +
 * (rows[2][x] * weights[2] + rows[3][x] * weights[3])), each product and sum
 * rounded. */
typedef void (*hp_mix_rows_fn)(const float *const rows[4],
                               const float weights[4], int count, float *out);

/* --- limb -----------------------------------------------------------------
 * A PAF as rows of x, y pairs. Around the map lie HP_FIELD_BORDER cells that
 * repeat its edge. */
enum { HP_FIELD_BORDER = 2 };

typedef struct hp_field {
    const float *corner; /* x of the cell (-HP_FIELD_BORDER, the same) */
    int row;             /* floats from a row to the next */
} hp_field;

/* Samples lie evenly on the way between two peaks, both ends included. They
 * are looked at in this order, the middle first: a pair that no limb joins
 * mostly fails there. */
enum { HP_SAMPLES = 10, HP_MIDDLE_SAMPLES = 4 };

static const int hp_sample_order[HP_SAMPLES] = {4, 5, 2, 7, 3, 6, 1, 8, 0, 9};
static const float hp_sample_ways[HP_SAMPLES] = {
    4.0F / 9, 5.0F / 9, 2.0F / 9, 7.0F / 9, 3.0F / 9,
    6.0F / 9, 1.0F / 9, 8.0F / 9, 0,        1};

/* A sample fails unless its response, the field's product with a vector, is
 * above the threshold. */
typedef struct hp_segment {
    float x, y;             /* of the first peak */
    float way_x, way_y;     /* from it to the second one */
    float length;           /* linear: of the way, for the caller */
    float along_x, along_y; /* cubic: the vector */
    float threshold;
} hp_segment;

/* Sample k lies at peak + way * (k/9) cells right of and below the cell
 * (-1, -1), up to one cell outside the map. The field there is linear between
 * four cells, the vector is the way. Returns the sum of all responses in the
 * order of looking; 0 when more than failed_middle_most of the first four
 * fail, or more than failed_most of all. */
typedef float (*hp_sum_linear_fn)(const hp_field *field,
                                  const hp_segment *segment,
                                  int failed_middle_most, int failed_most);

/* Of many segments, those of whose first two and first four samples at most
 * failed_most fail: their indices, in rising order. Returns how many. There
 * is no branch on what is found, so that one segment need not wait for
 * another. */
typedef int (*hp_filter_linear_fn)(const hp_field *field,
                                   const hp_segment *segments, int count,
                                   int failed_most, int32_t *kept);

/* Cell i lies between pixels 4i + 1 and 4i + 2 of a map enlarged by 4. The
 * four pixels from 4i + 2 on are made of the cells i - 1 .. i + 2; these are
 * their weights (Keys, A = -0.75), first index the cell. */
static const float hp_cubic_weights[4][4] = {
    {-0.07177734375F, -0.10986328125F, -0.06591796875F, -0.01025390625F},
    {0.96728515625F, 0.74951171875F, 0.42626953125F, 0.11474609375F},
    {0.11474609375F, 0.42626953125F, 0.74951171875F, 0.96728515625F},
    {-0.01025390625F, -0.06591796875F, -0.10986328125F, -0.07177734375F},
};

/* Sample k is the enlarged map's pixel peak + (way * (1/9)) * k, in floats,
 * rounded to even. Sums go along x first, ((c0 + c1) + c2) + c3, then along
 * y, c0 + (c1 + (c2 + c3)). responses, in the order of the way, are those of
 * all samples; a failed one counts 0 times what it is. Returns how many
 * failed; above failed_most the responses are not set. */
typedef int (*hp_sample_cubic_fn)(const hp_field *field,
                                  const hp_segment *segment, int failed_most,
                                  float responses[HP_SAMPLES]);

typedef struct hp_rows {
    hp_crc32_fn crc32;
    hp_widen_halves_fn widen_halves;
    hp_sum_rows_fn sum_rows;
    hp_mean_blocks_fn mean_blocks;
    hp_mix_columns_fn mix_columns;
    hp_blend_rows_fn blend_rows;
    hp_find_maxima_fn find_maxima8, find_maxima4;
    hp_mix_rows_fn mix_rows;
    hp_filter_linear_fn filter_linear;
    hp_sum_linear_fn sum_linear;
    hp_sample_cubic_fn sample_cubic;
} hp_rows;

#endif
