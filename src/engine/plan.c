/* plan.c - from a program and an input size to steps. In: groups of
 * operations. Out: steps, and an arena in which values that are never alive
 * together share memory. A concatenation is a value that several steps
 * write. */
#include "engine/plan.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "base/error.h"

/* Kernels count the pixels of a plane in an int, pads included. */
enum { LARGEST_PLANE = INT_MAX / 8 };

static const hp_map_group *map_group(const hatpose_model *model, int index)
{
    return index == 0   ? &model->heatmaps
           : index == 1 ? &model->pafs
                        : &model->hats;
}

hatpose_status hp_plan_create(hp_memory *memory, const hatpose_model *model,
                              const hp_program *program, hp_plan *plan,
                              hatpose_error *err)
{
    const size_t tensors = (size_t)model->value_count + 1;
    const size_t maps =
        (size_t)(model->heatmaps.count + model->pafs.count + model->hats.count);
    void *block;
    /* At most some thousands of each: no overflow. */
    hatpose_status status =
        hp_allocate_array(memory, 1,
                          tensors * (sizeof(hp_tensor) + sizeof(int)) +
                              (size_t)program->group_count * sizeof(hp_step) +
                              maps * sizeof(hp_export_piece),
                          "network plan", &block, err);

    if (status != HATPOSE_OK)
        return status;
    *plan = (hp_plan){.tensors = block};
    plan->steps = (hp_step *)(plan->tensors + tensors);
    plan->exports = (hp_export_piece *)(plan->steps + program->group_count);
    plan->order = (int *)(plan->exports + maps);
    return HATPOSE_OK;
}

void hp_plan_release(hp_memory *memory, hp_plan *plan)
{
    hp_deallocate(memory, plan->tensors);
    memset(plan, 0, sizeof *plan);
}

/* --- shapes -------------------------------------------------------------- */

/* Sides of every value from those of the input. */
static void follow_sides(hp_plan *plan, const hatpose_model *model)
{
    for (int v = 0; v <= model->value_count; v++)
        plan->tensors[v] = (hp_tensor){.first_step = INT_MAX, .last_step = -1};
    plan->tensors[0].width = plan->width_net_px;
    plan->tensors[0].height = plan->height_net_px;
    for (int i = 0; i < model->op_count; i++) {
        const hp_op *op = &model->ops[i];
        const hp_tensor *in = &plan->tensors[op->input];
        hp_tensor *out = &plan->tensors[op->output];
        out->width = (in->width - 1) / op->stride + 1;
        out->height = (in->height - 1) / op->stride + 1;
        if (op->kernel == 3 && op->dilation > in->pad)
            plan->tensors[op->input].pad = op->dilation;
    }
}

/* Values of the same sides get the same pad, so that one run of pixels is
 * the same in all of them. */
static void share_pads(hp_plan *plan, int count)
{
    hp_tensor *tensors = plan->tensors;

    for (int a = 0; a < count; a++)
        for (int b = 0; b < a; b++) {
            if (tensors[a].width != tensors[b].width ||
                tensors[a].height != tensors[b].height)
                continue;
            if (tensors[a].pad < tensors[b].pad)
                tensors[a].pad = tensors[b].pad;
            else
                tensors[b].pad = tensors[a].pad;
        }
    for (int i = 0; i < count; i++)
        tensors[i].pitch = tensors[i].width + tensors[i].pad;
}

/* --- lives --------------------------------------------------------------- */

static void use(hp_plan *plan, int value, int step)
{
    hp_tensor *tensor = &plan->tensors[value];

    if (step < tensor->first_step)
        tensor->first_step = step;
    if (step > tensor->last_step)
        tensor->last_step = step;
}

static void use_group(hp_plan *plan, const hatpose_model *model,
                      const hp_group *group, int step)
{
    if (group->kind == HP_GROUP_IMPORT) { /* of no operation */
        use(plan, 0, step);
        return;
    }
    const hp_op *head = &model->ops[group->ops[0]];
    const hp_op *end = &model->ops[group->ops[group->op_count - 1]];
    if (group->kind != HP_GROUP_FIRST)
        use(plan, head->input, step);
    if (head->kind == HP_OP_ADD)
        use(plan, head->addend, step);
    if (group->add >= 0) {
        const hp_op *add = &model->ops[group->add];
        use(plan, add->input == end->output ? add->addend : add->input, step);
    }
    use(plan, hp_group_output(model, group)->output, step);
}

/* Values that no step touches need no memory: they pass through scratch. */
static bool follow_lives(hp_plan *plan, const hp_plan_source *source)
{
    const hatpose_model *model = source->model;
    const int last = source->program->group_count;

    for (int i = 0; i < last; i++)
        use_group(plan, model, &source->program->groups[i], i);
    for (int i = 0; i < 3; i++)
        if (map_group(model, i)->count > 0)
            use(plan, map_group(model, i)->value, last);
    for (int v = 0; v < model->value_count; v++)
        if (plan->tensors[v].last_step >= 0 &&
            !hp_tensor_measure(&plan->tensors[v],
                               &source->packed->layout.values[v]))
            return false;
    return true;
}

/* --- maps ---------------------------------------------------------------- */

/* Pieces of whole blocks at most, one after the other. */
static void cut_exports(hp_plan *plan, const hp_plan_source *source)
{
    size_t offset = 0;

    plan->export_count = 0;
    for (int i = 0; i < 3; i++) {
        const hp_map_group *group = map_group(source->model, i);
        plan->map_offsets[i] = offset;
        if (group->count == 0)
            continue;
        const hp_placing *value = &source->packed->layout.values[group->value];
        const hp_tensor *tensor = &plan->tensors[group->value];
        const size_t plane = (size_t)tensor->width * (size_t)tensor->height;
        const int block = hp_block_channels(value->storage);
        for (int c = 0, count; c < group->count; c += count) {
            int channel = group->first + c;
            int room = block - value->place[channel] % block;
            int rest = group->count - c;
            count = hp_layout_piece(value, channel, rest < room ? rest : room);
            plan->exports[plan->export_count++] = (hp_export_piece){
                group->value, value->place[channel], count, offset};
            offset += (size_t)count * plane;
        }
    }
    /* The planes live when the last step has run. */
    hp_tensor *planes = &plan->tensors[source->model->value_count];
    planes->first_step = planes->last_step = source->program->group_count;
    planes->size = (offset * sizeof(float) + 63) / 64 * 64;
}

/* --- all of it ----------------------------------------------------------- */

static uint64_t mac_count(const hp_plan *plan, const hp_op *op)
{
    const hp_tensor *out = &plan->tensors[op->output];
    uint64_t pixels = (uint64_t)out->width * (uint64_t)out->height;
    uint64_t taps = (uint64_t)(op->kernel * op->kernel);

    if (op->kind == HP_OP_ADD)
        return 0;
    return pixels * taps * (uint64_t)op->output_count *
           (op->kind == HP_OP_CONV ? (uint64_t)op->input_count : 1);
}

/* The first dense operation of a chain, or -1. */
static int first_product(const hatpose_model *model, const hp_group *group)
{
    for (int k = 0; group->kind == HP_GROUP_CHAIN && k < group->op_count; k++)
        if (model->ops[group->ops[k]].kind == HP_OP_CONV)
            return group->ops[k];
    return -1;
}

static bool plan_steps(hp_plan *plan, const hp_plan_source *source)
{
    const hp_step_shapes shapes = {.model = source->model,
                                   .packed = source->packed,
                                   .tensors = plan->tensors,
                                   .worker_count = source->worker_count};

    plan->scratch_pitch = 0;
    for (int i = 0; i < source->program->group_count; i++) {
        const hp_group *group = &source->program->groups[i];
        hp_step *step = &plan->steps[i];
        *step = (hp_step){.group = group};
        for (int k = 0; k < group->op_count; k++)
            step->mac_count +=
                mac_count(plan, &source->model->ops[group->ops[k]]);
        if (!hp_step_plan(&shapes, step))
            return false;
        step->ahead_op = -1;
        step->ahead_parts = (step->task_count - 1) / source->worker_count + 1;
        if (i > 0)
            plan->steps[i - 1].ahead_op = first_product(source->model, group);
        if (step->scratch_bytes > plan->scratch_pitch)
            plan->scratch_pitch = step->scratch_bytes;
    }
    return true;
}

static bool measure_arena(hp_plan *plan, int worker_count)
{
    size_t scratch;

    /* An odd number of lines, as between blocks. */
    if (!hp_size_add(plan->scratch_pitch, 127, &scratch))
        return false;
    plan->scratch_pitch = (scratch / 64 | 1) * 64;
    return hp_size_multiply(plan->scratch_pitch, (size_t)worker_count,
                            &scratch) &&
           hp_size_add(plan->values_bytes, scratch, &plan->arena_bytes);
}

static bool plan_all(hp_plan *plan, const hp_plan_source *source)
{
    follow_sides(plan, source->model);
    share_pads(plan, source->model->value_count);
    if (!follow_lives(plan, source))
        return false;
    cut_exports(plan, source);
    return hp_tensor_place(plan->tensors, source->model->value_count + 1,
                           plan->order, &plan->values_bytes) &&
           plan_steps(plan, source) &&
           measure_arena(plan, source->worker_count);
}

hatpose_status hp_plan_make(hp_plan *plan, const hp_plan_source *source,
                            int width_net_px, int height_net_px,
                            hatpose_error *err)
{
    plan->width_net_px = width_net_px;
    plan->height_net_px = height_net_px;
    if (width_net_px <= LARGEST_PLANE / height_net_px && plan_all(plan, source))
        return HATPOSE_OK;
    plan->width_net_px = plan->height_net_px = 0;
    return hp_fail(err, HATPOSE_E_LIMIT,
                   "network input %dx%d: too large to address", width_net_px,
                   height_net_px);
}
