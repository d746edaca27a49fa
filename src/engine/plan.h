/* plan.h - a program fitted to one input size: shapes, how the work is cut,
 * and where everything lies in the arena. */
#ifndef HP_PLAN_H
#define HP_PLAN_H

#include "engine/step.h"

/* Pieces of maps that are copied out at the end. */
typedef struct hp_export_piece {
    int value, channel, count;
    size_t offset; /* of its first plane among those of all maps, floats */
} hp_export_piece;

typedef struct hp_plan {
    int width_net_px, height_net_px; /* 0: nothing planned */
    uint64_t last_use;
    hp_tensor *tensors; /* one a value, then one for the maps' planes */
    hp_step *steps;     /* one a group */
    int *order;         /* tensors by offset, while planning */
    hp_export_piece *exports;
    int export_count;
    size_t map_offsets[3]; /* heatmaps, PAFs, hats: planes, in floats */
    size_t values_bytes, scratch_pitch; /* a worker's share */
    size_t arena_bytes;                 /* values, then every worker's */
} hp_plan;

/* Room for any plan of the model, empty. On failure nothing is kept. */
hatpose_status hp_plan_create(hp_memory *memory, const hatpose_model *model,
                              const hp_program *program, hp_plan *plan,
                              hatpose_error *err);
void hp_plan_release(hp_memory *memory, hp_plan *plan);

/* What a plan is made of. */
typedef struct hp_plan_source {
    const hatpose_model *model;
    const hp_packed *packed;
    const hp_program *program;
    int worker_count;
} hp_plan_source;

/* Plans for an input size; allocates nothing. On failure the plan is empty.
 * HATPOSE_E_LIMIT when a size overflows. */
hatpose_status hp_plan_make(hp_plan *plan, const hp_plan_source *source,
                            int width_net_px, int height_net_px,
                            hatpose_error *err);

#endif
