/* engine_case.h - an engine with everything it stands on, for tests. */
#ifndef ENGINE_CASE_H
#define ENGINE_CASE_H

#include "engine/engine.h"
#include "naive_network.h"

/* A host whose allocations are counted and fail when told; new memory is
 * filled with NaN, so that nothing unwritten is used unseen. */
typedef struct counting_host {
    hatpose_host host; /* user points here */
    int allocations, live;
    int fail_at; /* the allocation with this number fails; 0: none */
} counting_host;

typedef struct engine_case {
    const hp_layers *layers; /* NULL: what the machine takes for f32 */
    uint32_t choices;        /* HP_ENGINE_* */
    counting_host counter;
    hp_memory memory;
    hp_kernels kernels;
    hp_pool *pool;
    hp_engine *engine;
} engine_case;

/* The host must not move while it is used. */
void counting_host_init(counting_host *counter);

/* layers and choices are set before. On failure there is nothing to close. */
hatpose_status engine_case_open(engine_case *c, const naive_network *network,
                                uint32_t thread_count, uint64_t limit_bytes,
                                hatpose_error *err);
/* True when all memory was given back. */
bool engine_case_close(engine_case *c);

/* Plans, makes a picture of `planes` and runs. */
hatpose_status engine_case_run(engine_case *c, const float *planes, int width,
                               int height, hp_maps *maps, hatpose_error *err);

/* 3 planes of numbers within +-1, multiples of 1/128 as a picture has them,
 * that depend on the seed; caller frees. */
float *random_planes(uint64_t seed, int width, int height);

/* The greatest difference between the engine's heatmaps and what the naive
 * program says of them; infinite when a NaN is there. */
double engine_case_error(const naive_network *network, const hp_maps *maps,
                         const float *planes, int width, int height);

#endif
