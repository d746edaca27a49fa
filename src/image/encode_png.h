/* encode_png.h - PNG with zlib. */
#ifndef HP_ENCODE_PNG_H
#define HP_ENCODE_PNG_H

#include "base/memory.h"
#include "image/pixels.h"

/* The most bytes that a file can take; 0 on overflow. */
size_t hp_png_bound(size_t width_px, size_t height_px, size_t channels);

/* Gray, RGB or RGBA as the pixels are. */
hatpose_status hp_png_encode(hp_memory *memory, const hp_pixels *pixels,
                             hp_buffer *file, size_t *file_bytes,
                             hatpose_error *err);

#endif
