/* prepare.c - from the caller's pixels to the network's input planes.
 *
 * In: pixels of any format, the mapping, the model's normalisation. Out:
 * three planes of floats. compat repeats the original to the bit; best averages
 * big pictures down by whole factors first, so that the bilinear step never
 * skips a pixel (docs/algorithm.md, "Input: compat", "Input: best"). */
#include "image/prepare.h"

#include <string.h>

#include "base/error.h"

static int whole_factor(int length_px, int length_net_px)
{
    int factor = length_px / length_net_px;

    if (factor < 1)
        return 1;
    /* It would take a picture of 10^9 pixels to have more. */
    return factor < HP_SUM_ROWS_MAX ? factor : HP_SUM_ROWS_MAX;
}

/* Byte offset in a pixel of the colour that a plane takes. */
static int plane_channel(uint32_t format, int plane, bool planes_are_rgb)
{
    bool pixels_are_rgb = format == HATPOSE_RGB8 || format == HATPOSE_RGBA8;

    if (format == HATPOSE_GRAY8)
        return 0;
    return pixels_are_rgb == planes_are_rgb ? plane : 2 - plane;
}

/* pixel_bytes is a constant in every call. */
static inline void normalise_row(const uint8_t *restrict from, int pixel_bytes,
                                 int count, float mean, float scale,
                                 float *restrict out)
{
    for (int x = 0; x < count; x++)
        out[x] = ((float)from[x * pixel_bytes] - mean) * scale;
}

static void normalise(const hp_pixels *resized, const hp_mapping *mapping,
                      const hp_normalisation *normalisation, int plane,
                      float *out)
{
    int pixel_bytes = hp_pixel_bytes(resized->format);
    const uint8_t *from = resized->data + plane_channel(resized->format, plane,
                                                        normalisation->rgb);
    float mean = normalisation->mean[plane];
    float scale = normalisation->scale[plane];

    out += (size_t)mapping->pad_top_net_px * (size_t)mapping->width_net_px +
           (size_t)mapping->pad_left_net_px;
    for (int y = 0; y < resized->height_px; y++) {
        if (pixel_bytes == 3)
            normalise_row(from, 3, resized->width_px, mean, scale, out);
        else if (pixel_bytes == 4)
            normalise_row(from, 4, resized->width_px, mean, scale, out);
        else
            normalise_row(from, 1, resized->width_px, mean, scale, out);
        from += resized->stride_bytes;
        out += mapping->width_net_px;
    }
}

/* In best the picture is averaged first where a side shrinks by 2 or more. */
static hp_resize_to plan_resize(const hp_pixels *picture,
                                const hp_mapping *mapping)
{
    hp_resize_to to = {.width_px = mapping->resized_width_net_px,
                       .height_px = mapping->resized_height_net_px,
                       .step_x = 1 / mapping->scale_x,
                       .step_y = 1 / mapping->scale_y,
                       .factor_x = 1,
                       .factor_y = 1};

    if (mapping->compat)
        return to;
    to.factor_x = whole_factor(picture->width_px, to.width_px);
    to.factor_y = whole_factor(picture->height_px, to.height_px);
    to.step_x = (double)picture->width_px / to.width_px / to.factor_x;
    to.step_y = (double)picture->height_px / to.height_px / to.factor_y;
    return to;
}

hatpose_status hp_prepare(hp_memory *memory, hp_preparer *preparer,
                          const hp_pixels *picture, const hp_mapping *mapping,
                          const hp_normalisation *normalisation, float *planes,
                          hatpose_error *err)
{
    hp_resize_to to = plan_resize(picture, mapping);
    hp_pixels resized = {.width_px = to.width_px,
                         .height_px = to.height_px,
                         .format = picture->format};
    resized.stride_bytes =
        (size_t)to.width_px * (size_t)hp_pixel_bytes(picture->format);
    hatpose_status status = hp_buffer_reserve(
        memory, &preparer->resized, resized.stride_bytes * (size_t)to.height_px,
        "resized picture", err);
    if (status == HATPOSE_OK)
        status = hp_resize_linear_u8(memory, &preparer->resizer, picture, &to,
                                     preparer->resized.data,
                                     resized.stride_bytes, err);
    if (status != HATPOSE_OK)
        return status;
    resized.data = preparer->resized.data;
    size_t plane_count =
        (size_t)mapping->width_net_px * (size_t)mapping->height_net_px;
    if (to.width_px != mapping->width_net_px ||
        to.height_px != mapping->height_net_px)
        memset(planes, 0, 3 * plane_count * sizeof *planes);
    for (int plane = 0; plane < 3; plane++)
        normalise(&resized, mapping, normalisation, plane,
                  planes + (size_t)plane * plane_count);
    return HATPOSE_OK;
}

void hp_preparer_release(hp_memory *memory, hp_preparer *preparer)
{
    hp_resizer_release(memory, &preparer->resizer);
    hp_buffer_release(memory, &preparer->resized);
}
