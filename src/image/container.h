/* container.h - are PNG, BMP and GIF files whole? Their sizes, from their
 * headers, and a check of lengths and checksums before stb_image reads
 * them: it takes zeros for what is missing at the end. */
#ifndef HP_CONTAINER_H
#define HP_CONTAINER_H

#include "base/memory.h"

/* From the header alone, as stored; at least 1 x 1 unless it fails. */
hatpose_status hp_png_size(const uint8_t *data, size_t bytes, int *width_px,
                           int *height_px, hatpose_error *err);
hatpose_status hp_bmp_size(const uint8_t *data, size_t bytes, int *width_px,
                           int *height_px, hatpose_error *err);
hatpose_status hp_gif_size(const uint8_t *data, size_t bytes, int *width_px,
                           int *height_px, hatpose_error *err);

/* Of a file whose size could be read. PNG: every chunk and its CRC. BMP:
 * kind of compression, all rows there. GIF: all blocks of the first frame. */
hatpose_status hp_png_check(const uint8_t *data, size_t bytes,
                            hatpose_error *err);
hatpose_status hp_bmp_check(const uint8_t *data, size_t bytes,
                            hatpose_error *err);
hatpose_status hp_gif_check(const uint8_t *data, size_t bytes,
                            hatpose_error *err);

#endif
