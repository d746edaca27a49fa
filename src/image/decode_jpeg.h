/* decode_jpeg.h - JPEG by libjpeg-turbo, or stb_image where it is absent. */
#ifndef HP_DECODE_JPEG_H
#define HP_DECODE_JPEG_H

#include "base/memory.h"
#include "image/jpeg_header.h"

/* Encoders write up to about 20. Each scan goes over all of the picture, so
 * that a small file with thousands of them would run for hours. */
enum { HP_JPEG_SCAN_COUNT_MAX = 64 };

typedef struct hp_jpeg_file {
    const uint8_t *data;
    size_t bytes;
    const hp_jpeg_header *header; /* of the same bytes */
    int reduction;                /* as hp_jpeg_reduction allows */
    /* What is wrong inside the picture is no error; rows that are missing
     * repeat the last one (stb_image makes something else of them). */
    bool accept_damage;
} hp_jpeg_file;

/* Memory that is kept from picture to picture; NULL at first. libjpeg's own
 * parts are from malloc, once. */
typedef struct hp_jpeg_decoder hp_jpeg_decoder;

/* How many times smaller, at most, a picture comes from its frequencies
 * alone: 8, 4, 2 or 1, so that both sides are whole. stb_image gives 1. */
int hp_jpeg_reduction(const hp_jpeg_header *header, int most);

/* Writes packed BGR8 of the header's size divided by the reduction. */
hatpose_status hp_jpeg_decode(hp_memory *memory, hp_jpeg_decoder **decoder,
                              const hp_jpeg_file *file, uint8_t *bgr,
                              hatpose_error *err);
void hp_jpeg_decoder_destroy(hp_memory *memory, hp_jpeg_decoder *decoder);

#endif
