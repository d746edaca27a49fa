/* plan.c - from a list of operations and an input size to steps. In: a model
 * that keeps the rules of docs/model-format.md. Out: steps that run in the
 * order of the list. A concatenation is a value that several steps write. */
#include "engine/plan.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "base/error.h"

/* Kernels count the pixels of a plane in an int, and look up to two rows
 * beyond it. */
enum { LARGEST_PLANE = INT_MAX / 4 };

hatpose_status hp_plan_create(hp_memory *memory, const hatpose_model *model,
                              hp_plan *plan, hatpose_error *err)
{
    const size_t value_count = (size_t)model->value_count;
    void *tensors, *steps, *order;

    hatpose_status status = hp_allocate_array(
        memory, value_count, sizeof(hp_tensor), "network plan", &tensors, err);
    if (status != HATPOSE_OK)
        return status;
    status = hp_allocate_array(memory, (size_t)model->op_count, sizeof(hp_step),
                               "network plan", &steps, err);
    if (status != HATPOSE_OK)
        goto no_steps;
    status = hp_allocate_array(memory, value_count, sizeof(int), "network plan",
                               &order, err);
    if (status != HATPOSE_OK)
        goto no_order;
    *plan = (hp_plan){.tensors = tensors, .steps = steps, .order = order};
    return HATPOSE_OK;
no_order:
    hp_deallocate(memory, steps);
no_steps:
    hp_deallocate(memory, tensors);
    return status;
}

void hp_plan_release(hp_memory *memory, hp_plan *plan)
{
    hp_deallocate(memory, plan->order);
    hp_deallocate(memory, plan->steps);
    hp_deallocate(memory, plan->tensors);
    memset(plan, 0, sizeof *plan);
}

static void use(hp_tensor *tensor, int op_index)
{
    if (op_index < tensor->first_op)
        tensor->first_op = op_index;
    if (op_index > tensor->last_op)
        tensor->last_op = op_index;
}

/* Sides of every value from those of the input, and when each is alive. The
 * input and the maps stay to the end. */
static void follow_values(hp_plan *plan, const hatpose_model *model)
{
    const hp_map_group *groups[] = {&model->heatmaps, &model->pafs,
                                    &model->hats};

    for (int i = 0; i < model->value_count; i++)
        plan->tensors[i] = (hp_tensor){.channels = model->values[i].channels,
                                       .first_op = INT_MAX,
                                       .last_op = -1};
    plan->tensors[0].width = plan->width_net_px;
    plan->tensors[0].height = plan->height_net_px;
    use(&plan->tensors[0], 0);
    use(&plan->tensors[0], model->op_count);
    for (int i = 0; i < model->op_count; i++) {
        const hp_op *op = &model->ops[i];
        hp_tensor *in = &plan->tensors[op->input];
        hp_tensor *out = &plan->tensors[op->output];
        use(in, i);
        use(out, i);
        if (op->kind == HP_OP_ADD)
            use(&plan->tensors[op->addend], i);
        out->width = hp_window_out(in->width, op->stride);
        out->height = hp_window_out(in->height, op->stride);
    }
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (groups[i]->count > 0)
            use(&plan->tensors[groups[i]->value], model->op_count);
}

static void plan_step(hp_plan *plan, const hp_op *op, hp_step *step)
{
    const hp_tensor *in = &plan->tensors[op->input];
    const hp_tensor *out = &plan->tensors[op->output];

    assert(in->width > 0 && op->input_first + op->input_count <= in->channels &&
           op->output_first + op->output_count <= out->channels);
    *step = (hp_step){
        .op = op,
        .window = {in->width, in->height, op->stride, op->dilation},
        .out_width = out->width,
        .out_height = out->height,
        .input = hp_tensor_plane(in, op->input_first),
        .output = hp_tensor_plane(out, op->output_first),
    };
    if (op->kind == HP_OP_ADD) {
        step->addend =
            hp_tensor_plane(&plan->tensors[op->addend], op->addend_first);
        hp_add_plan(step);
    } else if (op->kind == HP_OP_DEPTHWISE) {
        hp_depthwise_plan(step);
    } else if (op->kernel == 1) {
        hp_pointwise_plan(step);
    } else {
        hp_conv_plan(step);
    }
    if (step->scratch > plan->scratch_pitch)
        plan->scratch_pitch = step->scratch;
}

static bool measure_arena(hp_plan *plan, int worker_count)
{
    size_t scratch, floats;

    if (!hp_size_add(plan->scratch_pitch, HP_TENSOR_STEP - 1, &scratch))
        return false;
    plan->scratch_pitch = scratch - scratch % HP_TENSOR_STEP;
    return hp_size_multiply(plan->scratch_pitch, (size_t)worker_count,
                            &scratch) &&
           hp_size_add(plan->values_floats, scratch, &floats) &&
           hp_size_multiply(floats, sizeof(float), &plan->arena_bytes);
}

static bool plan_all(hp_plan *plan, const hatpose_model *model,
                     int worker_count)
{
    follow_values(plan, model);
    for (int i = 0; i < model->value_count; i++)
        if (!hp_tensor_measure(&plan->tensors[i]))
            return false;
    if (!hp_tensor_place(plan->tensors, model->value_count, plan->order,
                         &plan->values_floats))
        return false;
    plan->scratch_pitch = 0;
    for (int i = 0; i < model->op_count; i++)
        plan_step(plan, &model->ops[i], &plan->steps[i]);
    return measure_arena(plan, worker_count);
}

hatpose_status hp_plan_make(hp_plan *plan, const hatpose_model *model,
                            int worker_count, int width_net_px,
                            int height_net_px, hatpose_error *err)
{
    plan->width_net_px = width_net_px;
    plan->height_net_px = height_net_px;
    if (width_net_px <= LARGEST_PLANE / height_net_px &&
        plan_all(plan, model, worker_count))
        return HATPOSE_OK;
    plan->width_net_px = plan->height_net_px = 0;
    return hp_fail(err, HATPOSE_E_LIMIT,
                   "network input %dx%d: too large to address", width_net_px,
                   height_net_px);
}
