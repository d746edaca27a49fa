/* step_chain.c - strips of rows through a chain of operations: a depthwise
 * or a convolution, then 1x1 convolutions. What lies between two of them
 * stays in the worker's scratch, in one of two strips, and in its cache.
 *
 * A convolution of stride 1 runs flat over the rows of a strip and the pad
 * between them; stride 2 goes row by row. */
#include "engine/step.h"

/* What a product reads of a strip, again for each of its panels of weights,
 * stays in an L2 of 1 MiB or more; the weights pass through the rest. From
 * 96 to 768 KiB nothing changes that could be measured. */
enum { STRIP_BYTES = 1 << 19 };

typedef struct strip {
    const hp_step_run *run;
    unsigned char *scratch;
    int first_row, row_count;
} strip;

static const hp_tensor *output_tensor(const hp_step_run *run)
{
    return &run->tensors[hp_group_output(run->model, run->step->group)->output];
}

/* Where link `position` puts its result. */
static hp_view strip_view(const strip *s, int position)
{
    const hp_step_run *run = s->run;
    const hp_step *step = run->step;
    const hp_tensor *out = output_tensor(run);
    const int value = run->model->ops[step->group->ops[position]].output;
    const hp_placing *placing = &run->packed->layout.values[value];
    hp_view view = {
        .data = s->scratch + (size_t)(position % 2) * step->strip_bytes,
        .block_count = placing->block_count,
        .storage = placing->storage,
        .codes = {placing->step, placing->inverse, placing->zero},
    };

    /* Measured when it was planned: no overflow. */
    (void)hp_tensor_block_stride(placing->storage,
                                 (size_t)step->task_size * (size_t)out->pitch,
                                 &view.block_stride);
    return view;
}

static hp_view link_output(const strip *s, int position)
{
    if (position + 1 < s->run->step->group->op_count)
        return strip_view(s, position);
    return hp_step_output(s->run, s->first_row);
}

static void run_depthwise(const strip *s)
{
    const hp_step_run *run = s->run;
    const int index = run->step->group->ops[0];
    const hp_op *op = &run->model->ops[index];
    const hp_packed_op *packed = &run->packed->ops[index];
    const hp_tensor *in = &run->tensors[op->input], *out = output_tensor(run);
    hp_depthwise_run depthwise = {
        .in = hp_tensor_view(in, &run->packed->layout.values[op->input],
                             run->arena, packed->input, 0),
        .out = link_output(s, 0),
        .weight = packed->weight,
        .bias = packed->bias,
        .activation = op->activation,
        .in_pitch = in->pitch,
        .out_width = out->width,
        .out_pitch = out->pitch,
        .stride = op->stride,
        .dilation = op->dilation,
        .first_row = s->first_row,
        .row_count = s->row_count,
    };

    run->packed->layers->depthwise(&depthwise);
}

static void move_view(hp_view *view, size_t pixels)
{
    if (view->data != NULL)
        view->data += pixels * hp_pixel_stride(view->storage);
}

/* Row by row: the input moves on by two rows. */
static void run_rows(const strip *s, hp_conv_run *conv, const hp_tensor *in,
                     const hp_tensor *out)
{
    conv->count = out->width;
    for (int row = 0; row < s->row_count; row++) {
        s->run->packed->layers->conv(conv);
        move_view(&conv->in, 2 * (size_t)in->pitch);
        move_view(&conv->out, (size_t)out->pitch);
        move_view(&conv->addend, (size_t)out->pitch);
    }
}

/* What this strip fetches of the weights that come next. */
static void look_ahead(const strip *s, int position, hp_conv_run *conv)
{
    const hp_step_run *run = s->run;
    const hp_step *step = run->step;
    const bool is_last = position + 1 == step->group->op_count;
    const int index = is_last ? step->ahead_op : step->group->ops[position + 1];
    const hp_layers *layers = run->packed->layers;

    if (index < 0)
        return;
    const hp_op *op = &run->model->ops[index];
    const hp_packed_op *packed = &run->packed->ops[index];
    const size_t bytes = layers->conv_pack_bytes(
        packed->outputs, packed->inputs, op->kernel * op->kernel);
    const size_t part = bytes / (size_t)step->ahead_parts / 64 * 64;
    const size_t turn =
        (size_t)(s->first_row / step->task_size % step->ahead_parts);
    conv->ahead = (const unsigned char *)packed->weight + turn * part;
    conv->ahead_bytes = part;
}

static void run_conv(const strip *s, int position)
{
    const hp_step_run *run = s->run;
    const hp_group *group = run->step->group;
    const int index = group->ops[position];
    const bool is_last = position + 1 == group->op_count;
    const hp_op *op = &run->model->ops[index];
    const hp_packed_op *packed = &run->packed->ops[index];
    const hp_tensor *in = &run->tensors[op->input], *out = output_tensor(run);
    ptrdiff_t taps[9] = {0};
    hp_conv_run conv = {
        .out = link_output(s, position),
        .weight = packed->weight,
        .bias = packed->bias,
        .activation = op->activation,
        .taps = taps,
        .tap_count = op->kernel * op->kernel,
        .in_step = op->stride,
        .count = s->row_count * out->pitch - out->pad,
        .scratch = s->scratch + 2 * run->step->strip_bytes,
    };

    if (position == 0)
        conv.in = hp_tensor_view(in, &run->packed->layout.values[op->input],
                                 run->arena, packed->input,
                                 s->first_row * op->stride);
    else
        conv.in = strip_view(s, position - 1);
    for (int t = 0; op->kernel == 3 && t < 9; t++)
        taps[t] = (ptrdiff_t)op->dilation *
                  ((t / 3 - 1) * (ptrdiff_t)in->pitch + t % 3 - 1);
    if (is_last && group->add >= 0) {
        conv.addend = hp_step_addend(run, s->first_row);
        conv.sum_activation = run->model->ops[group->add].activation;
    }
    if (op->stride == 1) {
        look_ahead(s, position, &conv);
        run->packed->layers->conv(&conv);
    } else {
        run_rows(s, &conv, in, out);
    }
}

void hp_chain_task(void *argument, int task, int worker)
{
    const hp_step_run *run = argument;
    const hp_group *group = run->step->group;
    const int height = output_tensor(run)->height;
    strip s = {
        .run = run,
        .scratch = run->scratch + (size_t)worker * run->scratch_pitch,
        .first_row = task * run->step->task_size,
        .row_count = run->step->task_size,
    };

    if (s.row_count > height - s.first_row)
        s.row_count = height - s.first_row;
    for (int i = 0; i < group->op_count; i++)
        if (run->model->ops[group->ops[i]].kind == HP_OP_DEPTHWISE)
            run_depthwise(&s);
        else
            run_conv(&s, i);
    hp_step_clear_pad(run, s.first_row, s.row_count);
}

/* --- planning ------------------------------------------------------------ */

static const char *name_of(const hatpose_model *model, const hp_group *group)
{
    const hp_op *head = &model->ops[group->ops[0]];
    static const char *const depthwise[] = {"depthwise", "depthwise + 1x1",
                                            "depthwise + 2 x 1x1",
                                            "depthwise + 3 x 1x1"};
    static const char *const dense[] = {"3x3", "3x3 + 1x1", "3x3 + 2 x 1x1",
                                        "3x3 + 3 x 1x1"};
    static const char *const pointwise[] = {"1x1", "2 x 1x1", "3 x 1x1",
                                            "4 x 1x1"};
    const char *const *names = head->kind == HP_OP_DEPTHWISE ? depthwise
                               : head->kernel == 3           ? dense
                                                             : pointwise;

    return names[group->op_count - 1];
}

/* The most that a product reads for a row of the output. */
static size_t bytes_per_row(const hp_step_shapes *shapes, const hp_group *group,
                            const hp_tensor *out)
{
    const hp_storage storage = shapes->packed->layout.storage;
    int blocks = 0;

    for (int i = 0; i < group->op_count; i++) {
        const int index = group->ops[i];
        if (shapes->model->ops[index].kind == HP_OP_CONV &&
            shapes->packed->ops[index].input.count > blocks)
            blocks = shapes->packed->ops[index].input.count;
    }
    return (size_t)blocks * hp_pixel_stride(storage) * (size_t)out->pitch;
}

static bool measure_strips(const hp_step_shapes *shapes, const hp_tensor *out,
                           hp_step *step)
{
    const hp_group *group = step->group;
    size_t stride, bytes;

    for (int i = 0; i + 1 < group->op_count; i++) {
        const hp_placing *value =
            &shapes->packed->layout
                 .values[shapes->model->ops[group->ops[i]].output];
        if (!hp_tensor_block_stride(
                value->storage, (size_t)step->task_size * (size_t)out->pitch,
                &stride) ||
            !hp_size_multiply(stride, (size_t)value->block_count, &bytes))
            return false;
        if (bytes > step->strip_bytes)
            step->strip_bytes = bytes;
    }
    return true;
}

/* The largest that a kernel of the chain asks for. */
static size_t kernel_scratch(const hp_step_shapes *shapes, const hp_tensor *out,
                             const hp_step *step)
{
    const hp_layers *layers = shapes->packed->layers;
    size_t most = 0;

    for (int i = 0; i < step->group->op_count; i++) {
        const int index = step->group->ops[i];
        const hp_op *op = &shapes->model->ops[index];
        const hp_packed_op *packed = &shapes->packed->ops[index];
        if (op->kind != HP_OP_CONV || layers->conv_scratch_bytes == NULL)
            continue;
        size_t bytes = layers->conv_scratch_bytes(
            packed->outputs, packed->inputs, op->kernel * op->kernel,
            step->task_size * out->pitch);
        if (bytes > most)
            most = bytes;
    }
    return most;
}

bool hp_chain_plan(const hp_step_shapes *shapes, hp_step *step)
{
    const hp_group *group = step->group;
    const hp_tensor *out =
        &shapes->tensors[hp_group_output(shapes->model, group)->output];
    const size_t row = bytes_per_row(shapes, group, out);
    int rows = out->height;
    size_t bytes;

    if (row > 0 && STRIP_BYTES / row < (size_t)rows)
        rows = STRIP_BYTES / row > 0 ? (int)(STRIP_BYTES / row) : 1;
    step->task_size =
        hp_part_choose(out->height, rows, shapes->worker_count, out->pitch,
                       out->pad, shapes->packed->layers->product_pixels);
    step->task_count = (out->height - 1) / step->task_size + 1;
    step->kernel_name = name_of(shapes->model, group);
    if (!measure_strips(shapes, out, step) ||
        !hp_size_multiply(step->strip_bytes, 2, &bytes))
        return false;
    return hp_size_add(bytes, kernel_scratch(shapes, out, step),
                       &step->scratch_bytes);
}
