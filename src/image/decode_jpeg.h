/* decode_jpeg.h - JPEG by libjpeg-turbo. Only built where it is found. */
#ifndef HP_DECODE_JPEG_H
#define HP_DECODE_JPEG_H

#include "base/memory.h"

/* Writes width_px x height_px packed BGR8, as the header told. What
 * libjpeg takes itself (from malloc) is held to what the budget has left. */
hatpose_status hp_jpeg_decode(hp_memory *memory, const uint8_t *data,
                              size_t bytes, int width_px, int height_px,
                              uint8_t *bgr, hatpose_error *err);

#endif
