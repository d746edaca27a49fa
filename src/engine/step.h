/* step.h - one group of operations fitted to an input size: what it reads and
 * writes, how its work is cut. Where rows are cut depends on shapes only; a
 * kernel's results do not depend on where a run is cut. */
#ifndef HP_STEP_H
#define HP_STEP_H

#include "base/thread.h"
#include "engine/program.h"
#include "engine/tensor.h"

typedef struct hp_step {
    const hp_group *group;
    int task_count;
    int task_size;                     /* rows, or tiles of Winograd */
    size_t strip_bytes, scratch_bytes; /* a worker's: strips, then kernels' */
    const char *kernel_name;
    uint64_t mac_count;
    /* The dense operation of the next step, or -1: each task fetches one of so
     * many parts of its weights, so that each worker fetches about all. */
    int ahead_op, ahead_parts;
} hp_step;

/* What a task gets. */
typedef struct hp_step_run {
    const hatpose_model *model;
    const hp_packed *packed;
    const hp_tensor *tensors;
    const hp_step *step;
    const hp_input *input;
    unsigned char *arena, *scratch; /* worker i's at i * scratch_pitch */
    size_t scratch_pitch;
    float *planes; /* of all maps, one after the other */
} hp_step_run;

/* What planning a step knows. */
typedef struct hp_step_shapes {
    const hatpose_model *model;
    const hp_packed *packed;
    const hp_tensor *tensors;
    int worker_count;
} hp_step_shapes;

/* Each completes a step whose group is set; false on overflow. */
bool hp_step_plan(const hp_step_shapes *shapes, hp_step *step);
bool hp_chain_plan(const hp_step_shapes *shapes, hp_step *step);
bool hp_winograd_plan(const hp_step_shapes *shapes, hp_step *step);

/* The tasks of a step. */
hp_task_fn hp_step_task(const hp_step *step);
void hp_chain_task(void *argument, int task, int worker);
void hp_winograd_task(void *argument, int task, int worker);

/* --- shared by them ------------------------------------------------------ */

/* What the last operation of a group writes, or the add that it does. */
const hp_op *hp_group_output(const hatpose_model *model, const hp_group *group);
/* Its blocks. */
hp_block_range hp_group_blocks(const hp_packed *packed, const hp_group *group);
/* Views of the output and the addend (data NULL: none) at a row. */
hp_view hp_step_output(const hp_step_run *run, int row);
hp_view hp_step_addend(const hp_step_run *run, int row);
/* Sets the pad of some rows of the output to 0, if windows read it. */
void hp_step_clear_pad(const hp_step_run *run, int first_row, int row_count);

/* Nearly equal parts of `count`, at most `largest` each. */
static inline int hp_part_size(int count, int largest)
{
    int parts = (count - 1) / largest + 1;

    return (count - 1) / parts + 1;
}

/* How large parts of `count` should be, at most `largest`, so that the worker
 * with the most to do is ready soonest, also when one core is slowed down by
 * a neighbour: n of them are n * scale - less pixels of the kernels' products,
 * which come in multiples of `product`. */
int hp_part_choose(int count, int largest, int worker_count, int scale,
                   int less, int product);

#endif
