/* jpeg_header.c - walks the markers of a JPEG up to its first scan.
 *
 * In: the file. Out: size, EXIF orientation, where the scan begins. EXIF is
 * the most hostile part of a photo: every offset is checked against the
 * bytes of its own segment, and nothing is followed but IFD 0. */
#include "image/jpeg_header.h"

#include <stdbool.h>
#include <string.h>

enum {
    MARKER_FRAME_FIRST = 0xc0, /* SOF0 .. SOF15, less the three below */
    MARKER_HUFFMAN_TABLES = 0xc4,
    MARKER_EXTENSION = 0xc8,
    MARKER_ARITHMETIC = 0xcc,
    MARKER_FRAME_LAST = 0xcf,
    MARKER_END_OF_IMAGE = 0xd9,
    MARKER_START_OF_SCAN = 0xda,
    MARKER_APP1 = 0xe1,
    MARKER_TEM = 0x01,
    MARKER_RST0 = 0xd0,
    TAG_ORIENTATION = 0x0112,
    TYPE_SHORT = 3,
    ENTRY_BYTES = 12
};

/* The TIFF inside an EXIF segment, in its own byte order. */
typedef struct tiff {
    const uint8_t *data;
    size_t bytes;
    bool big_endian;
} tiff;

/* 0 where the number would lie outside: no caller takes 0 for good. */
static uint32_t read_number(const tiff *t, size_t offset, size_t count)
{
    uint32_t value = 0;

    if (offset > t->bytes || count > t->bytes - offset)
        return 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = t->big_endian ? i : count - 1 - i;

        value = value << 8 | t->data[offset + at];
    }
    return value;
}

/* 0: says none. */
static int read_orientation(const tiff *t)
{
    size_t directory = read_number(t, 4, 4);
    size_t count = read_number(t, directory, 2);

    if (read_number(t, 2, 2) != 42 || directory < 8)
        return 0;
    for (size_t i = 0; i < count; i++) {
        size_t entry = directory + 2 + i * ENTRY_BYTES;

        if (entry > t->bytes)
            return 0;
        if (read_number(t, entry, 2) != TAG_ORIENTATION)
            continue;
        uint32_t value = read_number(t, entry + 8, 2);
        if (read_number(t, entry + 2, 2) != TYPE_SHORT || value > 8)
            return 0;
        return (int)value;
    }
    return 0;
}

static int exif_orientation(const uint8_t *segment, size_t bytes)
{
    tiff t = {segment + 6, bytes - 6, false};

    if (bytes < 6 + 8 || memcmp(segment, "Exif\0\0", 6) != 0)
        return 0;
    if (memcmp(t.data, "MM", 2) == 0)
        t.big_endian = true;
    else if (memcmp(t.data, "II", 2) != 0)
        return 0;
    return read_orientation(&t);
}

static bool has_no_length(int marker)
{
    return marker == MARKER_TEM ||
           (marker >= MARKER_RST0 && marker <= MARKER_END_OF_IMAGE);
}

static bool is_frame(int marker)
{
    return marker >= MARKER_FRAME_FIRST && marker <= MARKER_FRAME_LAST &&
           marker != MARKER_HUFFMAN_TABLES && marker != MARKER_EXTENSION &&
           marker != MARKER_ARITHMETIC;
}

/* segment: what follows a marker's length. */
static void read_segment(int marker, const uint8_t *segment, size_t bytes,
                         hp_jpeg_header *out)
{
    if (is_frame(marker) && bytes >= 5) {
        out->height_px = segment[1] << 8 | segment[2];
        out->width_px = segment[3] << 8 | segment[4];
    } else if (marker == MARKER_APP1 && out->orientation == 0) {
        out->orientation = exif_orientation(segment, bytes);
    }
}

/* The first marker from *at on, which is moved behind it; -1 at the end.
 * Other bytes between segments are skipped, as decoders do. */
static int next_marker(const uint8_t *data, size_t bytes, size_t *at)
{
    for (; bytes - *at >= 2; ++*at) {
        int marker = data[*at + 1];

        if (data[*at] == 0xff && marker != 0xff && marker != 0) {
            *at += 2;
            return marker;
        }
    }
    return -1;
}

static void read_markers(const uint8_t *data, size_t bytes, hp_jpeg_header *out)
{
    size_t at = 0;

    for (;;) {
        int marker = next_marker(data, bytes, &at);

        if (marker == MARKER_START_OF_SCAN)
            out->scan_offset = at;
        if (marker < 0 || marker == MARKER_START_OF_SCAN ||
            marker == MARKER_END_OF_IMAGE)
            return;
        if (has_no_length(marker))
            continue;
        if (bytes - at < 2)
            return;
        size_t length = (size_t)data[at] << 8 | data[at + 1];
        if (length < 2 || length > bytes - at)
            return;
        read_segment(marker, data + at + 2, length - 2, out);
        at += length;
    }
}

void hp_jpeg_header_read(const uint8_t *data, size_t bytes, hp_jpeg_header *out)
{
    memset(out, 0, sizeof *out);
    read_markers(data, bytes, out);
    if (out->orientation == 0)
        out->orientation = 1;
}
