/* step_winograd.c - a dense 3x3 by Winograd: the tiles are cut into few
 * parts, because each reads all the weights. */
#include "engine/step.h"

enum { LARGEST_PART = 128 }; /* tiles whose transforms still stay in L2 */

static int tile_count(const hp_step_run *run)
{
    const hp_op *op = &run->model->ops[run->step->group->ops[0]];
    const hp_tensor *out =
        &run->tensors[hp_group_output(run->model, run->step->group)->output];

    return hp_winograd_tile_count(out->width, out->height, op->dilation);
}

/* The pad is shared out likewise: nobody else writes it. */
static void clear_part(const hp_step_run *run, int task)
{
    const hp_tensor *out =
        &run->tensors[hp_group_output(run->model, run->step->group)->output];
    const int parts = run->step->task_count;
    int first = (int)((int64_t)out->height * task / parts);
    int end = (int)((int64_t)out->height * (task + 1) / parts);

    if (end > first)
        hp_step_clear_pad(run, first, end - first);
}

void hp_winograd_task(void *argument, int task, int worker)
{
    const hp_step_run *run = argument;
    const int index = run->step->group->ops[0];
    const hp_op *op = &run->model->ops[index];
    const hp_packed_op *packed = &run->packed->ops[index];
    const hp_tensor *in = &run->tensors[op->input];
    const int tiles = tile_count(run), first = task * run->step->task_size;
    hp_winograd_run winograd = {
        .in = hp_tensor_view(in, &run->packed->layout.values[op->input],
                             run->arena, packed->input, 0),
        .addend = hp_step_addend(run, 0),
        .out = hp_step_output(run, 0),
        .weight = packed->weight,
        .bias = packed->bias,
        .activation = op->activation,
        .width = in->width,
        .height = in->height,
        .pitch = in->pitch,
        .pad = in->pad,
        .dilation = op->dilation,
        .first_tile = first,
        .tile_count = tiles - first < run->step->task_size
                          ? tiles - first
                          : run->step->task_size,
        .scratch = run->scratch + (size_t)worker * run->scratch_pitch,
    };

    if (run->step->group->add >= 0)
        winograd.sum_activation =
            run->model->ops[run->step->group->add].activation;
    run->packed->layers->winograd(&winograd);
    clear_part(run, task);
}

bool hp_winograd_plan(const hp_step_shapes *shapes, hp_step *step)
{
    const int index = step->group->ops[0];
    const hp_op *op = &shapes->model->ops[index];
    const hp_packed_op *packed = &shapes->packed->ops[index];
    const hp_tensor *in = &shapes->tensors[op->input];
    const int tiles =
        hp_winograd_tile_count(in->width, in->height, op->dilation);

    step->task_size = hp_part_choose(
        tiles, tiles < LARGEST_PART ? tiles : LARGEST_PART,
        shapes->worker_count, 1, 0, shapes->packed->layers->product_pixels);
    step->task_count = (tiles - 1) / step->task_size + 1;
    step->scratch_bytes = shapes->packed->layers->winograd_scratch_bytes(
        packed->outputs, packed->inputs);
    step->kernel_name = op->dilation == 2 ? "winograd 4x4 d2" : "winograd 4x4";
    return true;
}
