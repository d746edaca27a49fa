/* decode_pnm.h - PBM, PGM and PPM, as text or binary. */
#ifndef HP_DECODE_PNM_H
#define HP_DECODE_PNM_H

#include "base/memory.h"

typedef struct hp_pnm_header {
    int kind; /* 1..6, the digit after P */
    int width_px, height_px;
    int maximum;        /* of a sample; 1 for bitmaps */
    size_t data_offset; /* first byte of the pixels */
} hp_pnm_header;

hatpose_status hp_pnm_header_read(const uint8_t *data, size_t bytes,
                                  hp_pnm_header *out, hatpose_error *err);

/* Writes packed BGR8 of the header's size. */
hatpose_status hp_pnm_decode(const uint8_t *data, size_t bytes,
                             const hp_pnm_header *header, uint8_t *bgr,
                             hatpose_error *err);

#endif
