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
                                uint32_t thread_count, uint64_t limit_bytes,
                                hatpose_error *err)
{
    int fail_at = c->counter.fail_at;

    counting_host_init(&c->counter);
    c->counter.fail_at = fail_at;
    hp_memory_init(&c->memory, &c->counter.host, limit_bytes);
    hp_kernels_select(0, HATPOSE_PRECISION_F32, &c->kernels);
    if (c->layers != NULL)
        c->kernels.layers = c->layers;
    hatpose_status status =
        hp_pool_create(&c->memory, thread_count, &c->pool, err);
    if (status != HATPOSE_OK)
        return status;
    const hp_engine_source source = {&network->model, c->pool, &c->kernels,
                                     c->choices};
    status = hp_engine_create(&c->memory, &source, &c->engine, err);
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
    const size_t count = (size_t)width * (size_t)height;
    uint8_t *pixels = malloc(3 * count);
    hp_input input = {
        .pixels = pixels,
        .stride_bytes = 3 * (size_t)width,
        .pixel_bytes = 3,
        .order = {2, 1, 0},
        .mean = {128, 128, 128},
        .scale = {1 / 128.0f, 1 / 128.0f, 1 / 128.0f},
        .picture_width = width,
        .picture_height = height,
        .width = width,
        .height = height,
    };

    for (size_t i = 0; i < 3 * count; i++)
        pixels[i % count * 3 + (2 - i / count)] =
            (uint8_t)(planes[i] * 128 + 128);
    hatpose_status status = hp_engine_plan(c->engine, width, height, err);
    if (status == HATPOSE_OK)
        hp_engine_run(c->engine, &input, maps);
    free(pixels);
    return status;
}

float *random_planes(uint64_t seed, int width, int height)
{
    size_t count = 3 * (size_t)width * (size_t)height;
    float *planes = malloc(count * sizeof *planes);

    for (size_t i = 0; i < count; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        planes[i] = (float)(seed >> 56) / 128.0f - 1.0f;
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
        double error = fabs((double)maps->heatmaps[i] - wanted[i]);
        if (!(error <= worst))
            worst = isnan(error) ? (double)INFINITY : error;
    }
    free(wanted);
    return worst;
}
