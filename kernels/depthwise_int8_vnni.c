/* depthwise_int8_vnni.c - 3x3, a channel by itself, on INT8 pixels.
 *
 * The bytes of four rows of a column are brought together, channel by
 * channel: then one instruction adds all taps that a column has, for one
 * row of output or, with the weights moved by one, for the next. */
#include <string.h>

#include "codes_avx512.h"
#include "layers_vnni.h"

enum {
    BLOCK_CHANNELS = 64,
    GROUPS = 4, /* of channels; vectors of a column of a block */
    TAP_COLUMNS = 3,
    MOST_ROWS = 2 /* of output at a time */
};

/* Group g of a column holds, of each quarter of the block's channels, 4g to
 * 4g + 3: so bytes come together, and go back into a pixel, without a
 * permutation. */

/* What a block multiplies with, ready for the instruction. */
typedef struct block_weights {
    _Alignas(64) signed char quads[MOST_ROWS][TAP_COLUMNS][GROUPS][64];
    _Alignas(64) float scale[GROUPS][LANES], bias[GROUPS][LANES];
    _Alignas(64) float inverse[GROUPS][LANES];
} block_weights;

typedef struct row_task {
    const unsigned char *in; /* tap 0 of column 0 */
    ptrdiff_t row_bytes;     /* from a row of taps to the next */
    unsigned char *out[MOST_ROWS];
    hp_activation activation;
    int zero; /* of out */
} row_task;

/* Part p of a block in the order of its channels: what belongs to lanes 4q to
 * 4q + 3 is quarter p of group q. */
static void spread_part(int part, __m512i lanes, void *groups)
{
    _Alignas(64) int32_t numbers[LANES];

    _mm512_store_si512(numbers, lanes);
    for (int g = 0; g < GROUPS; g++)
        memcpy((char *)groups + g * 64 + part * 16, numbers + g * 4, 16);
}

/* Scale and bias give numbers of the layer for ELU, else units of the
 * output's step with its zero. */
static void set_part(const hp_depthwise_run *run, int block, int part,
                     block_weights *to)
{
    const int at = block * BLOCK_CHANNELS + part * LANES;
    const float *weight =
        run->weight + block * 9 * BLOCK_CHANNELS + part * LANES;
    const vec inverse = _mm512_loadu_ps(run->out.codes.inverse + at);
    const bool elu = run->activation == HP_ACTIVATION_ELU;
    const vec unit = elu ? vec_all(1.0f) : inverse;
    const vec zero = vec_all(elu ? 0.0f : (float)run->out.codes.zero);
    vec step = vec_all(0.0f);
    __m512i sum = _mm512_setzero_si512();

    /* As hp_int8_channel_scale and hp_int8_weight: what is rounded is no
     * more than 127. */
    for (int t = 0; t < 9; t++)
        step =
            vec_max(step, _mm512_abs_ps(vec_load(weight + t * BLOCK_CHANNELS)));
    step = _mm512_div_ps(step, vec_all(127.0f));
    step = vec_where_positive(step, step, vec_all(1.0f));
    for (int column = 0; column < TAP_COLUMNS; column++) {
        __m512i quads = _mm512_setzero_si512();
        for (int row = 2; row >= 0; row--) {
            __m512i code = _mm512_cvtps_epi32(_mm512_div_ps(
                vec_load(weight + (row * 3 + column) * BLOCK_CHANNELS), step));
            code = _mm512_max_epi32(
                _mm512_set1_epi32(-127),
                _mm512_min_epi32(_mm512_set1_epi32(127), code));
            sum = _mm512_add_epi32(sum, code);
            quads = _mm512_or_si512(
                _mm512_slli_epi32(quads, 8),
                _mm512_and_si512(code, _mm512_set1_epi32(0xff)));
        }
        for (int r = 0; r < MOST_ROWS; r++) {
            spread_part(part, quads, to->quads[r][column]);
            quads = _mm512_slli_epi32(quads, 8);
        }
    }
    const vec scale = vec_mul(step, _mm512_loadu_ps(run->in.codes.step + at));
    const vec shift =
        vec_mul(scale, _mm512_cvtepi32_ps(_mm512_mullo_epi32(
                           sum, _mm512_set1_epi32(run->in.codes.zero))));
    const vec bias = vec_sub(vec_load(run->bias + at), shift);
    spread_part(part, _mm512_castps_si512(vec_mul(scale, unit)), to->scale);
    spread_part(part, _mm512_castps_si512(vec_fma(bias, unit, zero)), to->bias);
    spread_part(part, _mm512_castps_si512(inverse), to->inverse);
}

static void set_weights(const hp_depthwise_run *run, int block,
                        block_weights *to)
{
    for (int part = 0; part < PARTS_A_BLOCK; part++)
        set_part(run, block, part, to);
}

/* Four rows of a column, channel by channel. */
static inline void load_column(const row_task *task, ptrdiff_t at,
                               const int rows, __m512i quads[GROUPS])
{
    const unsigned char *from = task->in + at * BLOCK_CHANNELS;
    __m512i a = _mm512_load_si512(from);
    __m512i b = _mm512_load_si512(from + task->row_bytes);
    __m512i c = _mm512_load_si512(from + 2 * task->row_bytes);
    __m512i d = rows == 2 ? _mm512_load_si512(from + 3 * task->row_bytes)
                          : _mm512_setzero_si512();
    __m512i ab_low = _mm512_unpacklo_epi8(a, b);
    __m512i ab_high = _mm512_unpackhi_epi8(a, b);
    __m512i cd_low = _mm512_unpacklo_epi8(c, d);
    __m512i cd_high = _mm512_unpackhi_epi8(c, d);

    quads[0] = _mm512_unpacklo_epi16(ab_low, cd_low);
    quads[1] = _mm512_unpackhi_epi16(ab_low, cd_low);
    quads[2] = _mm512_unpacklo_epi16(ab_high, cd_high);
    quads[3] = _mm512_unpackhi_epi16(ab_high, cd_high);
}

/* A pixel of output from the quads of three columns. */
static inline __attribute__((always_inline)) void
store_pixel(const row_task *task, const block_weights *weights, int row,
            ptrdiff_t at, const __m512i *left, const __m512i *centre,
            const __m512i *right, const hp_activation activation)
{
    const float zero = (float)task->zero;
    vec value[GROUPS];

#pragma GCC unroll 4
    for (int g = 0; g < GROUPS; g++) {
        const signed char(*quads)[GROUPS][64] = weights->quads[row];
        __m512i sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), left[g],
                                          _mm512_load_si512(quads[0][g]));
        sum =
            _mm512_dpbusd_epi32(sum, centre[g], _mm512_load_si512(quads[1][g]));
        sum =
            _mm512_dpbusd_epi32(sum, right[g], _mm512_load_si512(quads[2][g]));
        value[g] = vec_fma(_mm512_cvtepi32_ps(sum), vec_load(weights->scale[g]),
                           vec_load(weights->bias[g]));
        if (activation == HP_ACTIVATION_RELU)
            value[g] = vec_max(value[g], vec_all(zero));
        else if (activation == HP_ACTIVATION_ELU)
            value[g] = vec_fma(activate(value[g], activation),
                               vec_load(weights->inverse[g]), vec_all(zero));
    }
    _mm512_store_si512(task->out[row] + at * BLOCK_CHANNELS,
                       vec_to_codes(value[0], value[1], value[2], value[3]));
}

/* Every `step`-th column from first on, up to end; rows is 1 or 2. */
static inline __attribute__((always_inline)) void
plain_columns(const row_task *task, const block_weights *weights, int first,
              int end, const int step, const int rows,
              const hp_activation activation)
{
    __m512i columns[TAP_COLUMNS][GROUPS];

    load_column(task, first, rows, columns[0]);
    load_column(task, first + step, rows, columns[1]);
#pragma GCC unroll 3
    for (int x = first; x < end; x += step) {
        load_column(task, x + 2 * step, rows, columns[2]);
#pragma GCC unroll 2
        for (int r = 0; r < rows; r++)
            store_pixel(task, weights, r, x, columns[0], columns[1], columns[2],
                        activation);
        for (int g = 0; g < GROUPS; g++) {
            columns[0][g] = columns[1][g];
            columns[1][g] = columns[2][g];
        }
    }
}

/* Stride 2: neighbours share a column only. */
static inline __attribute__((always_inline)) void
reduced_columns(const row_task *task, const block_weights *weights, int end,
                const hp_activation activation)
{
    __m512i columns[TAP_COLUMNS][GROUPS];

    load_column(task, 0, 1, columns[0]);
    for (int x = 0; x < end; x++) {
        load_column(task, 2 * x + 1, 1, columns[1]);
        load_column(task, 2 * x + 2, 1, columns[2]);
        store_pixel(task, weights, 0, x, columns[0], columns[1], columns[2],
                    activation);
        for (int g = 0; g < GROUPS; g++)
            columns[0][g] = columns[2][g];
    }
}

static inline __attribute__((always_inline)) void
rows_as(const hp_depthwise_run *run, const row_task *task,
        const block_weights *weights, int rows, const hp_activation activation)
{
    if (run->stride == 2) {
        reduced_columns(task, weights, run->out_width, activation);
    } else if (run->dilation == 2) {
        for (int x = 0; x < 2 && x < run->out_width; x++)
            if (rows == 2)
                plain_columns(task, weights, x, run->out_width, 2, 2,
                              activation);
            else
                plain_columns(task, weights, x, run->out_width, 2, 1,
                              activation);
    } else if (rows == 2) {
        plain_columns(task, weights, 0, run->out_width, 1, 2, activation);
    } else {
        plain_columns(task, weights, 0, run->out_width, 1, 1, activation);
    }
}

/* Rows of output, of a block: `row` and, with rows 2, row + dilation. */
static void run_rows(const hp_depthwise_run *run, int block,
                     const block_weights *weights, int row, int rows)
{
    const int tap = run->dilation;
    const ptrdiff_t first =
        ((ptrdiff_t)(run->first_row + row) * run->stride - tap) *
            run->in_pitch -
        tap;
    unsigned char *out = run->out.data + (size_t)block * run->out.block_stride +
                         (size_t)row * (size_t)run->out_pitch * BLOCK_CHANNELS;
    const row_task task = {
        .in = run->in.data + (size_t)block * run->in.block_stride +
              first * BLOCK_CHANNELS,
        .row_bytes = (ptrdiff_t)tap * run->in_pitch * BLOCK_CHANNELS,
        .out = {out, out + (ptrdiff_t)tap * run->out_pitch * BLOCK_CHANNELS},
        .zero = run->out.codes.zero,
    };

    if (run->activation == HP_ACTIVATION_ELU)
        rows_as(run, &task, weights, rows, HP_ACTIVATION_ELU);
    else if (run->activation == HP_ACTIVATION_RELU)
        rows_as(run, &task, weights, rows, HP_ACTIVATION_RELU);
    else
        rows_as(run, &task, weights, rows, HP_ACTIVATION_NONE);
    for (int r = 0; r < rows; r++)
        memset(task.out[r] + run->out_width * BLOCK_CHANNELS, task.zero,
               (size_t)(run->out_pitch - run->out_width) * BLOCK_CHANNELS);
}

void hp_depthwise_int8_vnni(const hp_depthwise_run *run)
{
    /* Rows in groups of two that lie `dilation` apart. */
    const int apart = run->stride == 1 ? run->dilation : run->row_count;
    block_weights weights;

    for (int b = 0; b < run->in.block_count; b++) {
        set_weights(run, b, &weights);
        for (int group = 0; group < run->row_count; group += 2 * apart)
            for (int i = group; i < group + apart && i < run->row_count; i++)
                run_rows(run, b, &weights, i,
                         i + apart < run->row_count ? 2 : 1);
    }
}
