/* layout.h - where each channel of each value lies, for one storage.
 *
 * A value is cut wherever an operation's range of channels begins or ends,
 * also one that is carried over by a depthwise or an add, whose blocks must
 * be those of their input. Each piece starts a block: a range is whole
 * blocks, and a concatenation is a matter of where results are put. */
#ifndef HP_LAYOUT_H
#define HP_LAYOUT_H

#include "kernels.h"
#include "model/model.h"

typedef struct hp_placing { /* of a value */
    hp_storage storage;
    int block_count;
    const int *place; /* one a channel: block * channels of one + offset */
    const float *step, *inverse; /* INT8: one a channel of a block */
    int zero;
    bool window_read; /* its pad must be 0 */
    bool read;        /* by any operation */
} hp_placing;

/* Whole blocks that hold a range of channels. */
typedef struct hp_block_range {
    int first, count;
} hp_block_range;

typedef struct hp_layout {
    hp_storage storage;
    hp_placing *values;
    void *block, *codes; /* memory */
} hp_layout;

/* Values that only dense convolutions write and none reads are stored as
 * floats: they are maps. HATPOSE_E_LIMIT when ranges cut channels into so
 * many pieces that whole blocks would waste most of them. */
hatpose_status hp_layout_create(hp_memory *memory, const hatpose_model *model,
                                hp_storage storage, hp_layout *layout,
                                hatpose_error *err);
void hp_layout_release(hp_memory *memory, hp_layout *layout);

hp_block_range hp_layout_blocks(const hp_placing *value, int first, int count);
/* Channels that lie in one piece from `first` on, at most `count`. */
int hp_layout_piece(const hp_placing *value, int first, int count);

/* The first layer straight from the picture's bytes: a dense 3x3 of stride 2
 * that is the only reader of the input. */
bool hp_layout_is_first(const hatpose_model *model, const hp_op *op);

#endif
