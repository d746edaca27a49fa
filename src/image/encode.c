/* encode.c - pixels to a file: which writer, and how much it may take. */
#include "image/encode.h"

#include "base/error.h"
#include "image/encode_jpeg.h"
#include "image/encode_png.h"

/* A JPEG sample cannot take more than a code of 16 bits and 10 of its own,
 * some of them doubled after 0xff. */
enum { JPEG_SAMPLE_BYTES = 4, JPEG_HEADER_BYTES = 2048, JPEG_BLOCK_PX = 16 };

static hatpose_status check(const hp_pixels *pixels, uint32_t file_type,
                            uint32_t quality, hatpose_error *err)
{
    if (file_type != HATPOSE_FILE_PNG && file_type != HATPOSE_FILE_JPEG)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "file_type %u is neither HATPOSE_FILE_PNG nor "
                       "HATPOSE_FILE_JPEG",
                       (unsigned)file_type);
    if (file_type == HATPOSE_FILE_JPEG && (quality < 1 || quality > 100))
        return hp_fail(err, HATPOSE_E_ARGUMENT, "quality %u: 1 to 100 expected",
                       (unsigned)quality);
    if (file_type == HATPOSE_FILE_JPEG &&
        (pixels->width_px > HP_JPEG_SIDE_MAX_PX ||
         pixels->height_px > HP_JPEG_SIDE_MAX_PX))
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "picture of %d x %d px: JPEG takes sides up to %d",
                       pixels->width_px, pixels->height_px,
                       (int)HP_JPEG_SIDE_MAX_PX);
    return HATPOSE_OK;
}

static size_t jpeg_bound(size_t width_px, size_t height_px)
{
    size_t columns = (width_px / JPEG_BLOCK_PX + 1) * JPEG_BLOCK_PX;
    size_t rows = (height_px / JPEG_BLOCK_PX + 1) * JPEG_BLOCK_PX;
    size_t bound;

    if (!hp_size_multiply(columns, rows, &bound) ||
        !hp_size_multiply(bound, 3 * JPEG_SAMPLE_BYTES, &bound) ||
        !hp_size_add(bound, JPEG_HEADER_BYTES, &bound))
        return 0;
    return bound;
}

size_t hp_encode_bound(int width_px, int height_px, uint32_t file_type)
{
    if (width_px < 1 || height_px < 1)
        return 0;
    if (file_type == HATPOSE_FILE_JPEG)
        return jpeg_bound((size_t)width_px, (size_t)height_px);
    if (file_type == HATPOSE_FILE_PNG)
        return hp_png_bound((size_t)width_px, (size_t)height_px, 4);
    return 0;
}

hatpose_status hp_encode(hp_memory *memory, const hp_pixels *pixels,
                         uint32_t file_type, uint32_t quality, hp_buffer *file,
                         size_t *file_bytes, hatpose_error *err)
{
    *file_bytes = 0;
    hatpose_status status = check(pixels, file_type, quality, err);
    if (status != HATPOSE_OK)
        return status;
    if (file_type == HATPOSE_FILE_PNG)
        return hp_png_encode(memory, pixels, file, file_bytes, err);
    return hp_jpeg_encode(memory, pixels, (int)quality, file, file_bytes, err);
}
