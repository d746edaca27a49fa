/* engine_case.c - see engine_case.h. */
#include "engine_case.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *count_allocate(void *user, size_t bytes, size_t alignment)
{
    counting_host *counter = user;

    if (++counter->allocations == counter->fail_at)
        return NULL;
    void *block = aligned_alloc(alignment, (bytes + alignment - 1) / alignment *
                                               alignment);
    if (block != NULL) {
        memset(block, 0xff, bytes);
        counter->live++;
    }
    return block;
}

static void count_deallocate(void *user, void *block, size_t bytes)
{
    counting_host *counter = user;

    (void)bytes;
    counter->live--;
    free(block);
}

void counting_host_init(counting_host *counter)
{
    *counter = (counting_host){.host = {.struct_size = sizeof(hatpose_host),
                                        .user = counter,
                                        .allocate = count_allocate,
                                        .deallocate = count_deallocate}};
}

hatpose_status engine_case_open(engine_case *c, const naive_network *network,
                                uint32_t thread_count, uint32_t cpu_off,
                                uint64_t limit_bytes, hatpose_error *err)
{
    int fail_at = c->counter.fail_at;

    counting_host_init(&c->counter);
    c->counter.fail_at = fail_at;
    hp_memory_init(&c->memory, &c->counter.host, limit_bytes);
    hp_kernels_select(cpu_off, &c->kernels);
    hatpose_status status =
        hp_pool_create(&c->memory, thread_count, &c->pool, err);
    if (status != HATPOSE_OK)
        return status;
    status = hp_engine_create(&c->memory, &network->model, c->pool, &c->kernels,
                              &c->engine, err);
    if (status != HATPOSE_OK)
        hp_pool_destroy(c->pool);
    return status;
}

bool engine_case_close(engine_case *c)
{
    hp_engine_destroy(c->engine);
    hp_pool_destroy(c->pool);
    return c->counter.live == 0 && atomic_load(&c->memory.used_bytes) == 0;
}

hatpose_status engine_case_run(engine_case *c, const float *planes, int width,
                               int height, hp_maps *maps, hatpose_error *err)
{
    float *input;

    hatpose_status status =
        hp_engine_plan(c->engine, width, height, &input, err);
    if (status != HATPOSE_OK)
        return status;
    memcpy(input, planes, 3 * (size_t)width * (size_t)height * sizeof *planes);
    hp_engine_run(c->engine, maps);
    return HATPOSE_OK;
}

float *random_planes(uint64_t seed, int width, int height)
{
    size_t count = 3 * (size_t)width * (size_t)height;
    float *planes = malloc(count * sizeof *planes);

    for (size_t i = 0; i < count; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        planes[i] = (float)(seed >> 40) * (2.0f / (float)(1 << 24)) - 1.0f;
    }
    return planes;
}

double engine_case_error(const naive_network *network, const hp_maps *maps,
                         const float *planes, int width, int height)
{
    const hp_map_group *group = &network->model.heatmaps;
    double *wanted = naive_run(network, planes, width, height, group->value,
                               group->first, group->count);
    size_t count = (size_t)maps->heatmap_count * (size_t)maps->width_map_px *
                   (size_t)maps->height_map_px;
    double worst = 0;

    for (size_t i = 0; i < count; i++) {
        double error =
            fabs((double)maps->heatmaps[i] - wanted[i]) / (1 + fabs(wanted[i]));
        if (!(error <= worst))
            worst = isnan(error) ? (double)INFINITY : error;
    }
    free(wanted);
    return worst;
}
