/* decode_jpeg.h - JPEG by libjpeg-turbo, or stb_image where it is absent. */
#ifndef HP_DECODE_JPEG_H
#define HP_DECODE_JPEG_H

#include "base/memory.h"
#include "image/jpeg_header.h"

/* Encoders write up to about 20. Each scan goes over all of the picture, so
 * that a small file with thousands of them would run for hours. */
enum { HP_JPEG_SCAN_COUNT_MAX = 64 };

/* Writes packed BGR8 of the header's size. What libjpeg takes itself (from
 * malloc) is held to what the budget has left. accept_damage: what is wrong
 * inside the picture is no error; rows that are missing repeat the last one
 * (stb_image makes something else of them). */
hatpose_status hp_jpeg_decode(hp_memory *memory, const uint8_t *data,
                              size_t bytes, const hp_jpeg_header *header,
                              bool accept_damage, uint8_t *bgr,
                              hatpose_error *err);

#endif
