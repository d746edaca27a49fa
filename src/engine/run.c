/* run.c - input planes in, maps out. Keeps the plans of the last input sizes
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
    const hatpose_model *model;
    hp_pool *pool;
    const hp_kernels *kernels;
    hp_plan plans[PLAN_COUNT];
    hp_plan *current; /* NULL until a plan was made */
    uint64_t use_count;
    hp_buffer arena;
    hp_op_time *times; /* of the last run, one an operation */
    bool has_run;
};

hatpose_status hp_engine_create(hp_memory *memory, const hatpose_model *model,
                                hp_pool *pool, const hp_kernels *kernels,
                                hp_engine **out, hatpose_error *err)
{
    void *block, *times;

    *out = NULL;
    hatpose_status status =
        hp_allocate_array(memory, 1, sizeof(hp_engine), "network", &block, err);
    if (status != HATPOSE_OK)
        return status;
    status = hp_allocate_array(memory, (size_t)model->op_count,
                               sizeof(hp_op_time), "network", &times, err);
    if (status != HATPOSE_OK) {
        hp_deallocate(memory, block);
        return status;
    }
    hp_engine *engine = block;
    engine->memory = memory;
    engine->model = model;
    engine->pool = pool;
    engine->kernels = kernels;
    engine->times = times;
    *out = engine;
    return HATPOSE_OK;
}

void hp_engine_destroy(hp_engine *engine)
{
    if (engine == NULL)
        return;
    hp_memory *memory = engine->memory;
    for (int i = 0; i < PLAN_COUNT; i++)
        hp_plan_release(memory, &engine->plans[i]);
    hp_buffer_release(memory, &engine->arena);
    hp_deallocate(memory, engine->times);
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
    if (plan->width_net_px == width_net_px &&
        plan->height_net_px == height_net_px)
        return HATPOSE_OK;
    if (plan->steps == NULL) {
        hatpose_status status =
            hp_plan_create(engine->memory, engine->model, plan, err);
        if (status != HATPOSE_OK)
            return status;
    }
    return hp_plan_make(plan, engine->model, hp_pool_thread_count(engine->pool),
                        width_net_px, height_net_px, err);
}

hatpose_status hp_engine_plan(hp_engine *engine, int width_net_px,
                              int height_net_px, float **input,
                              hatpose_error *err)
{
    char what[64];

    *input = NULL;
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
    *input = (float *)engine->arena.data + plan->tensors[0].offset;
    return HATPOSE_OK;
}

static void run_steps(hp_engine *engine, const hp_plan *plan)
{
    float *arena = engine->arena.data;
    double before_us = hp_clock_us();

    for (int i = 0; i < engine->model->op_count; i++) {
        const hp_step *step = &plan->steps[i];
        hp_step_run run = {
            .step = step,
            .kernels = engine->kernels,
            .arena = arena,
            .scratch = arena + plan->values_floats,
            .scratch_pitch = plan->scratch_pitch,
        };
        hp_pool_run(engine->pool, step->task_count, step->task, &run);
        double after_us = hp_clock_us();
        engine->times[i] = (hp_op_time){
            .name = step->op->name,
            .kernel = step->kernel_name,
            .mac_count = step->mac_count,
            .time_us = after_us - before_us,
            .precision = HATPOSE_PRECISION_F32,
        };
        before_us = after_us;
    }
    engine->has_run = true;
}

static const float *map_planes(const hp_engine *engine, const hp_plan *plan,
                               const hp_map_group *group)
{
    if (group->count == 0)
        return NULL;
    return (const float *)engine->arena.data +
           hp_tensor_plane(&plan->tensors[group->value], group->first);
}

void hp_engine_run(hp_engine *engine, hp_maps *maps)
{
    const hatpose_model *model = engine->model;
    const hp_plan *plan = engine->current;

    assert(plan != NULL);
    run_steps(engine, plan);
    const hp_tensor *shape = &plan->tensors[model->heatmaps.value];
    *maps = (hp_maps){
        .heatmaps = map_planes(engine, plan, &model->heatmaps),
        .pafs = map_planes(engine, plan, &model->pafs),
        .hats = map_planes(engine, plan, &model->hats),
        .heatmap_count = model->heatmaps.count,
        .paf_count = model->pafs.count,
        .hat_count = model->hats.count,
        .width_map_px = shape->width,
        .height_map_px = shape->height,
    };
}

int hp_engine_op_count(const hp_engine *engine)
{
    return engine->model->op_count;
}

bool hp_engine_op_time(const hp_engine *engine, int index, hp_op_time *out)
{
    if (!engine->has_run || index < 0 || index >= engine->model->op_count)
        return false;
    *out = engine->times[index];
    return true;
}
