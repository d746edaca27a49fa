/* decode_stb.h - PNG, BMP, GIF, and JPEG where libjpeg-turbo is absent, by
 * stb_image with the host's memory. */
#ifndef HP_DECODE_STB_H
#define HP_DECODE_STB_H

#include "image/stb_memory.h"

typedef struct hp_stb_file {
    const char *kind; /* names the format in messages */
    const uint8_t *data;
    size_t bytes;
    int width_px, height_px; /* that its header says */
} hp_stb_file;

/* Writes packed BGR8 of the header's size: alpha dropped, 16 bit divided by
 * 256, the first frame. E_IMAGE_CORRUPT when the file has other sizes. */
hatpose_status hp_stb_decode(hp_memory *memory, hp_stb_memory *kept,
                             const hp_stb_file *file, uint8_t *bgr,
                             hatpose_error *err);

#endif
