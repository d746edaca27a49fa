/* decode_stb.h - PNG, BMP, GIF, and JPEG where libjpeg-turbo is absent, by
 * stb_image with the host's memory. */
#ifndef HP_DECODE_STB_H
#define HP_DECODE_STB_H

#include "base/memory.h"

/* Writes width_px x height_px packed BGR8: alpha dropped, 16 bit divided by
 * 256, the first frame. E_IMAGE_CORRUPT when the file has other sizes.
 * `kind` names the format in messages. */
hatpose_status hp_stb_decode(hp_memory *memory, const char *kind,
                             const uint8_t *data, size_t bytes, int width_px,
                             int height_px, uint8_t *bgr, hatpose_error *err);

#endif
