/* step.c - steps of one kernel: from the picture, sums; and what all steps
 * share. */
#include "engine/step.h"

const hp_op *hp_group_output(const hatpose_model *model, const hp_group *group)
{
    int last = group->add >= 0 ? group->add : group->ops[group->op_count - 1];

    return &model->ops[last];
}

hp_block_range hp_group_blocks(const hp_packed *packed, const hp_group *group)
{
    int last = group->add >= 0 ? group->add : group->ops[group->op_count - 1];

    return packed->ops[last].output;
}

static hp_view view_of(const hp_step_run *run, int value, hp_block_range blocks,
                       int row)
{
    return hp_tensor_view(&run->tensors[value],
                          &run->packed->layout.values[value], run->arena,
                          blocks, row);
}

hp_view hp_step_output(const hp_step_run *run, int row)
{
    const hp_group *group = run->step->group;

    return view_of(run, hp_group_output(run->model, group)->output,
                   hp_group_blocks(run->packed, group), row);
}

/* The operand that the group does not make itself. */
hp_view hp_step_addend(const hp_step_run *run, int row)
{
    const hp_group *group = run->step->group;

    if (group->add < 0)
        return (hp_view){.data = NULL};
    const hp_op *add = &run->model->ops[group->add];
    const hp_packed_op *packed = &run->packed->ops[group->add];
    int own = run->model->ops[group->ops[group->op_count - 1]].output;
    if (add->input == own)
        return view_of(run, add->addend, packed->addend, row);
    return view_of(run, add->input, packed->input, row);
}

void hp_step_clear_pad(const hp_step_run *run, int first_row, int row_count)
{
    const hp_group *group = run->step->group;
    int value = hp_group_output(run->model, group)->output;
    const hp_placing *placing = &run->packed->layout.values[value];

    if (placing->window_read)
        hp_tensor_clear_pad(&run->tensors[value], placing, run->arena,
                            hp_group_blocks(run->packed, group), first_row,
                            row_count);
}

/* How much more it counts when the work ends with cores that are equally
 * fast than when with one of them at half speed. */
enum { EVEN_WEIGHT = 3 };

/* Work of a part in multiples of `product`, and one more for its start. */
static int64_t part_cost(int part, int scale, int less, int product)
{
    int64_t products = (int64_t)part * scale - less;

    return (products - 1) / product + 2;
}

/* How many parts one worker does when another has half of its speed: who is
 * through with a part takes the next. */
static int64_t most_beside_slow(int64_t parts, int worker_count)
{
    const int64_t fast = worker_count - 1;
    int64_t most = 2 * parts / (2 * fast + 1);

    while (most * fast + most / 2 < parts)
        most++;
    return most;
}

int hp_part_choose(int count, int largest, int worker_count, int scale,
                   int less, int product)
{
    int best = 1;
    int64_t best_cost = INT64_MAX;

    for (int part = 1; part <= largest; part++) {
        const int64_t whole = count / part, rest = count % part;
        const int64_t parts = whole + (rest > 0);
        const int64_t one = part_cost(part, scale, less, product);
        /* The first worker has as many as anyone, and only whole ones if
         * there are several. */
        int64_t most = (parts - 1) / worker_count + 1;
        int64_t cost = most * one;
        if (most > whole)
            cost -= one - part_cost((int)rest, scale, less, product);
        if (worker_count > 1)
            cost = EVEN_WEIGHT * cost +
                   most_beside_slow(parts, worker_count) * one;
        if (cost <= best_cost) {
            best_cost = cost;
            best = part;
        }
    }
    return best;
}

/* --- rows of one kernel -------------------------------------------------- */

enum {
    ROW_TASKS = 16, /* enough for the threads, and each some microseconds */
    TASK_PIXELS = 2048
};

/* Rows first .. first + the result - 1 belong to the task. */
static int rows_of(const hp_step *step, int height, int task, int *first)
{
    *first = task * step->task_size;
    return height - *first < step->task_size ? height - *first
                                             : step->task_size;
}

static void cut_rows(const hp_tensor *tensor, hp_step *step)
{
    int rows = (tensor->height - 1) / ROW_TASKS + 1;

    if (rows < (TASK_PIXELS - 1) / tensor->width + 1)
        rows = (TASK_PIXELS - 1) / tensor->width + 1;
    if (rows > tensor->height)
        rows = tensor->height;
    step->task_size = hp_part_size(tensor->height, rows);
    step->task_count = (tensor->height - 1) / step->task_size + 1;
}

static void first_task(void *argument, int task, int worker)
{
    const hp_step_run *run = argument;
    const int index = run->step->group->ops[0];
    const hp_packed_op *packed = &run->packed->ops[index];
    const hp_tensor *out = &run->tensors[run->model->ops[index].output];
    int first_row,
        row_count = rows_of(run->step, out->height, task, &first_row);
    hp_first_run first = {
        .input = run->input,
        .out = hp_step_output(run, first_row),
        .weight = packed->weight,
        .bias = packed->bias,
        .activation = run->model->ops[index].activation,
        .out_width = out->width,
        .out_pitch = out->pitch,
        .first_row = first_row,
        .row_count = row_count,
        .scratch = run->scratch + (size_t)worker * run->scratch_pitch,
    };

    run->packed->layers->first(&first);
    hp_step_clear_pad(run, first_row, row_count);
}

/* A piece of value 0 is a picture with fewer colours: what only fills up its
 * block gets a scale of 0. */
static void import_piece(const hp_step_run *run, int channel, int count,
                         int first_row, int row_count)
{
    const hp_placing *placing = &run->packed->layout.values[0];
    hp_input input = *run->input;
    hp_import_run import = {
        .input = &input,
        .out = view_of(run, 0, hp_layout_blocks(placing, channel, count),
                       first_row),
        .out_pitch = run->tensors[0].pitch,
        .first_row = first_row,
        .row_count = row_count,
    };

    for (int c = 0; c < 3; c++) {
        int from = c < count ? channel + c : 0;
        input.order[c] = run->input->order[from];
        input.mean[c] = c < count ? run->input->mean[from] : 0.0f;
        input.scale[c] = c < count ? run->input->scale[from] : 0.0f;
    }
    run->packed->layers->import(&import);
}

static void import_task(void *argument, int task, int worker)
{
    const hp_step_run *run = argument;
    const hp_tensor *out = &run->tensors[0];
    const hp_placing *placing = &run->packed->layout.values[0];
    int first_row,
        row_count = rows_of(run->step, out->height, task, &first_row);

    (void)worker;
    for (int c = 0, count; c < 3; c += count) {
        count = hp_layout_piece(placing, c, 3 - c);
        import_piece(run, c, count, first_row, row_count);
    }
    hp_tensor_clear_pad(out, placing, run->arena,
                        (hp_block_range){0, placing->block_count}, first_row,
                        row_count);
}

static void add_task(void *argument, int task, int worker)
{
    const hp_step_run *run = argument;
    const int index = run->step->group->ops[0];
    const hp_op *op = &run->model->ops[index];
    const hp_packed_op *packed = &run->packed->ops[index];
    const hp_tensor *out = &run->tensors[op->output];
    int first_row,
        row_count = rows_of(run->step, out->height, task, &first_row);
    hp_add_run add = {
        .a = view_of(run, op->input, packed->input, first_row),
        .b = view_of(run, op->addend, packed->addend, first_row),
        .out = hp_step_output(run, first_row),
        .activation = op->activation,
        .count = row_count * out->pitch - out->pad,
    };

    (void)worker;
    run->packed->layers->add(&add);
    hp_step_clear_pad(run, first_row, row_count);
}

bool hp_step_plan(const hp_step_shapes *shapes, hp_step *step)
{
    const hp_group *group = step->group;
    const hp_op *op = &shapes->model->ops[group->ops[0]];

    switch (group->kind) {
    case HP_GROUP_CHAIN:
        return hp_chain_plan(shapes, step);
    case HP_GROUP_WINOGRAD:
        return hp_winograd_plan(shapes, step);
    case HP_GROUP_IMPORT:
        cut_rows(&shapes->tensors[0], step);
        step->kernel_name = "import";
        return true;
    case HP_GROUP_ADD:
        cut_rows(&shapes->tensors[op->output], step);
        step->kernel_name = "add";
        return true;
    case HP_GROUP_FIRST:
        cut_rows(&shapes->tensors[op->output], step);
        step->kernel_name = "first 3x3";
        step->scratch_bytes = shapes->packed->layers->first_scratch_bytes(
            shapes->tensors[0].width);
        return true;
    }
    return false;
}

hp_task_fn hp_step_task(const hp_step *step)
{
    switch (step->group->kind) {
    case HP_GROUP_IMPORT:
        return import_task;
    case HP_GROUP_FIRST:
        return first_task;
    case HP_GROUP_WINOGRAD:
        return hp_winograd_task;
    case HP_GROUP_ADD:
        return add_task;
    default:
        return hp_chain_task;
    }
}
