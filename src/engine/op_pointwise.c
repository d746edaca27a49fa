/* op_pointwise.c - 1x1 convolution: one matrix product, the planes are the
 * matrix, nothing is copied. Cut into blocks of pixels; bias and activation
 * follow while the block is in cache. */
#include "engine/operation.h"

/* Wide enough that packing the weights anew for each block costs little,
 * narrow enough that a block of 512 channels stays in a 1 MiB cache. */
enum { LARGEST_BLOCK = 512 };

static void multiply_block(void *argument, int task, int worker)
{
    const hp_step_run *run = argument;
    const hp_step *step = run->step;
    const hp_op *op = step->op;
    const int pixels = step->out_width * step->out_height;
    const int first = task * step->task_size;
    const int count =
        pixels - first < step->task_size ? pixels - first : step->task_size;
    float *out = run->arena + step->output + first;

    (void)worker;
    run->kernels->gemm(op->output_count, count, op->input_count, op->weight,
                       (size_t)op->input_count,
                       run->arena + step->input + first, (size_t)pixels, out,
                       (size_t)pixels);
    run->kernels->bias_activation(op->output_count, count, out, (size_t)pixels,
                                  op->bias, op->activation);
}

void hp_pointwise_plan(hp_step *step)
{
    const hp_op *op = step->op;
    const int pixels = step->out_width * step->out_height;

    step->task = multiply_block;
    step->task_size = hp_block_width(pixels, LARGEST_BLOCK);
    step->task_count = (pixels - 1) / step->task_size + 1;
    step->kernel_name = "gemm";
    step->mac_count = (uint64_t)pixels * (uint64_t)op->input_count *
                      (uint64_t)op->output_count;
}
