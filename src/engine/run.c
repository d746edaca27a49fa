/* run.c - a picture in, maps out. Keeps the plans of the last input sizes
 * and one arena that fits the largest of them. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/engine.h"
#include "engine/plan.h"

enum { PLAN_COUNT = 8 };

struct hp_engine {
    hp_memory *memory;
    hp_engine_source source;
    const hp_packed *packed; /* the model's */
    hp_program program;
    hp_plan plans[PLAN_COUNT];
    hp_plan *current; /* NULL until a plan was made */
    uint64_t use_count;
    hp_buffer arena;
    double *times_us; /* of the last run, one a group */
    const hp_plan *last_run;
};

static hatpose_status prepare(hp_engine *engine, hatpose_error *err)
{
    const hp_engine_source *source = &engine->source;
    void *times;
    hatpose_status status =
        hp_packed_get(source->model, source->kernels,
                      (source->choices & HP_ENGINE_DIRECT) != 0, source->pool,
                      &engine->packed, err);

    if (status == HATPOSE_OK)
        status = hp_program_create(
            engine->memory, source->model, engine->packed,
            (source->choices & HP_ENGINE_SEPARATE) != 0, &engine->program, err);
    if (status != HATPOSE_OK)
        return status;
    status =
        hp_allocate_array(engine->memory, (size_t)engine->program.group_count,
                          sizeof(double), "network", &times, err);
    engine->times_us = times;
    return status;
}

hatpose_status hp_engine_create(hp_memory *memory,
                                const hp_engine_source *source, hp_engine **out,
                                hatpose_error *err)
{
    void *block;

    *out = NULL;
    hatpose_status status =
        hp_allocate_array(memory, 1, sizeof(hp_engine), "network", &block, err);
    if (status != HATPOSE_OK)
        return status;
    hp_engine *engine = block;
    engine->memory = memory;
    engine->source = *source;
    status = prepare(engine, err);
    if (status == HATPOSE_OK)
        *out = engine;
    else
        hp_engine_destroy(engine);
    return status;
}

void hp_engine_destroy(hp_engine *engine)
{
    if (engine == NULL)
        return;
    hp_memory *memory = engine->memory;
    for (int i = 0; i < PLAN_COUNT; i++)
        hp_plan_release(memory, &engine->plans[i]);
    hp_buffer_release(memory, &engine->arena);
    hp_program_release(memory, &engine->program);
    hp_deallocate(memory, engine->times_us);
    hp_deallocate(memory, engine);
}

/* The plan of this size, or the one whose turn it is to be replaced. */
static hp_plan *find_plan(hp_engine *engine, int width_net_px,
                          int height_net_px)
{
    hp_plan *oldest = &engine->plans[0];

    for (int i = 0; i < PLAN_COUNT; i++) {
        hp_plan *plan = &engine->plans[i];
        if (plan->width_net_px == width_net_px &&
            plan->height_net_px == height_net_px)
            return plan;
        if (plan->last_use < oldest->last_use)
            oldest = plan;
    }
    return oldest;
}

static hatpose_status make_plan(hp_engine *engine, hp_plan *plan,
                                int width_net_px, int height_net_px,
                                hatpose_error *err)
{
    const hp_plan_source source = {
        .model = engine->source.model,
        .packed = engine->packed,
        .program = &engine->program,
        .worker_count = hp_pool_thread_count(engine->source.pool),
    };

    if (plan->width_net_px == width_net_px &&
        plan->height_net_px == height_net_px)
        return HATPOSE_OK;
    if (plan == engine->last_run)
        engine->last_run = NULL;
    if (plan->tensors == NULL) {
        hatpose_status status = hp_plan_create(engine->memory, source.model,
                                               source.program, plan, err);
        if (status != HATPOSE_OK)
            return status;
    }
    return hp_plan_make(plan, &source, width_net_px, height_net_px, err);
}

hatpose_status hp_engine_plan(hp_engine *engine, int width_net_px,
                              int height_net_px, hatpose_error *err)
{
    char what[64];

    engine->current = NULL;
    if (width_net_px < 1 || height_net_px < 1)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "network input %dx%d: empty",
                       width_net_px, height_net_px);
    hp_plan *plan = find_plan(engine, width_net_px, height_net_px);
    hatpose_status status =
        make_plan(engine, plan, width_net_px, height_net_px, err);
    if (status != HATPOSE_OK)
        return status;
    snprintf(what, sizeof what, "network input %dx%d", width_net_px,
             height_net_px);
    status = hp_buffer_reserve(engine->memory, &engine->arena,
                               plan->arena_bytes, what, err);
    if (status != HATPOSE_OK)
        return status;
    plan->last_use = ++engine->use_count;
    engine->current = plan;
    return HATPOSE_OK;
}

typedef struct export_run {
    const hp_engine *engine;
    unsigned char *arena;
    float *planes;
} export_run;

static void export_task(void *argument, int task, int worker)
{
    const export_run *run = argument;
    const hp_plan *plan = run->engine->current;
    const hp_export_piece *piece = &plan->exports[task];
    const hp_placing *value = &run->engine->packed->layout.values[piece->value];
    const hp_tensor *tensor = &plan->tensors[piece->value];
    hp_export_run export = {
        .in = hp_tensor_view(tensor, value, run->arena,
                             (hp_block_range){0, value->block_count}, 0),
        .width = tensor->width,
        .height = tensor->height,
        .pitch = tensor->pitch,
        .first_channel = piece->channel,
        .channel_count = piece->count,
        .planes = run->planes + piece->offset,
    };

    (void)worker;
    run->engine->packed->layers->export(&export);
}

static void run_steps(hp_engine *engine, const hp_input *input, float *planes)
{
    const hp_plan *plan = engine->current;
    hp_pool *pool = engine->source.pool;
    hp_step_run run = {
        .model = engine->source.model,
        .packed = engine->packed,
        .tensors = plan->tensors,
        .input = input,
        .arena = engine->arena.data,
        .scratch = (unsigned char *)engine->arena.data + plan->values_bytes,
        .scratch_pitch = plan->scratch_pitch,
    };
    export_run export = {engine, run.arena, planes};
    double before_us = hp_clock_us();

    for (int i = 0; i < engine->program.group_count; i++) {
        run.step = &plan->steps[i];
        hp_pool_run(pool, run.step->task_count, hp_step_task(run.step), &run);
        double after_us = hp_clock_us();
        engine->times_us[i] = after_us - before_us;
        before_us = after_us;
    }
    hp_pool_run(pool, plan->export_count, export_task, &export);
    engine->last_run = plan;
}

void hp_engine_run(hp_engine *engine, const hp_input *input, hp_maps *maps)
{
    const hatpose_model *model = engine->source.model;
    const hp_plan *plan = engine->current;

    assert(plan != NULL && input->width == plan->width_net_px &&
           input->height == plan->height_net_px);
    float *planes = (float *)(void *)((unsigned char *)engine->arena.data +
                                      plan->tensors[model->value_count].offset);
    run_steps(engine, input, planes);
    const hp_tensor *shape = &plan->tensors[model->heatmaps.value];
    *maps = (hp_maps){
        .heatmaps = planes + plan->map_offsets[0],
        .pafs = planes + plan->map_offsets[1],
        .hats = model->hats.count > 0 ? planes + plan->map_offsets[2] : NULL,
        .heatmap_count = model->heatmaps.count,
        .paf_count = model->pafs.count,
        .hat_count = model->hats.count,
        .width_map_px = shape->width,
        .height_map_px = shape->height,
    };
}

int hp_engine_op_count(const hp_engine *engine)
{
    return engine->source.model->op_count;
}

bool hp_engine_op_time(const hp_engine *engine, int index, hp_op_time *out)
{
    const hp_plan *plan = engine->last_run;

    if (plan == NULL || index < 0 || index >= engine->source.model->op_count)
        return false;
    int leader = engine->program.leader[index];
    const hp_step *step = &plan->steps[leader];
    bool leads = step->group->ops[step->group->op_count - 1] == index;
    *out = (hp_op_time){
        .name = engine->source.model->ops[index].name,
        .kernel = step->kernel_name,
        .mac_count = leads ? step->mac_count : 0,
        .time_us = leads ? engine->times_us[leader] : 0,
        .precision = engine->source.kernels->precision,
    };
    return true;
}
