/* disc.h - the white discs that the hard-hat service painted on the picture
 * before its network saw it (docs/compat.md). */
#ifndef HP_DISC_H
#define HP_DISC_H

#include <stddef.h>
#include <stdint.h>

/* 113 pixels around (x_px, y_px), all bytes 255, cut at the border. */
void hp_disc_paint(uint8_t *pixels, int width_px, int height_px,
                   size_t stride_bytes, int pixel_bytes, int32_t x_px,
                   int32_t y_px);

#endif
