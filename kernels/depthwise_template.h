/* depthwise_template.h - 3x3, a channel by itself, in float
 * (hp_depthwise_run in layer.h). Included by depthwise_ISA.c after
 * vector_ISA.h. What columns side by side share is loaded once. Every
 * column, in a group or alone, adds its taps row by row. */
#include <stdbool.h>
#include <string.h>

#include "activation_vector.h"
#include "block.h"
#include "float_layers.h"

/* One vector's share of a row of one block. */
typedef struct row_task {
    const float *in[3]; /* at tap 0 of column 0 */
    const float *weight;
    vec bias;
    bool relu;
    float *out;
} row_task;

/* count, stride and dilation are constants where this is inlined. */
static inline __attribute__((always_inline)) void
columns(const row_task task, const vec *weight, int first, const int count,
        const int stride, const int dilation)
{
    enum { MOST = DEPTHWISE_COLUMNS, WIDEST = (MOST - 1) * 2 + 5 };
    vec sum[MOST], in[WIDEST];

    UNROLL
    for (int i = 0; i < count; i++)
        sum[i] = task.bias;
    UNROLL
    for (int row = 0; row < 3; row++) {
        const float *from = task.in[row] + first * stride * BLOCK;
        UNROLL
        for (int i = 0; i <= (count - 1) * stride + 2 * dilation; i++)
            in[i] = vec_load_kept(from + i * BLOCK);
        UNROLL
        for (int tap = 0; tap < 3; tap++)
            UNROLL
        for (int i = 0; i < count; i++)
            sum[i] = vec_fma(weight[row * 3 + tap],
                             in[i * stride + tap * dilation], sum[i]);
    }
    if (task.relu) {
        UNROLL
        for (int i = 0; i < count; i++)
            sum[i] = vec_max(sum[i], vec_all(0.0f));
    }
    UNROLL
    for (int i = 0; i < count; i++)
        vec_store(task.out + (first + i) * BLOCK, sum[i]);
}

static inline __attribute__((always_inline)) void
row(const row_task task, int width, const int stride, const int dilation)
{
    vec weight[9];
    int x = 0;

    UNROLL
    for (int i = 0; i < 9; i++)
        weight[i] = vec_load(task.weight + i * BLOCK);
    for (; x + DEPTHWISE_COLUMNS <= width; x += DEPTHWISE_COLUMNS)
        columns(task, weight, x, DEPTHWISE_COLUMNS, stride, dilation);
    for (; x < width; x++)
        columns(task, weight, x, 1, stride, dilation);
}

static void row_plain(const row_task task, int width)
{
    row(task, width, 1, 1);
}

static void row_dilated(const row_task task, int width)
{
    row(task, width, 1, 2);
}

static void row_reduced(const row_task task, int width)
{
    row(task, width, 2, 1);
}

static void run_row(const hp_depthwise_run *run, int block, int y, float *out)
{
    const float *in =
        (const float *)(run->in.data + (size_t)block * run->in.block_stride);
    const float *weight = run->weight + block * 9 * BLOCK;
    const float *bias = run->bias + block * BLOCK;

    for (int v = 0; v < BLOCK; v += LANES) {
        row_task task = {.weight = weight + v,
                         .bias = vec_load(bias + v),
                         .relu = run->activation == HP_ACTIVATION_RELU,
                         .out = out + v};
        for (int i = 0; i < 3; i++)
            task.in[i] =
                in + v +
                ((ptrdiff_t)(y * run->stride + (i - 1) * run->dilation) *
                     run->in_pitch -
                 run->dilation) *
                    BLOCK;
        if (run->stride == 2)
            row_reduced(task, run->out_width);
        else if (run->dilation == 2)
            row_dilated(task, run->out_width);
        else
            row_plain(task, run->out_width);
    }
    if (run->activation == HP_ACTIVATION_ELU)
        elu_floats(out, run->out_width * BLOCK);
    memset(out + run->out_width * BLOCK, 0,
           (size_t)(run->out_pitch - run->out_width) * BLOCK * sizeof(float));
}

void FLOAT_LAYER(depthwise)(const hp_depthwise_run *run)
{
    for (int b = 0; b < run->in.block_count; b++) {
        float *out =
            (float *)(run->out.data + (size_t)b * run->out.block_stride);
        for (int i = 0; i < run->row_count; i++)
            run_row(run, b, run->first_row + i,
                    out + (ptrdiff_t)i * run->out_pitch * BLOCK);
    }
}
