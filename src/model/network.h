/* network.h - the list of operations: read from the keys and checked by the
 * rules of docs/model-format.md. Weights come later (weights.h). */
#ifndef HP_NETWORK_H
#define HP_NETWORK_H

#include "model/gguf.h"
#include "model/model.h"

/* Fills values, ops and the three map groups of the model, in its memory. */
hatpose_status hp_network_read(const hp_gguf *gguf, hatpose_model *model,
                               hatpose_error *err);

#endif
