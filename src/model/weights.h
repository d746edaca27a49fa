/* weights.h - the tensors of a model file, one set per operation. */
#ifndef HP_WEIGHTS_H
#define HP_WEIGHTS_H

#include "kernels.h"
#include "model/gguf.h"
#include "model/model.h"

/* Sets weight, scale, bias and weight_type of every op, where they lie in the
 * file's bytes, and parameter_count. Every tensor must belong to an
 * operation, and every number must be finite. */
hatpose_status hp_weights_read(const hp_gguf *gguf, hatpose_model *model,
                               hatpose_error *err);

/* The weights of one output, or of one channel of a depthwise, as floats:
 * [inputs][k][k]. */
void hp_weight_row(const hp_rows *rows, const hp_op *op, int output,
                   float *row);

#endif
