/* op_depthwise.c - depthwise 3x3 convolution, channel by channel. */
#include "engine/operation.h"

enum { TASK_PIXELS = 1 << 15 }; /* some 20 us: above what a task costs */

static void convolve_channels(void *argument, int task, int worker)
{
    const hp_step_run *run = argument;
    const hp_step *step = run->step;
    const hp_op *op = step->op;
    const size_t in_plane =
        (size_t)step->window.width * (size_t)step->window.height;
    const size_t out_plane = (size_t)step->out_width * (size_t)step->out_height;
    const int first = task * step->task_size;

    (void)worker;
    for (int i = first; i < first + step->task_size && i < op->output_count;
         i++)
        run->kernels->depthwise3x3(
            &step->window, run->arena + step->input + (size_t)i * in_plane,
            op->weight + 9 * (size_t)i, op->bias != NULL ? op->bias[i] : 0.0f,
            op->activation, run->arena + step->output + (size_t)i * out_plane);
}

void hp_depthwise_plan(hp_step *step)
{
    const hp_op *op = step->op;
    const int pixels = step->out_width * step->out_height;

    step->task = convolve_channels;
    step->task_size = pixels > TASK_PIXELS ? 1 : TASK_PIXELS / pixels;
    step->task_count = (op->output_count - 1) / step->task_size + 1;
    step->kernel_name = "depthwise";
    step->mac_count = (uint64_t)pixels * 9 * (uint64_t)op->output_count;
}
