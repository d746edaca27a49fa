/* ranges.h - how far the activations of each channel reach, for int8. */
#ifndef HP_RANGES_H
#define HP_RANGES_H

#include "model/gguf.h"
#include "model/model.h"

/* Fills low and high of every value, after hp_network_read; leaves them NULL
 * when the file has no ranges. */
hatpose_status hp_ranges_read(const hp_gguf *gguf, hatpose_model *model,
                              hatpose_error *err);

#endif
