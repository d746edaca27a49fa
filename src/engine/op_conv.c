/* op_conv.c - dense 3x3 convolution: a block of columns of the matrix behind
 * it is made in the worker's scratch, then multiplied; bias and activation
 * follow while the block is in cache. */
#include "engine/operation.h"

enum {
    LARGEST_BLOCK = 512,
    SMALLEST_BLOCK = 16,
    SCRATCH_FLOATS = 3 << 16 /* 768 KiB: leaves room in a 1 MiB cache */
};

static int row_count(const hp_op *op) /* of the matrix: 9 taps a channel */
{
    return op->input_count * 9;
}

static void multiply_block(void *argument, int task, int worker)
{
    const hp_step_run *run = argument;
    const hp_step *step = run->step;
    const hp_op *op = step->op;
    const int pixels = step->out_width * step->out_height;
    const int first = task * step->task_size;
    const int count =
        pixels - first < step->task_size ? pixels - first : step->task_size;
    float *matrix = run->scratch + (size_t)worker * run->scratch_pitch;
    float *out = run->arena + step->output + first;

    run->kernels->im2col3x3(&step->window, op->input_count,
                            run->arena + step->input, first, count, matrix);
    run->kernels->gemm(op->output_count, count, row_count(op), op->weight,
                       (size_t)row_count(op), matrix, (size_t)count, out,
                       (size_t)pixels);
    run->kernels->bias_activation(op->output_count, count, out, (size_t)pixels,
                                  op->bias, op->activation);
}

void hp_conv_plan(hp_step *step)
{
    const hp_op *op = step->op;
    const int pixels = step->out_width * step->out_height;
    int largest =
        SCRATCH_FLOATS / row_count(op) / SMALLEST_BLOCK * SMALLEST_BLOCK;

    if (largest > LARGEST_BLOCK)
        largest = LARGEST_BLOCK;
    if (largest < SMALLEST_BLOCK)
        largest = SMALLEST_BLOCK;
    step->task = multiply_block;
    step->task_size = hp_block_width(pixels, largest);
    step->task_count = (pixels - 1) / step->task_size + 1;
    step->scratch = (size_t)row_count(op) * (size_t)step->task_size;
    step->kernel_name = "im2col+gemm";
    step->mac_count =
        (uint64_t)pixels * (uint64_t)row_count(op) * (uint64_t)op->output_count;
}
