/* tensor.c - sizes of values and their places in the arena. */
#include "engine/tensor.h"

#include "base/memory.h"

bool hp_tensor_measure(hp_tensor *tensor)
{
    size_t plane, size;

    if (!hp_size_multiply((size_t)tensor->width, (size_t)tensor->height,
                          &plane) ||
        !hp_size_multiply(plane, (size_t)tensor->channels, &size) ||
        !hp_size_add(size, HP_TENSOR_STEP - 1, &size))
        return false;
    tensor->size = size - size % HP_TENSOR_STEP;
    return true;
}

size_t hp_tensor_plane(const hp_tensor *tensor, int channel)
{
    return tensor->offset +
           (size_t)channel * (size_t)tensor->width * (size_t)tensor->height;
}

static bool alive_together(const hp_tensor *a, const hp_tensor *b)
{
    return a->first_op <= b->last_op && b->first_op <= a->last_op;
}

/* The lowest gap among the placed ones, which are sorted by offset. */
static bool find_offset(const hp_tensor *tensors, const int *placed,
                        int placed_count, hp_tensor *tensor)
{
    size_t end;

    tensor->offset = 0;
    for (int i = 0; i < placed_count; i++) {
        const hp_tensor *other = &tensors[placed[i]];
        if (!alive_together(tensor, other))
            continue;
        if (!hp_size_add(tensor->offset, tensor->size, &end))
            return false;
        if (end <= other->offset)
            return true;
        if (tensor->offset < other->offset + other->size)
            tensor->offset = other->offset + other->size;
    }
    return hp_size_add(tensor->offset, tensor->size, &end);
}

/* The largest that has no place yet, or -1: large ones first leave the
 * fewest holes. */
static int next_to_place(const hp_tensor *tensors, int count)
{
    int best = -1;

    for (int i = 0; i < count; i++) {
        if (tensors[i].size == 0 || tensors[i].offset != SIZE_MAX)
            continue;
        if (best < 0 || tensors[i].size > tensors[best].size)
            best = i;
    }
    return best;
}

bool hp_tensor_place(hp_tensor *tensors, int count, int *order, size_t *size)
{
    int placed_count = 0;

    *size = 0;
    for (int i = 0; i < count; i++)
        tensors[i].offset = SIZE_MAX;
    for (;;) {
        int next = next_to_place(tensors, count);
        if (next < 0)
            break;
        hp_tensor *tensor = &tensors[next];
        if (!find_offset(tensors, order, placed_count, tensor))
            return false;
        if (*size < tensor->offset + tensor->size)
            *size = tensor->offset + tensor->size;
        int at = placed_count++;
        for (; at > 0 && tensors[order[at - 1]].offset > tensor->offset; at--)
            order[at] = order[at - 1];
        order[at] = next;
    }
    return true;
}
