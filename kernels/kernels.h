/* kernels.h - the numerical kernels that were chosen for a context. What
 * each does is said in layer.h and row.h. */
#ifndef HP_KERNELS_H
#define HP_KERNELS_H

#include "layer.h"
#include "row.h"

typedef struct hp_kernels {
    const hp_layers *layers; /* of the network */
    const hp_rows *rows;     /* outside it */
    uint32_t precision;      /* HATPOSE_PRECISION_*, never AUTO */
} hp_kernels;

/* Fills *kernels with the best that cpu_off (HATPOSE_CPU_* bits not to use)
 * leaves. precision AUTO is bf16 where the machine has units for it, else
 * f32; what is asked for by name is had, by the scalar kernels if need be. */
void hp_kernels_select(uint32_t cpu_off, uint32_t precision,
                       hp_kernels *kernels);

/* The rows alone, for what needs no context. */
const hp_rows *hp_rows_select(uint32_t cpu_off);

#endif
