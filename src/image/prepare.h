/* prepare.h - pixels to the network's input: resize, and how the network is
 * to normalise and pad. */
#ifndef HP_PREPARE_H
#define HP_PREPARE_H

#include <stdbool.h>

#include "image/mapping.h"
#include "image/resize.h"
#include "kernels.h"

/* As the model file says it: input = (pixel - mean) * scale, per plane in
 * the order of the planes. */
typedef struct hp_normalisation {
    float mean[3], scale[3];
    bool rgb; /* planes in the order R, G, B; else B, G, R */
} hp_normalisation;

/* Working memory, reused; all zero at first but resizer.kernels. */
typedef struct hp_preparer {
    hp_resizer resizer;
    hp_buffer resized;
} hp_preparer;

/* How many times smaller than the mapping's, at most, a picture may come to
 * hp_prepare, which averages it otherwise: 1 in compat. */
int hp_prepare_reduction(const hp_mapping *mapping);

/* The picture is the mapping's or, both sides alike, smaller by a whole
 * factor.
 * *input shows the resized picture, which lies in the preparer until the next
 * call. Gray counts as three equal channels, alpha is dropped. Padding is 0
 * after normalisation. */
hatpose_status hp_prepare(hp_memory *memory, hp_preparer *preparer,
                          const hp_pixels *picture, const hp_mapping *mapping,
                          const hp_normalisation *normalisation,
                          hp_input *input, hatpose_error *err);
void hp_preparer_release(hp_memory *memory, hp_preparer *preparer);

#endif
