/* disc.c - a filled white disc of radius 6, pixel for pixel as OpenCV 4.5.2
 * and 5.0 draw it. */
#include "image/disc.h"

#include <string.h>

enum { RADIUS_PX = 6 };

/* Half the width of a row, by its distance from the centre. */
static const int half_width_px[RADIUS_PX + 1] = {6, 5, 5, 5, 4, 3, 0};

void hp_disc_paint(uint8_t *pixels, int width_px, int height_px,
                   size_t stride_bytes, int pixel_bytes, int32_t x_px,
                   int32_t y_px)
{
    for (int dy = -RADIUS_PX; dy <= RADIUS_PX; dy++) {
        int half = half_width_px[dy < 0 ? -dy : dy];
        int64_t y = (int64_t)y_px + dy;
        int64_t first = (int64_t)x_px - half, last = (int64_t)x_px + half;
        if (first < 0)
            first = 0;
        if (last > width_px - 1)
            last = width_px - 1;
        if (y < 0 || y >= height_px || first > last)
            continue;
        memset(pixels + (size_t)y * stride_bytes +
                   (size_t)first * (size_t)pixel_bytes,
               255, (size_t)(last - first + 1) * (size_t)pixel_bytes);
    }
}
