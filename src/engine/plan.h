/* plan.h - the operations of a model fitted to one input size: shapes,
 * algorithms, how the work is cut, and where everything lies in the arena. */
#ifndef HP_PLAN_H
#define HP_PLAN_H

#include "engine/operation.h"

typedef struct hp_plan {
    int width_net_px, height_net_px; /* 0: nothing planned */
    uint64_t last_use;
    hp_tensor *tensors;                  /* one a value */
    hp_step *steps;                      /* one an operation */
    int *order;                          /* values by offset, while planning */
    size_t values_floats, scratch_pitch; /* a worker's share */
    size_t arena_bytes;                  /* values, then every worker's */
} hp_plan;

/* Room for any plan of the model, empty. On failure nothing is kept. */
hatpose_status hp_plan_create(hp_memory *memory, const hatpose_model *model,
                              hp_plan *plan, hatpose_error *err);
void hp_plan_release(hp_memory *memory, hp_plan *plan);

/* Plans for an input size; allocates nothing. On failure the plan is empty.
 * HATPOSE_E_LIMIT when a size overflows. */
hatpose_status hp_plan_make(hp_plan *plan, const hatpose_model *model,
                            int worker_count, int width_net_px,
                            int height_net_px, hatpose_error *err);

#endif
