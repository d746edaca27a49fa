/* operation.h - one operation of a plan: what it reads and writes, how its
 * work is cut. Tasks are cut at edges that depend on shapes only, never on
 * the number of threads, so that every result is the same to the bit. */
#ifndef HP_OPERATION_H
#define HP_OPERATION_H

#include "base/thread.h"
#include "engine/tensor.h"
#include "kernels.h"
#include "model/model.h"

typedef struct hp_step {
    const hp_op *op;
    hp_window window; /* planes of the input */
    int out_width, out_height;
    size_t input, addend, output; /* offsets in the arena, in floats */
    size_t scratch;               /* floats a worker needs */
    int task_count, task_size;    /* columns, channels or elements a task */
    hp_task_fn task;              /* argument: hp_step_run */
    const char *kernel_name;
    uint64_t mac_count;
} hp_step;

/* What a task gets. Worker i's scratch is at scratch + i * scratch_pitch. */
typedef struct hp_step_run {
    const hp_step *step;
    const hp_kernels *kernels;
    float *arena, *scratch;
    size_t scratch_pitch;
} hp_step_run;

/* Each completes a step whose op, window, output sides and offsets are set. */
void hp_pointwise_plan(hp_step *step);
void hp_conv_plan(hp_step *step);
void hp_depthwise_plan(hp_step *step);
void hp_add_plan(hp_step *step);

/* Width of nearly equal blocks over `count` columns, at most `largest`, both
 * whole vectors and cache lines: multiples of HP_TENSOR_STEP. */
static inline int hp_block_width(int count, int largest)
{
    int blocks = (count - 1) / largest + 1;
    int width = (count - 1) / blocks + 1;

    return (width + HP_TENSOR_STEP - 1) / HP_TENSOR_STEP * HP_TENSOR_STEP;
}

#endif
