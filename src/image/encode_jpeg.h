/* encode_jpeg.h - JPEG by libjpeg-turbo, or stb_image_write without it. */
#ifndef HP_ENCODE_JPEG_H
#define HP_ENCODE_JPEG_H

#include "base/memory.h"
#include "image/pixels.h"

enum { HP_JPEG_SIDE_MAX_PX = 65500 };

/* quality 1..100; sides up to the maximum. Alpha is dropped. */
hatpose_status hp_jpeg_encode(hp_memory *memory, const hp_pixels *pixels,
                              int quality, hp_buffer *file, size_t *file_bytes,
                              hatpose_error *err);

#endif
