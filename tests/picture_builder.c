/* picture_builder.c - writes the formats by hand, so that tests can bend
 * every field; JPEG by libjpeg. */
#include "picture_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>
#if defined(HP_HAVE_LIBJPEG)
#include <jpeglib.h>
#endif

static void *must(void *block)
{
    if (block == NULL) {
        fprintf(stderr, "picture_builder: no memory\n");
        exit(1);
    }
    return block;
}

void picture_free(picture_file *file)
{
    free(file->data);
    *file = (picture_file){NULL, 0, 0};
}

void picture_append(picture_file *file, const void *data, size_t bytes)
{
    if (file->bytes + bytes >= file->capacity) {
        file->capacity = 2 * (file->bytes + bytes) + 64;
        file->data = must(realloc(file->data, file->capacity));
    }
    if (bytes > 0)
        memcpy(file->data + file->bytes, data, bytes);
    file->bytes += bytes;
}

picture_file picture_copy(const uint8_t *data, size_t bytes)
{
    picture_file file = {NULL, 0, 0};

    picture_append(&file, data, bytes);
    return file;
}

void picture_insert(picture_file *file, size_t offset, const void *data,
                    size_t bytes)
{
    picture_file rest = picture_copy(file->data + offset, file->bytes - offset);

    file->bytes = offset;
    picture_append(file, data, bytes);
    picture_append(file, rest.data, rest.bytes);
    picture_free(&rest);
}

void picture_colour(int x, int y, uint8_t bgr[3])
{
    bgr[0] = (uint8_t)(x * 3);
    bgr[1] = (uint8_t)(y * 4);
    bgr[2] = (uint8_t)(255 - x * 2 - y);
}

static void append_big32(picture_file *file, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 8), (uint8_t)value};

    picture_append(file, bytes, 4);
}

static void append_little(picture_file *file, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);

        picture_append(file, &byte, 1);
    }
}

void picture_append_chunk(picture_file *file, const char *name,
                          const void *data, size_t bytes)
{
    append_big32(file, (uint32_t)bytes);
    size_t start = file->bytes;
    picture_append(file, name, 4);
    picture_append(file, data, bytes);
    append_big32(file, (uint32_t)crc32(0, file->data + start,
                                       (uInt)(file->bytes - start)));
}

picture_file picture_png_start(int width_px, int height_px, int bits,
                               int colour_type)
{
    picture_file file = picture_copy((const uint8_t *)"\x89PNG\r\n\x1a\n", 8);
    picture_file header = {NULL, 0, 0};

    append_big32(&header, (uint32_t)width_px);
    append_big32(&header, (uint32_t)height_px);
    const uint8_t rest[5] = {(uint8_t)bits, (uint8_t)colour_type, 0, 0, 0};
    picture_append(&header, rest, 5);
    picture_append_chunk(&file, "IHDR", header.data, header.bytes);
    picture_free(&header);
    return file;
}

static void append_sample(picture_file *rows, uint8_t value, int bits, int x)
{
    picture_append(rows, &value, 1);
    if (bits == 16) {
        uint8_t noise = (uint8_t)(x * 37);

        picture_append(rows, &noise, 1);
    }
}

/* The rows of a PNG, unfiltered and not yet compressed. */
static picture_file png_rows(int width_px, int height_px, int bits,
                             int colour_type)
{
    picture_file rows = {NULL, 0, 0};

    for (int y = 0; y < height_px; y++) {
        picture_append(&rows, "", 1); /* no filter */
        for (int x = 0; x < width_px; x++) {
            uint8_t bgr[3];

            picture_colour(x, y, bgr);
            append_sample(&rows, bgr[2], bits, x);
            if ((colour_type & 2) != 0) {
                append_sample(&rows, bgr[1], bits, x);
                append_sample(&rows, bgr[0], bits, x);
            }
            if ((colour_type & 4) != 0)
                append_sample(&rows, (uint8_t)(x * 50), bits, x);
        }
    }
    return rows;
}

/* skip: bytes left free in front, for a frame's number. */
static picture_file compressed(const picture_file *rows, size_t skip)
{
    uLongf bytes = compressBound((uLong)rows->bytes);
    picture_file out = {must(calloc(1, skip + bytes)), 0, skip + bytes};

    compress(out.data + skip, &bytes, rows->data, (uLong)rows->bytes);
    out.bytes = skip + bytes;
    return out;
}

picture_file picture_png(int width_px, int height_px, int bits, int colour_type)
{
    picture_file file =
        picture_png_start(width_px, height_px, bits, colour_type);
    picture_file rows = png_rows(width_px, height_px, bits, colour_type);
    picture_file data = compressed(&rows, 0);

    picture_append_chunk(&file, "IDAT", data.data, data.bytes);
    picture_append_chunk(&file, "IEND", NULL, 0);
    picture_free(&rows);
    picture_free(&data);
    return file;
}

static void append_frame_control(picture_file *file, uint32_t number,
                                 int width_px, int height_px)
{
    picture_file control = {NULL, 0, 0};

    append_big32(&control, number);
    append_big32(&control, (uint32_t)width_px);
    append_big32(&control, (uint32_t)height_px);
    append_big32(&control, 0);
    append_big32(&control, 0);
    picture_append(&control, "\0\1\0\12\0\0", 6); /* 1/10 s */
    picture_append_chunk(file, "fcTL", control.data, control.bytes);
    picture_free(&control);
}

picture_file picture_animated_png(int width_px, int height_px)
{
    picture_file file = picture_png_start(width_px, height_px, 8, 2);
    picture_file rows = png_rows(width_px, height_px, 8, 2);
    picture_file first = compressed(&rows, 0);

    memset(rows.data, 0, rows.bytes);
    picture_file second = compressed(&rows, 4);
    second.data[3] = 2; /* the frame's number in the sequence */
    picture_append_chunk(&file, "acTL", "\0\0\0\2\0\0\0", 8);
    append_frame_control(&file, 0, width_px, height_px);
    picture_append_chunk(&file, "IDAT", first.data, first.bytes);
    append_frame_control(&file, 1, width_px, height_px);
    picture_append_chunk(&file, "fdAT", second.data, second.bytes);
    picture_append_chunk(&file, "IEND", NULL, 0);
    picture_free(&rows);
    picture_free(&first);
    picture_free(&second);
    return file;
}

picture_file picture_bmp(int width_px, int height_px)
{
    picture_file file = {NULL, 0, 0};
    int padding = (4 - width_px * 3 % 4) % 4;
    int row_bytes = width_px * 3 + padding;

    picture_append(&file, "BM", 2);
    append_little(&file, (uint32_t)(54 + row_bytes * height_px), 4);
    append_little(&file, 0, 4);
    append_little(&file, 54, 4);
    append_little(&file, 40, 4);
    append_little(&file, (uint32_t)width_px, 4);
    append_little(&file, (uint32_t)height_px, 4);
    append_little(&file, 1, 2);
    append_little(&file, 24, 2);
    for (int i = 0; i < 6; i++)
        append_little(&file, 0, 4);
    for (int y = height_px - 1; y >= 0; y--) {
        for (int x = 0; x < width_px; x++) {
            uint8_t bgr[3];

            picture_colour(x, y, bgr);
            picture_append(&file, bgr, 3);
        }
        picture_append(&file, "\0\0\0", (size_t)padding);
    }
    return file;
}

/* One frame of one colour index, in codes of 3 bits without compression: a
 * clear code before every second pixel keeps the code size. */
static void append_gif_frame(picture_file *file, int width_px, int height_px,
                             unsigned colour)
{
    picture_file codes = {NULL, 0, 0};
    uint32_t bits = 0;
    int bit_count = 0;
    int count = width_px * height_px;

    for (int i = 0; i < 2 * count + 2; i++) {
        uint32_t code = i == 2 * count + 1 ? 5u /* end */
                        : i % 2 == 0       ? 4u /* clear */
                                           : colour;

        if (i == 2 * count)
            continue;
        bits |= code << bit_count;
        bit_count += 3;
        while (bit_count >= 8) {
            append_little(&codes, bits & 255, 1);
            bits >>= 8;
            bit_count -= 8;
        }
    }
    append_little(&codes, bits & 255, 1);
    picture_append(file, ",\0\0\0\0", 5);
    append_little(file, (uint32_t)width_px, 2);
    append_little(file, (uint32_t)height_px, 2);
    picture_append(file, "\0\2", 2); /* no colours of its own, code size 2 */
    for (size_t at = 0; at < codes.bytes; at += 255) {
        size_t bytes = codes.bytes - at < 255 ? codes.bytes - at : 255;

        append_little(file, (uint32_t)bytes, 1);
        picture_append(file, codes.data + at, bytes);
    }
    picture_append(file, "", 1);
    picture_free(&codes);
}

picture_file picture_gif(int width_px, int height_px, int frame_count)
{
    picture_file file = picture_copy((const uint8_t *)"GIF89a", 6);

    append_little(&file, (uint32_t)width_px, 2);
    append_little(&file, (uint32_t)height_px, 2);
    picture_append(&file, "\x81\0\0", 3); /* four colours follow */
    picture_append(&file, "\0\0\0\xff\0\0\0\0\xff\xff\xff\xff", 12);
    for (int i = 0; i < frame_count; i++) {
        picture_append(&file, "!\xf9\4\0\5\0\0\0", 8);
        append_gif_frame(&file, width_px, height_px, i == 0 ? 1 : 2);
    }
    picture_append(&file, ";", 1);
    return file;
}

picture_file picture_pnm(int width_px, int height_px, int kind)
{
    char header[64];
    int bytes = snprintf(header, sizeof header, "P%d\n# made\n%d %d\n255\n",
                         kind, width_px, height_px);
    picture_file file = picture_copy((const uint8_t *)header, (size_t)bytes);

    for (int y = 0; y < height_px; y++)
        for (int x = 0; x < width_px; x++) {
            uint8_t bgr[3];

            picture_colour(x, y, bgr);
            picture_append(&file, &bgr[2], 1);
            if (kind == 6) {
                picture_append(&file, &bgr[1], 1);
                picture_append(&file, &bgr[0], 1);
            }
        }
    return file;
}

#if defined(HP_HAVE_LIBJPEG)
static int channels_of(picture_jpeg_kind kind)
{
    return kind == PICTURE_JPEG_GRAY                                ? 1
           : kind == PICTURE_JPEG_CMYK || kind == PICTURE_JPEG_YCCK ? 4
                                                                    : 3;
}

static void set_colours(struct jpeg_compress_struct *jpeg,
                        picture_jpeg_kind kind)
{
    jpeg->input_components = channels_of(kind);
    jpeg->in_color_space = jpeg->input_components == 1   ? JCS_GRAYSCALE
                           : jpeg->input_components == 4 ? JCS_CMYK
                                                         : JCS_RGB;
    jpeg_set_defaults(jpeg);
    if (kind == PICTURE_JPEG_YCCK)
        jpeg_set_colorspace(jpeg, JCS_YCCK);
    if (kind == PICTURE_JPEG_PROGRESSIVE)
        jpeg_simple_progression(jpeg);
    if (kind == PICTURE_JPEG_RESTART)
        jpeg->restart_interval = 2;
}

/* One scan for all lowest coefficients, then one for each other. */
static int fill_scans(jpeg_scan_info *scans)
{
    jpeg_scan_info lowest = {3, {0, 1, 2}, 0, 0, 0, 0};
    int count = 0;

    scans[count++] = lowest;
    for (int component = 0; component < 3; component++)
        for (int i = 1; i < 64; i++) {
            jpeg_scan_info scan = {1, {component}, i, i, 0, 0};

            scans[count++] = scan;
        }
    return count;
}

/* Inks are stored inverted, as Adobe's programs do, with no black. */
static void paint_jpeg_row(uint8_t *row, int width_px, int y, int channels)
{
    for (int x = 0; x < width_px; x++) {
        uint8_t bgr[3];

        picture_colour(x, y, bgr);
        row[x * channels] = bgr[2];
        if (channels > 1) {
            row[x * channels + 1] = bgr[1];
            row[x * channels + 2] = bgr[0];
        }
        if (channels == 4)
            row[x * channels + 3] = 255;
    }
}

picture_file picture_jpeg(int width_px, int height_px, picture_jpeg_kind kind)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long bytes = 0;
    uint8_t *row = must(malloc((size_t)width_px * 4));
    jpeg_scan_info scans[1 + 3 * 63];

    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &bytes);
    jpeg.image_width = (JDIMENSION)width_px;
    jpeg.image_height = (JDIMENSION)height_px;
    set_colours(&jpeg, kind);
    jpeg_set_quality(&jpeg, 95, TRUE);
    if (kind == PICTURE_JPEG_MANY_SCANS) {
        jpeg.num_scans = fill_scans(scans);
        jpeg.scan_info = scans;
    }
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < height_px; y++) {
        JSAMPROW rows[1] = {row};

        paint_jpeg_row(row, width_px, y, channels_of(kind));
        jpeg_write_scanlines(&jpeg, rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(row);
    picture_file file = picture_copy(data, bytes);
    free(data);
    return file;
}
#else
picture_file picture_jpeg(int width_px, int height_px, picture_jpeg_kind kind)
{
    picture_file none = {NULL, 0, 0};

    (void)width_px;
    (void)height_px;
    (void)kind;
    return none;
}
#endif

void picture_insert_exif(picture_file *jpeg, int orientation, int big_endian)
{
    static const uint8_t little[26] = {'I', 'I',  42, 0, 8, 0, 0, 0, 1,
                                       0,   0x12, 1,  3, 0, 1, 0, 0, 0,
                                       0,   0,    0,  0, 0, 0, 0, 0};
    static const uint8_t big[26] = {'M', 'M', 0,    42, 0, 0, 0, 8, 0,
                                    1,   1,   0x12, 0,  3, 0, 0, 0, 1,
                                    0,   0,   0,    0,  0, 0, 0, 0};
    uint8_t segment[4 + 6 + 26] = {0xff, 0xe1, 0,   2 + 6 + 26,
                                   'E',  'x',  'i', 'f'};

    memcpy(segment + 10, big_endian ? big : little, 26);
    segment[10 + (big_endian ? 19 : 18)] = (uint8_t)orientation;
    picture_insert(jpeg, 2, segment, sizeof segment);
}
