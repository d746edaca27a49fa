/* container.c - PNG, BMP and GIF from the outside.
 *
 * In: the file. Out: the picture's size; whether all of the first picture is
 * there. Nothing is decoded. */
#include "image/container.h"

#include <limits.h>
#include <string.h>

#include <zlib.h>

#include "base/error.h"

enum {
    PNG_SIGNATURE_BYTES = 8,
    PNG_AROUND_BYTES = 12, /* length, name and CRC of a chunk */
    PNG_SMALLEST_BYTES = PNG_SIGNATURE_BYTES + PNG_AROUND_BYTES + 13,
    BMP_FILE_HEADER_BYTES = 14,
    BMP_CORE_HEADER_BYTES = 12,
    BMP_INFO_HEADER_BYTES = 40,
    BMP_RGB = 0,
    BMP_BITFIELDS = 3,
    GIF_HEADER_BYTES = 13,
    GIF_EXTENSION = 0x21,
    GIF_PICTURE = 0x2c,
    GIF_PICTURE_BYTES = 9
};

static uint32_t big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static uint32_t little16(const uint8_t *p)
{
    return (uint32_t)p[1] << 8 | p[0];
}

static uint32_t little32(const uint8_t *p)
{
    return little16(p + 2) << 16 | little16(p);
}

static hatpose_status fail_as_cut(const char *kind, size_t bytes,
                                  hatpose_error *err)
{
    return hp_fail_at(err, HATPOSE_E_IMAGE_CORRUPT, bytes,
                      "%s ends after %zu bytes", kind, bytes);
}

static hatpose_status take_size(const char *kind, uint32_t width,
                                uint32_t height, int *width_px, int *height_px,
                                hatpose_error *err)
{
    if (width == 0 || height == 0)
        return hp_fail(err, HATPOSE_E_IMAGE_CORRUPT,
                       "%s of %u x %u px has no pixels", kind, (unsigned)width,
                       (unsigned)height);
    if (width > INT_MAX || height > INT_MAX)
        return hp_fail(err, HATPOSE_E_IMAGE_CORRUPT,
                       "%s of %u x %u px: no such size", kind, (unsigned)width,
                       (unsigned)height);
    *width_px = (int)width;
    *height_px = (int)height;
    return HATPOSE_OK;
}

hatpose_status hp_png_size(const uint8_t *data, size_t bytes, int *width_px,
                           int *height_px, hatpose_error *err)
{
    const uint8_t *header = data + PNG_SIGNATURE_BYTES;

    if (bytes < PNG_SMALLEST_BYTES)
        return fail_as_cut("PNG", bytes, err);
    if (big32(header) != 13 || memcmp(header + 4, "IHDR", 4) != 0)
        return hp_fail_at(err, HATPOSE_E_IMAGE_CORRUPT, PNG_SIGNATURE_BYTES,
                          "PNG does not begin with its header");
    return take_size("PNG", big32(header + 8), big32(header + 12), width_px,
                     height_px, err);
}

hatpose_status hp_png_check(const uint8_t *data, size_t bytes,
                            hatpose_error *err)
{
    size_t at = PNG_SIGNATURE_BYTES;

    for (;;) {
        if (bytes - at < PNG_AROUND_BYTES)
            return fail_as_cut("PNG", bytes, err);
        const uint8_t *chunk = data + at;
        uint32_t length = big32(chunk);
        if (length > bytes - at - PNG_AROUND_BYTES)
            return hp_fail_at(err, HATPOSE_E_IMAGE_CORRUPT, at,
                              "PNG ends after %zu bytes, inside the chunk at "
                              "byte %zu",
                              bytes, at);
        if (crc32(0, chunk + 4, length + 4) != big32(chunk + 8 + length))
            return hp_fail_at(err, HATPOSE_E_IMAGE_CORRUPT, at,
                              "PNG chunk at byte %zu: checksum is wrong", at);
        if (memcmp(chunk + 4, "IEND", 4) == 0)
            return HATPOSE_OK;
        at += PNG_AROUND_BYTES + (size_t)length;
    }
}

typedef struct bmp_header {
    uint32_t data_offset, bits, compression;
    int64_t width, height; /* height < 0: top row first */
} bmp_header;

static hatpose_status read_bmp_header(const uint8_t *data, size_t bytes,
                                      bmp_header *out, hatpose_error *err)
{
    const uint8_t *header = data + BMP_FILE_HEADER_BYTES;

    memset(out, 0, sizeof *out);
    if (bytes < BMP_FILE_HEADER_BYTES + BMP_CORE_HEADER_BYTES)
        return fail_as_cut("BMP", bytes, err);
    out->data_offset = little32(data + 10);
    out->compression = BMP_RGB;
    if (little32(header) == BMP_CORE_HEADER_BYTES) {
        out->width = little16(header + 4);
        out->height = little16(header + 6);
        out->bits = little16(header + 10);
        return HATPOSE_OK;
    }
    if (bytes < BMP_FILE_HEADER_BYTES + BMP_INFO_HEADER_BYTES)
        return fail_as_cut("BMP", bytes, err);
    out->width = (int32_t)little32(header + 4);
    out->height = (int32_t)little32(header + 8);
    out->bits = little16(header + 14);
    out->compression = little32(header + 16);
    return HATPOSE_OK;
}

hatpose_status hp_bmp_size(const uint8_t *data, size_t bytes, int *width_px,
                           int *height_px, hatpose_error *err)
{
    bmp_header header;
    hatpose_status status = read_bmp_header(data, bytes, &header, err);

    if (status != HATPOSE_OK)
        return status;
    if (header.width < 0)
        return hp_fail(err, HATPOSE_E_IMAGE_CORRUPT,
                       "BMP has the width %lld px", (long long)header.width);
    if (header.height < 0)
        header.height = -header.height;
    return take_size("BMP", (uint32_t)header.width, (uint32_t)header.height,
                     width_px, height_px, err);
}

hatpose_status hp_bmp_check(const uint8_t *data, size_t bytes,
                            hatpose_error *err)
{
    bmp_header header;
    hatpose_status status = read_bmp_header(data, bytes, &header, err);

    if (status != HATPOSE_OK)
        return status;
    if (header.compression != BMP_RGB && header.compression != BMP_BITFIELDS)
        return hp_fail(err, HATPOSE_E_IMAGE_FORMAT,
                       "BMP with compression %u is not supported",
                       (unsigned)header.compression);
    if (header.bits > 32)
        return hp_fail(err, HATPOSE_E_IMAGE_FORMAT,
                       "BMP with %u bits a pixel is not supported",
                       (unsigned)header.bits);
    /* Rows are padded to 4 bytes; the last one's padding may be missing. */
    uint64_t rows =
        (uint64_t)(header.height < 0 ? -header.height : header.height);
    uint64_t row_bits = (uint64_t)header.width * header.bits;
    if (header.bits > 0 && rows > bytes) /* also keeps the sum in range */
        return fail_as_cut("BMP", bytes, err);
    uint64_t needed = header.data_offset +
                      (rows - 1) * ((row_bits + 31) / 32 * 4) +
                      (row_bits + 7) / 8;
    if (needed > bytes)
        return hp_fail_at(err, HATPOSE_E_IMAGE_CORRUPT, bytes,
                          "BMP ends after %zu of %llu bytes", bytes,
                          (unsigned long long)needed);
    return HATPOSE_OK;
}

hatpose_status hp_gif_size(const uint8_t *data, size_t bytes, int *width_px,
                           int *height_px, hatpose_error *err)
{
    if (bytes < GIF_HEADER_BYTES)
        return fail_as_cut("GIF", bytes, err);
    return take_size("GIF", little16(data + 6), little16(data + 8), width_px,
                     height_px, err);
}

/* Bytes of a colour table, from the byte that announces it. */
static size_t colour_table_bytes(uint8_t flags)
{
    return (flags & 0x80) != 0 ? 3 * ((size_t)2 << (flags & 7)) : 0;
}

/* Moves *at behind a run of sub-blocks; false at the end of the file. */
static bool skip_sub_blocks(const uint8_t *data, size_t bytes, size_t *at)
{
    while (*at < bytes) {
        size_t length = data[*at];

        *at += 1 + length;
        if (length == 0)
            return true;
    }
    return false;
}

/* Behind the first picture's blocks; false where they are not all there. */
static bool skip_picture(const uint8_t *data, size_t bytes, size_t at)
{
    if (at + GIF_PICTURE_BYTES > bytes)
        return false;
    at += GIF_PICTURE_BYTES +
          colour_table_bytes(data[at + GIF_PICTURE_BYTES - 1]);
    at += 1; /* the code size */
    return skip_sub_blocks(data, bytes, &at);
}

hatpose_status hp_gif_check(const uint8_t *data, size_t bytes,
                            hatpose_error *err)
{
    size_t at = GIF_HEADER_BYTES + colour_table_bytes(data[10]);

    while (at < bytes) {
        size_t block = at++;

        if (data[block] == GIF_PICTURE) {
            if (skip_picture(data, bytes, at))
                return HATPOSE_OK;
            break;
        }
        if (data[block] != GIF_EXTENSION)
            return hp_fail_at(err, HATPOSE_E_IMAGE_CORRUPT, block,
                              "GIF holds no picture: block %u at byte %zu",
                              (unsigned)data[block], block);
        at++; /* the extension's kind */
        if (!skip_sub_blocks(data, bytes, &at))
            break;
    }
    return fail_as_cut("GIF", bytes, err);
}
