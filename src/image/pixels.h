/* pixels.h - a borrowed picture: 8-bit pixels with a row stride. */
#ifndef HP_PIXELS_H
#define HP_PIXELS_H

#include <stddef.h>
#include <stdint.h>

#include "hatpose.h"

typedef struct hp_pixels {
    const uint8_t *data;
    int width_px, height_px;
    size_t stride_bytes;
    uint32_t format; /* HATPOSE_RGB8 .. HATPOSE_GRAY8 */
} hp_pixels;

/* Bytes a pixel; 0 for an unknown format. */
int hp_pixel_bytes(uint32_t format);

/* Checks what a caller says of a picture (struct_size, format, sides,
 * stride, limits) and makes a view of it. */
hatpose_status hp_pixels_view(const void *data, const hatpose_image *given,
                              uint32_t max_side_px, uint64_t max_pixels,
                              hp_pixels *out, hatpose_error *err);

/* Copies BGR8 pixels into another format: what hatpose_image_decode and
 * drawing need. Alpha becomes 255; gray is the mean weighted as OpenCV
 * does it (0.299, 0.587, 0.114). */
void hp_pixels_from_bgr(const hp_pixels *bgr, uint32_t format, uint8_t *out,
                        size_t out_stride_bytes);

#endif
