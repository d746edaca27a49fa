/* pixels.c - what a caller says of a picture, checked; changes of format. */
#include "image/pixels.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/sized_struct.h"

int hp_pixel_bytes(uint32_t format)
{
    switch (format) {
    case HATPOSE_RGB8:
    case HATPOSE_BGR8:
        return 3;
    case HATPOSE_RGBA8:
    case HATPOSE_BGRA8:
        return 4;
    case HATPOSE_GRAY8:
        return 1;
    default:
        return 0;
    }
}

/* hatpose_image had these in release 1.0. */
enum { IMAGE_BYTES_1_0 = 24 };

static hatpose_status check_sides(const hatpose_image *layout,
                                  uint32_t max_side_px, uint64_t max_pixels,
                                  hatpose_error *err)
{
    unsigned width = layout->width_px, height = layout->height_px;

    if (width == 0 || height == 0)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "picture of %u x %u px has no pixels", width, height);
    if (width > max_side_px || height > max_side_px || width > INT_MAX ||
        height > INT_MAX)
        return hp_fail(err, HATPOSE_E_LIMIT,
                       "picture of %u x %u px: over max_side_px %u", width,
                       height, (unsigned)max_side_px);
    if ((uint64_t)width * height > max_pixels)
        return hp_fail(err, HATPOSE_E_LIMIT,
                       "picture of %u x %u px: over max_pixels %llu", width,
                       height, (unsigned long long)max_pixels);
    return HATPOSE_OK;
}

/* 0 where the stride cannot be right. */
static uint64_t checked_stride(const hatpose_image *layout, uint64_t row_bytes)
{
    uint64_t stride_bytes = row_bytes;

    if (layout->stride_bytes < 0)
        return 0;
    if (layout->stride_bytes > 0)
        stride_bytes = (uint64_t)layout->stride_bytes;
    if (stride_bytes < row_bytes ||
        stride_bytes > (uint64_t)PTRDIFF_MAX / layout->height_px)
        return 0;
    return stride_bytes;
}

hatpose_status hp_pixels_view(const void *data, const hatpose_image *given,
                              uint32_t max_side_px, uint64_t max_pixels,
                              hp_pixels *out, hatpose_error *err)
{
    hatpose_image ours = {0};
    const hatpose_image *layout = &ours;

    memset(out, 0, sizeof *out);
    if (data == NULL || given == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "%s is NULL",
                       data == NULL ? "pixels" : "layout");
    hatpose_status status = hp_sized_struct_read(
        &ours, sizeof ours, IMAGE_BYTES_1_0, given, "hatpose_image", err);
    if (status != HATPOSE_OK)
        return status;
    uint64_t pixel_bytes = (uint64_t)hp_pixel_bytes(layout->format);
    if (pixel_bytes == 0)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "pixel format %u is none of HATPOSE_RGB8 to "
                       "HATPOSE_GRAY8",
                       (unsigned)layout->format);
    status = check_sides(layout, max_side_px, max_pixels, err);
    if (status != HATPOSE_OK)
        return status;
    uint64_t row_bytes = layout->width_px * pixel_bytes;
    uint64_t stride_bytes = checked_stride(layout, row_bytes);
    if (stride_bytes == 0)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "stride_bytes %lld does not fit %u rows of %llu bytes",
                       (long long)layout->stride_bytes,
                       (unsigned)layout->height_px,
                       (unsigned long long)row_bytes);
    out->data = data;
    out->width_px = (int)layout->width_px;
    out->height_px = (int)layout->height_px;
    out->stride_bytes = (size_t)stride_bytes;
    out->format = layout->format;
    return HATPOSE_OK;
}

static void row_to_rgb(const uint8_t *bgr, int count, uint8_t *out)
{
    for (int i = 0; i < count; i++) {
        out[3 * i] = bgr[3 * i + 2];
        out[3 * i + 1] = bgr[3 * i + 1];
        out[3 * i + 2] = bgr[3 * i];
    }
}

/* blue: its place in the output pixel, 0 or 2. */
static void row_to_four(const uint8_t *bgr, int count, int blue, uint8_t *out)
{
    for (int i = 0; i < count; i++) {
        out[4 * i + blue] = bgr[3 * i];
        out[4 * i + 1] = bgr[3 * i + 1];
        out[4 * i + 2 - blue] = bgr[3 * i + 2];
        out[4 * i + 3] = 255;
    }
}

/* OpenCV's weights: 0.114, 0.587, 0.299 in 1/32768, rounded. */
static void row_to_gray(const uint8_t *bgr, int count, uint8_t *out)
{
    for (int i = 0; i < count; i++)
        out[i] = (uint8_t)((bgr[3 * i] * 3735 + bgr[3 * i + 1] * 19235 +
                            bgr[3 * i + 2] * 9798 + 16384) >>
                           15);
}

void hp_pixels_from_bgr(const hp_pixels *bgr, uint32_t format, uint8_t *out,
                        size_t out_stride_bytes)
{
    int count = bgr->width_px;

    for (int y = 0; y < bgr->height_px; y++) {
        const uint8_t *from = bgr->data + (size_t)y * bgr->stride_bytes;
        uint8_t *to = out + (size_t)y * out_stride_bytes;

        if (format == HATPOSE_BGR8)
            memcpy(to, from, 3 * (size_t)count);
        else if (format == HATPOSE_RGB8)
            row_to_rgb(from, count, to);
        else if (format == HATPOSE_BGRA8)
            row_to_four(from, count, 0, to);
        else if (format == HATPOSE_RGBA8)
            row_to_four(from, count, 2, to);
        else
            row_to_gray(from, count, to);
    }
}
