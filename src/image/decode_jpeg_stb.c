/* decode_jpeg_stb.c - JPEG by stb_image, in builds without libjpeg-turbo.
 *
 * stb_image takes zeros for what is missing, and any number of scans. Inside
 * a scan 0xff is followed by 0 or a restart's number, so that the other
 * markers can be counted without decoding. */
#include "image/decode_jpeg.h"

#include "base/error.h"
#include "image/decode_stb.h"

enum { MARKER_END_OF_IMAGE = 0xd9, MARKER_START_OF_SCAN = 0xda };

/* Scans up to the end marker; 0 where there is none. */
static int count_scans(const uint8_t *data, size_t bytes, size_t at)
{
    int count = 1;

    for (; at + 1 < bytes; at++) {
        if (data[at] != 0xff)
            continue;
        if (data[at + 1] == MARKER_END_OF_IMAGE)
            return count;
        count += data[at + 1] == MARKER_START_OF_SCAN;
    }
    return 0;
}

hatpose_status hp_jpeg_decode(hp_memory *memory, const uint8_t *data,
                              size_t bytes, const hp_jpeg_header *header,
                              uint8_t *bgr, hatpose_error *err)
{
    int scans = count_scans(data, bytes, header->scan_offset);

    if (scans == 0)
        return hp_fail_at(err, HATPOSE_E_IMAGE_CORRUPT, bytes,
                          "JPEG ends after %zu bytes, without its end marker",
                          bytes);
    if (scans > HP_JPEG_SCAN_COUNT_MAX)
        return hp_fail(err, HATPOSE_E_IMAGE_CORRUPT,
                       "JPEG has more than %d scans",
                       (int)HP_JPEG_SCAN_COUNT_MAX);
    return hp_stb_decode(memory, "JPEG", data, bytes, header->width_px,
                         header->height_px, bgr, err);
}
