/* encode_png.c - PNG: one header, one IDAT chunk, one end.
 *
 * In: pixels. Out: the file. Rows are predicted by Paeth's filter, which
 * suits photos, and go through zlib straight into the file. */
#include "image/encode_png.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/error.h"

enum {
    AROUND_BYTES = 12, /* length, name and CRC of a chunk */
    CRC_BYTES = 4,
    FILTER_PAETH = 4,
    COLOUR_GRAY = 0,
    COLOUR_RGB = 2,
    COLOUR_RGBA = 6
};

static const uint8_t signature[8] = {0x89, 'P',  'N',  'G',
                                     0x0d, 0x0a, 0x1a, 0x0a};

/* Two rows in the file's channel order and a filtered one. */
typedef struct rows {
    uint8_t *above, *row, *filtered;
    size_t row_bytes;
    size_t channels;
} rows;

size_t hp_png_bound(size_t width_px, size_t height_px, size_t channels)
{
    size_t row_bytes, raw_bytes;

    if (!hp_size_multiply(width_px, channels, &row_bytes) ||
        !hp_size_add(row_bytes, 1, &row_bytes) ||
        !hp_size_multiply(row_bytes, height_px, &raw_bytes) ||
        raw_bytes > SIZE_MAX / 2)
        return 0;
    return sizeof signature + 3 * AROUND_BYTES + 13 + compressBound(raw_bytes);
}

static void put_big32(uint8_t *out, uint32_t value)
{
    out[0] = (uint8_t)(value >> 24);
    out[1] = (uint8_t)(value >> 16);
    out[2] = (uint8_t)(value >> 8);
    out[3] = (uint8_t)value;
}

/* Puts length, name and CRC around data that lies 8 bytes behind `chunk`.
 * The bytes after it are returned. */
static uint8_t *close_chunk(uint8_t *chunk, const char *name, uint32_t bytes)
{
    put_big32(chunk, bytes);
    memcpy(chunk + 4, name, 4);
    put_big32(chunk + 8 + bytes, (uint32_t)crc32(0, chunk + 4, bytes + 4));
    return chunk + AROUND_BYTES + bytes;
}

static uint8_t *put_header(uint8_t *out, const hp_pixels *pixels,
                           size_t channels)
{
    uint8_t *data = out + sizeof signature + 8;

    memcpy(out, signature, sizeof signature);
    put_big32(data, (uint32_t)pixels->width_px);
    put_big32(data + 4, (uint32_t)pixels->height_px);
    data[8] = 8; /* bits */
    data[9] = channels == 1   ? COLOUR_GRAY
              : channels == 3 ? COLOUR_RGB
                              : COLOUR_RGBA;
    memset(data + 10, 0, 3);
    return close_chunk(out + sizeof signature, "IHDR", 13);
}

/* One row in the order R, G, B. */
static void load_row(const hp_pixels *pixels, int y, const rows *r)
{
    const uint8_t *from = pixels->data + (size_t)y * pixels->stride_bytes;
    bool blue_first =
        pixels->format == HATPOSE_BGR8 || pixels->format == HATPOSE_BGRA8;

    memcpy(r->row, from, r->row_bytes);
    if (!blue_first)
        return;
    for (size_t i = 0; i < r->row_bytes; i += r->channels) {
        r->row[i] = from[i + 2];
        r->row[i + 2] = from[i];
    }
}

static uint8_t paeth(int left, int above, int corner)
{
    int guess = left + above - corner;
    int to_left = abs(guess - left), to_above = abs(guess - above);
    int to_corner = abs(guess - corner);

    if (to_left <= to_above && to_left <= to_corner)
        return (uint8_t)left;
    return (uint8_t)(to_above <= to_corner ? above : corner);
}

static void filter_row(const rows *r)
{
    const size_t c = r->channels;

    r->filtered[0] = FILTER_PAETH;
    for (size_t i = 0; i < c; i++)
        r->filtered[1 + i] = (uint8_t)(r->row[i] - r->above[i]);
    for (size_t i = c; i < r->row_bytes; i++)
        r->filtered[1 + i] =
            (uint8_t)(r->row[i] -
                      paeth(r->row[i - c], r->above[i], r->above[i - c]));
}

/* zlib's memory comes from the host too. */
static voidpf take_memory(voidpf memory, uInt count, uInt bytes)
{
    void *block;

    return hp_allocate_array(memory, count, bytes, "PNG compression", &block,
                             NULL) == HATPOSE_OK
               ? block
               : Z_NULL;
}

static void give_memory_back(voidpf memory, voidpf block)
{
    hp_deallocate(memory, block);
}

/* Runs the compressor over `bytes` of input, however long input and output
 * are: its counters are 32 bits wide. */
static int deflate_all(z_stream *stream, const uint8_t *data, size_t bytes,
                       int flush, const uint8_t *end)
{
    int result = Z_OK;

    stream->next_in = (z_const Bytef *)data;
    stream->avail_in = (uInt)bytes;
    while (result == Z_OK && (stream->avail_in > 0 || flush == Z_FINISH)) {
        size_t room = (size_t)(end - stream->next_out);

        stream->avail_out = room > UINT32_MAX ? UINT32_MAX : (uInt)room;
        result = deflate(stream, flush);
    }
    return result;
}

static int deflate_rows(z_stream *stream, const hp_pixels *pixels, rows *r,
                        const uint8_t *end)
{
    int result = Z_OK;

    memset(r->above, 0, r->row_bytes);
    for (int y = 0; y < pixels->height_px && result == Z_OK; y++) {
        uint8_t *above = r->above;

        load_row(pixels, y, r);
        filter_row(r);
        result =
            deflate_all(stream, r->filtered, r->row_bytes + 1, Z_NO_FLUSH, end);
        r->above = r->row;
        r->row = above;
    }
    return result == Z_OK ? deflate_all(stream, NULL, 0, Z_FINISH, end)
                          : result;
}

static hatpose_status compress_pixels(hp_memory *memory,
                                      const hp_pixels *pixels, rows *r,
                                      uint8_t *out, const uint8_t *end,
                                      size_t *out_bytes, hatpose_error *err)
{
    z_stream stream = {
        .zalloc = take_memory, .zfree = give_memory_back, .opaque = memory};

    if (deflateInit(&stream, Z_DEFAULT_COMPRESSION) != Z_OK)
        return hp_fail(err, HATPOSE_E_MEMORY, "PNG compression: no memory");
    stream.next_out = out;
    int result = deflate_rows(&stream, pixels, r, end);
    *out_bytes = (size_t)(stream.next_out - out);
    deflateEnd(&stream);
    if (result != Z_STREAM_END)
        return hp_fail(err, HATPOSE_E_INTERNAL,
                       "PNG compression: zlib answers %d", result);
    /* A chunk's length has 31 bits. */
    if (*out_bytes > INT32_MAX)
        return hp_fail(err, HATPOSE_E_UNSUPPORTED,
                       "PNG of %zu compressed bytes: too long for one chunk",
                       *out_bytes);
    return HATPOSE_OK;
}

hatpose_status hp_png_encode(hp_memory *memory, const hp_pixels *pixels,
                             hp_buffer *file, size_t *file_bytes,
                             hatpose_error *err)
{
    size_t width = (size_t)pixels->width_px, height = (size_t)pixels->height_px;
    size_t channels = (size_t)hp_pixel_bytes(pixels->format);
    size_t bound = hp_png_bound(width, height, channels);
    size_t data_bytes = 0;
    rows r = {.row_bytes = width * channels, .channels = channels};
    void *block;

    if (bound == 0)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "PNG of %d x %d px is no size in memory",
                       pixels->width_px, pixels->height_px);
    hatpose_status status =
        hp_buffer_reserve(memory, file, bound, "PNG file", err);
    if (status != HATPOSE_OK)
        return status;
    status = hp_allocate(memory, 3 * r.row_bytes + 1, "PNG rows", &block, err);
    if (status != HATPOSE_OK)
        return status;
    r.above = block;
    r.row = r.above + r.row_bytes;
    r.filtered = r.row + r.row_bytes;
    uint8_t *chunk = put_header(file->data, pixels, channels);
    const uint8_t *end =
        (uint8_t *)file->data + bound - CRC_BYTES - AROUND_BYTES;
    status =
        compress_pixels(memory, pixels, &r, chunk + 8, end, &data_bytes, err);
    if (status == HATPOSE_OK) {
        chunk = close_chunk(chunk, "IDAT", (uint32_t)data_bytes);
        chunk = close_chunk(chunk, "IEND", 0);
        *file_bytes = (size_t)(chunk - (uint8_t *)file->data);
    }
    hp_deallocate(memory, block);
    return status;
}
