/* prepare.c - from the caller's pixels to the network's input planes.
 *
 * In: pixels of any format, the mapping, the model's normalisation. Out:
 * three planes of floats. compat repeats the original to the bit; best averages
 * big pictures down by whole factors first, so that the bilinear step never
 * skips a pixel (docs/algorithm.md, "Input: compat", "Input: best"). */
#include "image/prepare.h"

#include <string.h>

#include "base/error.h"

/* Sums of this many bytes fit 16 bits. Nothing is reduced by more: it would
 * take a picture of 10^9 pixels. */
enum { FACTOR_MAX = 256 };

static int whole_factor(int length_px, int length_net_px)
{
    int factor = length_px / length_net_px;

    return factor < 1 ? 1 : factor > FACTOR_MAX ? FACTOR_MAX : factor;
}

static int divide_up(int length, int factor)
{
    return (length + factor - 1) / factor;
}

static void add_row(uint16_t *restrict sums, const uint8_t *restrict row,
                    size_t count)
{
    for (size_t i = 0; i < count; i++)
        sums[i] = (uint16_t)(sums[i] + row[i]);
}

/* Means of `count` blocks of `factor` columns. channels and, where it is
 * small, factor are constants in the calls, so that no inner loop is left. */
static inline void average_blocks(const uint16_t *restrict sums, int count,
                                  int channels, int factor, int row_count,
                                  uint8_t *restrict out)
{
    float scale = 1.0f / (float)(factor * row_count);

    for (int x = 0; x < count; x++) {
        for (int k = 0; k < channels; k++) {
            int sum = 0;

            for (int i = 0; i < factor; i++)
                sum += sums[i * channels + k];
            out[k] = (uint8_t)((float)sum * scale + 0.5f);
        }
        sums += factor * channels;
        out += channels;
    }
}

/* Means along one row of column sums; the last block may be narrower. */
static inline void average_row(const uint16_t *sums, int width_px, int channels,
                               int factor, int row_count, uint8_t *out)
{
    int whole = width_px / factor, rest = width_px % factor;

    if (factor == 2)
        average_blocks(sums, whole, channels, 2, row_count, out);
    else if (factor == 3)
        average_blocks(sums, whole, channels, 3, row_count, out);
    else if (factor == 4)
        average_blocks(sums, whole, channels, 4, row_count, out);
    else
        average_blocks(sums, whole, channels, factor, row_count, out);
    if (rest > 0)
        average_blocks(sums + whole * factor * channels, 1, channels, rest,
                       row_count, out + whole * channels);
}

/* Replaces *picture by its means over blocks of factor_x x factor_y. */
static hatpose_status reduce(hp_memory *memory, hp_preparer *preparer,
                             int factor_x, int factor_y, hp_pixels *picture,
                             hatpose_error *err)
{
    int channels = hp_pixel_bytes(picture->format);
    int width_px = divide_up(picture->width_px, factor_x);
    int height_px = divide_up(picture->height_px, factor_y);
    size_t in_count = (size_t)picture->width_px * (size_t)channels;
    size_t out_stride = (size_t)width_px * (size_t)channels;
    size_t sums_bytes = in_count * sizeof(uint16_t);
    hatpose_status status = hp_buffer_reserve(
        memory, &preparer->reduced, sums_bytes + out_stride * (size_t)height_px,
        "reduced picture", err);

    if (status != HATPOSE_OK)
        return status;
    uint16_t *sums = preparer->reduced.data;
    uint8_t *out = (uint8_t *)preparer->reduced.data + sums_bytes;
    for (int y = 0; y < height_px; y++) {
        int first = y * factor_y, row_count = picture->height_px - first;

        if (row_count > factor_y)
            row_count = factor_y;
        memset(sums, 0, sums_bytes);
        for (int i = 0; i < row_count; i++)
            add_row(sums,
                    picture->data + (size_t)(first + i) * picture->stride_bytes,
                    in_count);
        uint8_t *to = out + (size_t)y * out_stride;
        if (channels == 3)
            average_row(sums, picture->width_px, 3, factor_x, row_count, to);
        else if (channels == 4)
            average_row(sums, picture->width_px, 4, factor_x, row_count, to);
        else
            average_row(sums, picture->width_px, 1, factor_x, row_count, to);
    }
    picture->data = out;
    picture->width_px = width_px;
    picture->height_px = height_px;
    picture->stride_bytes = out_stride;
    return HATPOSE_OK;
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

/* What to resize to what: in best the picture after its reduction. */
static hatpose_status plan_resize(hp_memory *memory, hp_preparer *preparer,
                                  const hp_mapping *mapping, hp_pixels *source,
                                  hp_resize_to *to, hatpose_error *err)
{
    to->width_px = mapping->resized_width_net_px;
    to->height_px = mapping->resized_height_net_px;
    to->step_x = 1 / mapping->scale_x;
    to->step_y = 1 / mapping->scale_y;
    if (mapping->compat)
        return HATPOSE_OK;
    int factor_x = whole_factor(source->width_px, to->width_px);
    int factor_y = whole_factor(source->height_px, to->height_px);
    to->step_x = (double)source->width_px / to->width_px / factor_x;
    to->step_y = (double)source->height_px / to->height_px / factor_y;
    if (factor_x == 1 && factor_y == 1)
        return HATPOSE_OK;
    return reduce(memory, preparer, factor_x, factor_y, source, err);
}

hatpose_status hp_prepare(hp_memory *memory, hp_preparer *preparer,
                          const hp_pixels *picture, const hp_mapping *mapping,
                          const hp_normalisation *normalisation, float *planes,
                          hatpose_error *err)
{
    hp_pixels source = *picture;
    hp_resize_to to;
    hatpose_status status =
        plan_resize(memory, preparer, mapping, &source, &to, err);

    if (status != HATPOSE_OK)
        return status;
    hp_pixels resized = {.width_px = to.width_px,
                         .height_px = to.height_px,
                         .format = picture->format};
    resized.stride_bytes =
        (size_t)to.width_px * (size_t)hp_pixel_bytes(picture->format);
    status = hp_buffer_reserve(memory, &preparer->resized,
                               resized.stride_bytes * (size_t)to.height_px,
                               "resized picture", err);
    if (status == HATPOSE_OK)
        status = hp_resize_linear_u8(memory, &preparer->resizer, &source, &to,
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
    hp_buffer_release(memory, &preparer->reduced);
}
