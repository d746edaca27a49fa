/* weights.h - the tensors of a model file as f32, one set per operation. */
#ifndef HP_WEIGHTS_H
#define HP_WEIGHTS_H

#include "model/gguf.h"
#include "model/model.h"

/* Sets weight, bias, weight_type of every op, model->weights and
 * parameter_count; every tensor must belong to an operation. f32 tensors stay
 * where they are in the file's bytes and *in_place says so, unless the file
 * is ours (model->file) and no weight is f32: then the biases are copied too,
 * so that the file can go. */
hatpose_status hp_weights_read(const hp_gguf *gguf, hatpose_model *model,
                               bool *in_place, hatpose_error *err);

#endif
