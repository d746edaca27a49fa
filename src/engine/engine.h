/* engine.h - runs a model's list of operations: planned once per input size,
 * nothing allocated afterwards. */
#ifndef HP_ENGINE_H
#define HP_ENGINE_H

#include "base/thread.h"
#include "kernels.h"
#include "model/model.h"

typedef struct hp_engine hp_engine;

/* Maps of the last run, planes of height_map_px * width_map_px floats each,
 * one after the other; hats NULL when the model has none. Valid until the
 * next plan or run. */
typedef struct hp_maps {
    const float *heatmaps, *pafs, *hats;
    int heatmap_count, paf_count, hat_count;
    int width_map_px, height_map_px;
} hp_maps;

/* An operation that others took along has their kernel and no time. */
typedef struct hp_op_time {
    const char *name;   /* of the operation */
    const char *kernel; /* the algorithm that ran */
    uint64_t mac_count;
    double time_us;
    uint32_t precision; /* HATPOSE_PRECISION_* */
} hp_op_time;

/* What is chosen by itself unless a test says otherwise. */
enum {
    HP_ENGINE_DIRECT = 1,  /* no Winograd */
    HP_ENGINE_SEPARATE = 2 /* each operation by itself */
};

typedef struct hp_engine_source {
    const hatpose_model *model;
    hp_pool *pool;
    const hp_kernels *kernels;
    uint32_t choices; /* HP_ENGINE_* bits */
} hp_engine_source;

/* memory and what source points to are borrowed and outlive the engine. The
 * model's weights are packed for these kernels if nobody has done it yet. */
hatpose_status hp_engine_create(hp_memory *memory,
                                const hp_engine_source *source, hp_engine **out,
                                hatpose_error *err);
void hp_engine_destroy(hp_engine *engine); /* NULL is fine */

/* Chooses the plan for an input size, and makes it if it is not among the
 * last 8. */
hatpose_status hp_engine_plan(hp_engine *engine, int width_net_px,
                              int height_net_px, hatpose_error *err);
/* Runs the chosen plan on an input of its size. */
void hp_engine_run(hp_engine *engine, const hp_input *input, hp_maps *maps);

int hp_engine_op_count(const hp_engine *engine);
/* Of the last run. False when there is none or index is past the end. */
bool hp_engine_op_time(const hp_engine *engine, int index, hp_op_time *out);

#endif
