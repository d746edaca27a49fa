/* tensor.c - sizes of values, their places in the arena, their pads. */
#include "engine/tensor.h"

#include <string.h>

#include "base/memory.h"

bool hp_tensor_block_stride(hp_storage storage, size_t pixels, size_t *stride)
{
    size_t lines;

    if (!hp_size_add(pixels, HP_SLACK_PIXELS, &lines) ||
        !hp_size_multiply(lines, hp_pixel_stride(storage) / 64, &lines))
        return false;
    return hp_size_multiply(lines | 1, 64, stride);
}

bool hp_tensor_measure(hp_tensor *tensor, const hp_placing *placing)
{
    size_t pixels = hp_plane_pixels(tensor->width, tensor->height, tensor->pad);

    return hp_tensor_block_stride(placing->storage, pixels,
                                  &tensor->block_stride) &&
           hp_size_multiply(tensor->block_stride, (size_t)placing->block_count,
                            &tensor->size);
}

hp_view hp_tensor_view(const hp_tensor *tensor, const hp_placing *placing,
                       unsigned char *arena, hp_block_range blocks, int row)
{
    const size_t first =
        (size_t)blocks.first * (size_t)hp_block_channels(placing->storage);
    const size_t pixel = hp_plane_origin(tensor->width, tensor->pad) +
                         (size_t)row * (size_t)tensor->pitch;
    hp_view view = {
        .data = arena + tensor->offset +
                (size_t)blocks.first * tensor->block_stride +
                pixel * hp_pixel_stride(placing->storage),
        .block_stride = tensor->block_stride,
        .block_count = blocks.count,
        .storage = placing->storage,
    };

    if (placing->step != NULL)
        view.codes = (hp_codes){.step = placing->step + first,
                                .inverse = placing->inverse + first,
                                .zero = placing->zero};
    return view;
}

void hp_tensor_clear_pad(const hp_tensor *tensor, const hp_placing *placing,
                         unsigned char *arena, hp_block_range blocks,
                         int first_row, int row_count)
{
    const size_t pixel = hp_pixel_stride(placing->storage);
    const size_t right = (size_t)tensor->pad * pixel;
    const size_t row = (size_t)tensor->pitch * pixel;
    const size_t above = hp_plane_origin(tensor->width, tensor->pad) * pixel;
    const int zero = placing->storage == HP_STORAGE_INT8 ? placing->zero : 0;

    if (tensor->pad == 0)
        return;
    for (int b = 0; b < blocks.count; b++) {
        unsigned char *block =
            arena + tensor->offset +
            (size_t)(blocks.first + b) * tensor->block_stride;
        unsigned char *end = block + above + (size_t)first_row * row +
                             (size_t)tensor->width * pixel;
        if (first_row == 0)
            memset(block, zero, above);
        for (int y = 0; y < row_count; y++, end += row)
            memset(end, zero, right);
        if (first_row + row_count == tensor->height)
            memset(block + above + (size_t)tensor->height * row, zero,
                   (size_t)tensor->pad * row);
    }
}

static bool alive_together(const hp_tensor *a, const hp_tensor *b)
{
    return a->first_step <= b->last_step && b->first_step <= a->last_step;
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
