/* jpeg_header.h - what the markers before a JPEG's first scan tell. */
#ifndef HP_JPEG_HEADER_H
#define HP_JPEG_HEADER_H

#include <stddef.h>
#include <stdint.h>

typedef struct hp_jpeg_header {
    int width_px, height_px; /* as stored; 0 where no frame header is found */
    int orientation;         /* EXIF, 1..8; 1 where none or a wrong one is */
    size_t scan_offset;      /* byte after the first scan's marker, 0: none */
} hp_jpeg_header;

/* Never fails: what cannot be read is left at its default. */
void hp_jpeg_header_read(const uint8_t *data, size_t bytes,
                         hp_jpeg_header *out);

#endif
