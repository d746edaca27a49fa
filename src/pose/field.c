/* field.c - PAFs laid out for sampling.
 *
 * In: planes of x and of y. Out: rows of x, y pairs with a border that
 * repeats the edge, so that around any place where a limb can pass there are
 * as many cells as a sample reads. */
#include "pose/field.h"

#include <string.h>

static void fill_pairs(float x, float y, int count, float *out)
{
    for (int i = 0; i < count; i++) {
        out[2 * i] = x;
        out[2 * i + 1] = y;
    }
}

static void make_row(const float *restrict x, const float *restrict y,
                     int width, float *restrict out)
{
    float *cells = out + HP_FIELD_BORDER * 2;

    fill_pairs(x[0], y[0], HP_FIELD_BORDER, out);
    for (int i = 0; i < width; i++) {
        cells[2 * i] = x[i];
        cells[2 * i + 1] = y[i];
    }
    fill_pairs(x[width - 1], y[width - 1], HP_FIELD_BORDER, cells + 2 * width);
}

static void make_field(const float *x, const float *y, int width, int height,
                       float *out)
{
    size_t row = ((size_t)width + 2 * HP_FIELD_BORDER) * 2;
    float *first = out + HP_FIELD_BORDER * row;
    float *last = first + (size_t)(height - 1) * row;

    for (int i = 0; i < height; i++)
        make_row(x + (size_t)i * (size_t)width, y + (size_t)i * (size_t)width,
                 width, first + (size_t)i * row);
    for (int i = 0; i < HP_FIELD_BORDER; i++) {
        memcpy(out + (size_t)i * row, first, row * sizeof *out);
        memcpy(last + (size_t)(i + 1) * row, last, row * sizeof *out);
    }
}

hatpose_status hp_fields_make(hp_memory *memory, hp_buffer *buffer,
                              const hp_pose_input *input,
                              hp_field fields[HP_LIMB_COUNT],
                              hatpose_error *err)
{
    size_t width = (size_t)input->width_map_px;
    size_t height = (size_t)input->height_map_px;
    size_t row = (width + 2 * HP_FIELD_BORDER) * 2;
    size_t plane = row * (height + 2 * HP_FIELD_BORDER);
    hatpose_status status = hp_buffer_reserve(
        memory, buffer, HP_LIMB_COUNT * plane * sizeof(float), "limbs", err);

    if (status != HATPOSE_OK)
        return status;
    for (int type = 0; type < HP_LIMB_COUNT; type++) {
        const float *x =
            input->pafs + (size_t)input->limb_paf[type] * width * height;
        float *out = (float *)buffer->data + (size_t)type * plane;

        make_field(x, x + width * height, input->width_map_px,
                   input->height_map_px, out);
        fields[type] = (hp_field){out, (int)row};
    }
    return HATPOSE_OK;
}
