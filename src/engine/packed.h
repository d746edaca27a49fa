/* packed.h - the weights of a model as one table of kernels wants them, made
 * when they are first asked for and kept with the model for all contexts. */
#ifndef HP_PACKED_H
#define HP_PACKED_H

#include "base/thread.h"
#include "engine/layout.h"

typedef struct hp_packed_op {
    hp_block_range input, addend, output; /* blocks of their values */
    int outputs, inputs; /* channels of whole blocks; conv: outputs up to the
                            last one */
    bool winograd;
    const void *weight; /* depthwise: floats, as in hp_depthwise_run */
    const float *bias;
} hp_packed_op;

typedef struct hp_packed {
    struct hp_packed *next;
    const hp_layers *layers;
    bool direct; /* no Winograd */
    hp_layout layout;
    hp_packed_op *ops;
    void *weights; /* memory of all of them */
} hp_packed;

/* direct: dense 3x3 layers without Winograd, for tests. The pool shares the
 * work. Safe to call from several threads at once. HATPOSE_E_UNSUPPORTED for
 * INT8 when the model has no ranges of its activations. */
hatpose_status hp_packed_get(const hatpose_model *model,
                             const hp_kernels *kernels, bool direct,
                             hp_pool *pool, const hp_packed **out,
                             hatpose_error *err);

#endif
