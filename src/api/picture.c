/* picture.c - decoding, encoding and lettering of pictures for callers that
 * would otherwise need a second library for it. */
#include <string.h>

#include "api/context.h"
#include "base/error.h"
#include "base/sized_struct.h"
#include "image/encode.h"
#include "result/canvas.h"

enum { IMAGE_BYTES_1_0 = 24, TEXT_SCALE_MAX = 64 };

typedef struct output {
    void *data;
    size_t capacity_bytes;
    size_t *needed_bytes;
} output;

/* True when the caller wants only the size; else *status says whether the
 * buffer will do. */
static bool only_asks(const output *out, hatpose_status *status,
                      hatpose_error *err)
{
    *status = HATPOSE_OK;
    if (out->data == NULL && out->capacity_bytes == 0)
        return true;
    if (out->data == NULL)
        *status = hp_fail(err, HATPOSE_E_ARGUMENT,
                          "the buffer is NULL, its capacity %zu",
                          out->capacity_bytes);
    return false;
}

static hatpose_status too_small(const output *out, hatpose_error *err)
{
    return hp_fail(err, HATPOSE_E_BUFFER_TOO_SMALL,
                   "%zu bytes needed, %zu given", *out->needed_bytes,
                   out->capacity_bytes);
}

/* Row stride of the caller's buffer, and what it takes in all. */
static hatpose_status measure(const hatpose_image *layout, size_t *stride,
                              size_t *needed, hatpose_error *err)
{
    int pixel_bytes = hp_pixel_bytes(layout->format);

    if (pixel_bytes == 0)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "unknown pixel format %u",
                       (unsigned)layout->format);
    size_t row = (size_t)layout->width_px * (size_t)pixel_bytes;
    if (layout->stride_bytes < 0 ||
        (layout->stride_bytes != 0 && (uint64_t)layout->stride_bytes < row))
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "stride_bytes %lld: a row takes %zu",
                       (long long)layout->stride_bytes, row);
    *stride = layout->stride_bytes == 0 ? row : (size_t)layout->stride_bytes;
    if (!hp_size_multiply(*stride, layout->height_px, needed))
        return hp_fail(err, HATPOSE_E_ARGUMENT, "stride_bytes %lld overflows",
                       (long long)layout->stride_bytes);
    return HATPOSE_OK;
}

static hatpose_status decode(hatpose_context *context, const void *data,
                             size_t bytes, hatpose_image *layout,
                             const output *out, hatpose_error *err)
{
    hp_image_limits limits = hp_context_image_limits(context);
    hp_picture *picture = &context->picture;
    size_t stride = 0;
    hatpose_status status;
    bool asks = only_asks(out, &status, err);

    if (status != HATPOSE_OK)
        return status;
    status = asks ? hp_picture_size(&limits, data, bytes, picture, err)
                  : hp_picture_decode(&context->memory, &limits, data, bytes,
                                      picture, err);
    if (status != HATPOSE_OK)
        return status;
    layout->width_px = (uint32_t)picture->width_px;
    layout->height_px = (uint32_t)picture->height_px;
    status = measure(layout, &stride, out->needed_bytes, err);
    if (status != HATPOSE_OK || asks)
        return status;
    if (out->capacity_bytes < *out->needed_bytes)
        return too_small(out, err);
    hp_pixels view = hp_picture_pixels(picture);
    hp_pixels_from_bgr(&view, layout->format, out->data, stride);
    return HATPOSE_OK;
}

hatpose_status hatpose_image_decode(hatpose_context *context, const void *data,
                                    size_t bytes, hatpose_image *layout,
                                    void *pixels, size_t capacity,
                                    size_t *needed, hatpose_error *err)
{
    output out = {pixels, capacity, needed};
    hatpose_image ours = {.struct_size = sizeof ours};

    if (data == NULL || layout == NULL || needed == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "%s is NULL",
                       data == NULL     ? "data"
                       : layout == NULL ? "layout"
                                        : "needed");
    *needed = 0;
    hatpose_status status = hp_context_enter(context, err);
    if (status != HATPOSE_OK)
        return status;
    status = hp_sized_struct_read(&ours, sizeof ours, IMAGE_BYTES_1_0, layout,
                                  "hatpose_image", err);
    if (status == HATPOSE_OK)
        status = decode(context, data, bytes, &ours, &out, err);
    if (status == HATPOSE_OK || status == HATPOSE_E_BUFFER_TOO_SMALL) {
        layout->width_px = ours.width_px;
        layout->height_px = ours.height_px;
    }
    hp_context_leave(context);
    return status;
}

typedef struct encoding {
    uint32_t file_type, quality;
} encoding;

static hatpose_status encode(hatpose_context *context, const hp_pixels *pixels,
                             encoding wanted, const output *out,
                             hatpose_error *err)
{
    hatpose_status status;
    bool asks = only_asks(out, &status, err);

    if (status != HATPOSE_OK)
        return status;
    if (asks) {
        *out->needed_bytes = hp_encode_bound(
            pixels->width_px, pixels->height_px, wanted.file_type);
        return HATPOSE_OK;
    }
    status = hp_encode(&context->memory, pixels, wanted.file_type,
                       wanted.quality, &context->file, out->needed_bytes, err);
    if (status != HATPOSE_OK)
        return status;
    if (out->capacity_bytes < *out->needed_bytes)
        return too_small(out, err);
    memcpy(out->data, context->file.data, *out->needed_bytes);
    return HATPOSE_OK;
}

static hatpose_status check_encoding(encoding wanted, hatpose_error *err)
{
    if (wanted.file_type != HATPOSE_FILE_PNG &&
        wanted.file_type != HATPOSE_FILE_JPEG)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "unknown file type %u",
                       (unsigned)wanted.file_type);
    if (wanted.file_type == HATPOSE_FILE_JPEG &&
        (wanted.quality < 1 || wanted.quality > 100))
        return hp_fail(err, HATPOSE_E_ARGUMENT, "quality %u: 1 to 100 expected",
                       (unsigned)wanted.quality);
    return HATPOSE_OK;
}

hatpose_status hatpose_image_encode(hatpose_context *context,
                                    const void *pixels,
                                    const hatpose_image *layout,
                                    uint32_t file_type, uint32_t quality,
                                    void *data, size_t capacity, size_t *needed,
                                    hatpose_error *err)
{
    output out = {data, capacity, needed};
    encoding wanted = {file_type, quality};
    hp_pixels view;

    if (pixels == NULL || layout == NULL || needed == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "%s is NULL",
                       pixels == NULL   ? "pixels"
                       : layout == NULL ? "layout"
                                        : "needed");
    *needed = 0;
    hatpose_status status = hp_context_enter(context, err);
    if (status != HATPOSE_OK)
        return status;
    status = check_encoding(wanted, err);
    if (status == HATPOSE_OK)
        status = hp_pixels_view(pixels, layout, context->options.max_side_px,
                                context->options.max_pixels, &view, err);
    if (status == HATPOSE_OK)
        status = encode(context, &view, wanted, &out, err);
    hp_context_leave(context);
    return status;
}

hatpose_status hatpose_image_text(void *pixels, const hatpose_image *layout,
                                  int32_t left_px, int32_t top_px,
                                  const char *text, uint32_t scale,
                                  uint32_t rgb, hatpose_error *err)
{
    hp_colour colour = {(uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8),
                        (uint8_t)rgb};
    hp_pixels view;

    if (pixels == NULL || layout == NULL || text == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "%s is NULL",
                       pixels == NULL   ? "pixels"
                       : layout == NULL ? "layout"
                                        : "text");
    hp_error_clear(err);
    if (scale < 1 || scale > TEXT_SCALE_MAX || rgb > 0xFFFFFF)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "scale %u, colour 0x%x: 1 to %d and 24 bits expected",
                       (unsigned)scale, (unsigned)rgb, (int)TEXT_SCALE_MAX);
    hatpose_status status =
        hp_pixels_view(pixels, layout, INT32_MAX, UINT64_MAX, &view, err);
    if (status != HATPOSE_OK)
        return status;
    hp_canvas canvas = hp_canvas_make(pixels, &view);
    hp_canvas_text(&canvas, left_px, top_px, text, (int)scale, colour);
    return HATPOSE_OK;
}
