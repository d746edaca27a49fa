/* measure.h - times of the steps and layers over many runs. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#include <hatpose.h>

#include "counted.h"
#include "samples.h"

enum {
    MEASURE_DECODE,
    MEASURE_PREPARE,
    MEASURE_NETWORK,
    MEASURE_PEOPLE,
    MEASURE_TOTAL,
    MEASURE_STAGES
};

typedef struct measure_layer {
    char name[64], kernel[64];
    samples time_us;
    samples gflops; /* 2 per multiply-add, of each run */
} measure_layer;

typedef struct measure { /* all zero: nothing yet */
    samples stage_us[MEASURE_STAGES];
    measure_layer *layers;
    size_t layer_count, layer_capacity;
    size_t picture_count, run_count;
    unsigned long long people, allocation_calls;
    uint32_t precision; /* that ran */
} measure;

/* Two runs to get ready, then `runs` that count. HATPOSE_OK too when Ctrl-C
 * cut it short. */
hatpose_status measure_picture(measure *m, hatpose_context *context,
                               const counted *memory, const void *data,
                               size_t count, long runs, hatpose_error *err);
void measure_release(measure *m);

#endif
