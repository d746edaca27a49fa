/* tensor.h - where a value of the network lies: planes of packed rows, one
 * after the other, at an offset in the arena. */
#ifndef HP_TENSOR_H
#define HP_TENSOR_H

#include <stdbool.h>
#include <stddef.h>

/* Offsets and sizes in floats. Values start on a cache line. */
enum { HP_TENSOR_STEP = 16 };

typedef struct hp_tensor {
    int width, height, channels; /* width 0: no operation writes it */
    size_t offset;
    size_t size;           /* rounded up to HP_TENSOR_STEP */
    int first_op, last_op; /* that write or read it */
} hp_tensor;

/* Width, height and channels given: sets the size. False on overflow. */
bool hp_tensor_measure(hp_tensor *tensor);

/* Offset of a channel's plane. */
size_t hp_tensor_plane(const hp_tensor *tensor, int channel);

/* Gives every tensor an offset such that no two that are alive in the same
 * operation overlap. order: room for count entries. *size is what they need
 * together; false when that overflows. */
bool hp_tensor_place(hp_tensor *tensors, int count, int *order, size_t *size);

#endif
