/* measure.c - times of the steps and layers over many runs. In: an encoded
 * picture. Out: the library's own times of each run, and how often it asked
 * for memory. */
#include "measure.h"

#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "interrupt.h"

/* The first plans and takes memory, the second finds the caches warm. */
enum { WARM_UP_RUNS = 2 };

static void add_layers(measure *m, const hatpose_context *context)
{
    hatpose_layer_time time = {.struct_size = sizeof time};

    for (uint32_t i = 0;
         hatpose_context_layer_time(context, i, &time) == HATPOSE_OK; i++) {
        measure_layer *layer;

        if (i == m->layer_count) {
            m->layers = heap_grow(m->layers, &m->layer_capacity, i + 1,
                                  sizeof *m->layers);
            m->layers[m->layer_count++] = (measure_layer){0};
        }
        layer = &m->layers[i];
        memcpy(layer->name, time.name, sizeof layer->name);
        memcpy(layer->kernel, time.kernel, sizeof layer->kernel);
        samples_add(&layer->time_us, time.time_us);
        samples_add(&layer->gflops,
                    time.time_us > 0
                        ? 2e-3 * (double)time.mac_count / time.time_us
                        : 0);
    }
}

static void add_run(measure *m, const hatpose_context *context,
                    const hatpose_result *result)
{
    hatpose_times times = {.struct_size = sizeof times};

    if (hatpose_result_times(result, &times) != HATPOSE_OK)
        return;
    samples_add(&m->stage_us[MEASURE_DECODE], times.decode_us);
    samples_add(&m->stage_us[MEASURE_PREPARE], times.prepare_us);
    samples_add(&m->stage_us[MEASURE_NETWORK], times.network_us);
    samples_add(&m->stage_us[MEASURE_PEOPLE], times.decode_people_us);
    samples_add(&m->stage_us[MEASURE_TOTAL], times.total_us);
    add_layers(m, context);
    m->precision = hatpose_result_precision(result);
    m->run_count++;
}

hatpose_status measure_picture(measure *m, hatpose_context *context,
                               const counted *memory, const void *data,
                               size_t count, long runs, hatpose_error *err)
{
    for (long run = -WARM_UP_RUNS; run < runs && interrupt_signal() == 0;
         run++) {
        unsigned long long calls = atomic_load(&memory->calls);
        hatpose_result *result = NULL;
        hatpose_status status =
            hatpose_detect_encoded(context, data, count, NULL, 0, &result, err);

        if (status != HATPOSE_OK)
            return status;
        if (run >= 0) {
            m->allocation_calls += atomic_load(&memory->calls) - calls;
            add_run(m, context, result);
        }
        if (run == 0)
            m->people += hatpose_result_person_count(result);
        hatpose_result_destroy(result);
    }
    m->picture_count++;
    return HATPOSE_OK;
}

void measure_release(measure *m)
{
    for (int i = 0; i < MEASURE_STAGES; i++)
        samples_release(&m->stage_us[i]);
    for (size_t i = 0; i < m->layer_count; i++) {
        samples_release(&m->layers[i].time_us);
        samples_release(&m->layers[i].gflops);
    }
    free(m->layers);
    *m = (measure){0};
}
