/* depthwise_stored_avx512.h - 3x3, a channel by itself (hp_depthwise_run in
 * layer.h), on SPLIT and BF16. Included by depthwise_STORAGE_amx.c after
 * STORAGE and DEPTHWISE.
 *
 * To make floats of a pixel is work, so each is loaded once for all that it
 * adds to: 16 channels of a column of four rows at a time, which belong to
 * two rows of output and three columns of each. Sums of a column wait in
 * registers until its right neighbour has come. Every sum adds column by
 * column and downwards, whichever rows are computed together. */
#include <string.h>

#include "stored_avx512.h"

enum {
    PARTS_A_PIXEL = 2, /* of LANES channels */
    PIXEL_BYTES = STORAGE == HP_STORAGE_SPLIT ? 128 : 64
};

/* One part of a block, over one row of output or two. */
typedef struct row_task {
    const unsigned char *in; /* tap 0 of column 0 */
    ptrdiff_t row_bytes;     /* from a row of taps to the next */
    unsigned char *out[2];
    vec weight[9], bias;
    int part;
    hp_activation activation;
} row_task;

/* sum + the taps of a column of three pixels */
static inline vec add_column(vec sum, const vec *weight, const vec *pixel)
{
    for (int i = 0; i < 3; i++)
        sum = vec_fma(weight[3 * i], pixel[i], sum);
    return sum;
}

static inline void load_column(const row_task *task, ptrdiff_t at,
                               const int count, vec *pixel)
{
    const unsigned char *from = task->in + at * PIXEL_BYTES;

#pragma GCC unroll 4
    for (int i = 0; i < count; i++)
        pixel[i] = stored_load(STORAGE, from + i * task->row_bytes, task->part);
}

static inline void store_sum(const row_task *task, int row, ptrdiff_t at,
                             vec sum, const hp_activation activation)
{
    stored_store(STORAGE, task->out[row] + at * PIXEL_BYTES, task->part,
                 activate(sum, activation));
}

/* Every `step`-th column from first on, up to end; rows is 1 or 2. */
static inline __attribute__((always_inline)) void
plain_columns(const row_task *given, int first, int end, const int step,
              const int rows, const hp_activation activation)
{
    const row_task task = *given;
    vec pixel[4], centre[2], right[2];

    /* `right` is the sum of the column to come, `centre` of the one at hand,
     * before the pixels at hand are added. */
    load_column(&task, first, rows + 2, pixel);
    for (int r = 0; r < rows; r++)
        centre[r] = add_column(task.bias, task.weight, pixel + r);
    load_column(&task, first + step, rows + 2, pixel);
    for (int r = 0; r < rows; r++) {
        right[r] = add_column(task.bias, task.weight, pixel + r);
        centre[r] = add_column(centre[r], task.weight + 1, pixel + r);
    }
#pragma GCC unroll 3
    for (int x = first; x < end; x += step) {
        load_column(&task, x + 2 * step, rows + 2, pixel);
#pragma GCC unroll 2
        for (int r = 0; r < rows; r++) {
            vec sum = add_column(centre[r], task.weight + 2, pixel + r);
            centre[r] = add_column(right[r], task.weight + 1, pixel + r);
            right[r] = add_column(task.bias, task.weight, pixel + r);
            store_sum(&task, r, x, sum, activation);
        }
    }
}

/* Stride 2: neighbours share a column only. */
static inline __attribute__((always_inline)) void
reduced_columns(const row_task *given, int end, const hp_activation activation)
{
    const row_task task = *given;
    vec pixel[3], left;

    load_column(&task, 0, 3, pixel);
    left = add_column(task.bias, task.weight, pixel);
#pragma GCC unroll 2
    for (int x = 0; x < end; x++) {
        load_column(&task, 2 * x + 1, 3, pixel);
        vec sum = add_column(left, task.weight + 1, pixel);
        load_column(&task, 2 * x + 2, 3, pixel);
        sum = add_column(sum, task.weight + 2, pixel);
        left = add_column(task.bias, task.weight, pixel);
        store_sum(&task, 0, x, sum, activation);
    }
}

static inline __attribute__((always_inline)) void
row_as(const hp_depthwise_run *run, const row_task *task, int rows,
       const hp_activation activation)
{
    if (run->stride == 2) {
        reduced_columns(task, run->out_width, activation);
    } else if (run->dilation == 2) {
        for (int x = 0; x < 2 && x < run->out_width; x++)
            if (rows == 2)
                plain_columns(task, x, run->out_width, 2, 2, activation);
            else
                plain_columns(task, x, run->out_width, 2, 1, activation);
    } else if (rows == 2) {
        plain_columns(task, 0, run->out_width, 1, 2, activation);
    } else {
        plain_columns(task, 0, run->out_width, 1, 1, activation);
    }
}

static void run_rows(const hp_depthwise_run *run, const row_task *task,
                     int rows)
{
    if (run->activation == HP_ACTIVATION_ELU)
        row_as(run, task, rows, HP_ACTIVATION_ELU);
    else if (run->activation == HP_ACTIVATION_RELU)
        row_as(run, task, rows, HP_ACTIVATION_RELU);
    else
        row_as(run, task, rows, HP_ACTIVATION_NONE);
}

/* Rows of output, of a block: `row` and, with rows 2, row + dilation. */
static void run_block(const hp_depthwise_run *run, int block, int row, int rows)
{
    const int tap = run->dilation;
    const ptrdiff_t first =
        ((ptrdiff_t)(run->first_row + row) * run->stride - tap) *
            run->in_pitch -
        tap;
    unsigned char *out = run->out.data + (size_t)block * run->out.block_stride +
                         (size_t)row * (size_t)run->out_pitch * PIXEL_BYTES;
    row_task task = {
        .in = run->in.data + (size_t)block * run->in.block_stride +
              first * PIXEL_BYTES,
        .row_bytes = (ptrdiff_t)tap * run->in_pitch * PIXEL_BYTES,
        .out = {out, out + (ptrdiff_t)tap * run->out_pitch * PIXEL_BYTES},
    };

    for (task.part = 0; task.part < PARTS_A_PIXEL; task.part++) {
        int vector = block * 9 * PARTS_A_PIXEL + task.part;
        for (int i = 0; i < 9; i++)
            task.weight[i] =
                vec_load(run->weight + (vector + i * PARTS_A_PIXEL) * LANES);
        task.bias =
            vec_load(run->bias + (block * PARTS_A_PIXEL + task.part) * LANES);
        run_rows(run, &task, rows);
    }
    for (int r = 0; r < rows; r++)
        memset(task.out[r] + run->out_width * PIXEL_BYTES, 0,
               (size_t)(run->out_pitch - run->out_width) * PIXEL_BYTES);
}

void DEPTHWISE(const hp_depthwise_run *run)
{
    /* Rows in groups of two that lie `dilation` apart. */
    const int apart = run->stride == 1 ? run->dilation : run->row_count;

    for (int b = 0; b < run->in.block_count; b++)
        for (int group = 0; group < run->row_count; group += 2 * apart)
            for (int i = group; i < group + apart && i < run->row_count; i++)
                run_block(run, b, i, i + apart < run->row_count ? 2 : 1);
}
