/* prepare.c - from the caller's pixels to the network's input.
 *
 * In: pixels of any format, the mapping, the model's normalisation. Out: the
 * resized picture, which the first kernel normalises on its way. compat repeats
 * the original to the bit; best averages big pictures down by whole factors
 * first, so that the bilinear step never skips a pixel (docs/algorithm.md,
 * "Input: compat", "Input: best"). */
#include "image/prepare.h"

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

static hp_input describe(const hp_pixels *resized, const hp_mapping *mapping,
                         const hp_normalisation *normalisation)
{
    hp_input input = {
        .pixels = resized->data,
        .stride_bytes = resized->stride_bytes,
        .pixel_bytes = hp_pixel_bytes(resized->format),
        .left = mapping->pad_left_net_px,
        .top = mapping->pad_top_net_px,
        .picture_width = resized->width_px,
        .picture_height = resized->height_px,
        .width = mapping->width_net_px,
        .height = mapping->height_net_px,
    };

    for (int c = 0; c < 3; c++) {
        input.order[c] = plane_channel(resized->format, c, normalisation->rgb);
        input.mean[c] = normalisation->mean[c];
        input.scale[c] = normalisation->scale[c];
    }
    return input;
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

int hp_prepare_reduction(const hp_mapping *mapping)
{
    int x = whole_factor(mapping->width_px, mapping->resized_width_net_px);
    int y = whole_factor(mapping->height_px, mapping->resized_height_net_px);

    if (mapping->compat)
        return 1;
    return x < y ? x : y;
}

hatpose_status hp_prepare(hp_memory *memory, hp_preparer *preparer,
                          const hp_pixels *picture, const hp_mapping *mapping,
                          const hp_normalisation *normalisation,
                          hp_input *input, hatpose_error *err)
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
    *input = describe(&resized, mapping, normalisation);
    return HATPOSE_OK;
}

void hp_preparer_release(hp_memory *memory, hp_preparer *preparer)
{
    hp_resizer_release(memory, &preparer->resizer);
    hp_buffer_release(memory, &preparer->resized);
}
