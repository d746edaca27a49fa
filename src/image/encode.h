/* encode.h - pixels to a PNG or JPEG file in memory. */
#ifndef HP_ENCODE_H
#define HP_ENCODE_H

#include "base/memory.h"
#include "image/pixels.h"

/* The most bytes that a file of these sizes can take; 0 on overflow. */
size_t hp_encode_bound(int width_px, int height_px, uint32_t file_type);

/* quality 1..100, JPEG only. The file is the first *file_bytes of `file`. */
hatpose_status hp_encode(hp_memory *memory, const hp_pixels *pixels,
                         uint32_t file_type, uint32_t quality, hp_buffer *file,
                         size_t *file_bytes, hatpose_error *err);

#endif
