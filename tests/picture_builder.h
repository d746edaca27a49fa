/* picture_builder.h - small encoded pictures, right and wrong, for tests. */
#ifndef PICTURE_BUILDER_H
#define PICTURE_BUILDER_H

#include <stddef.h>
#include <stdint.h>

typedef struct picture_file {
    uint8_t *data;
    size_t bytes, capacity;
} picture_file;

void picture_free(picture_file *file);
picture_file picture_copy(const uint8_t *data, size_t bytes);
void picture_append(picture_file *file, const void *data, size_t bytes);
/* Puts bytes in before `offset`. */
void picture_insert(picture_file *file, size_t offset, const void *data,
                    size_t bytes);

/* The colour that all builders paint at x, y: B, G, R. */
void picture_colour(int x, int y, uint8_t bgr[3]);

/* A chunk with its length and CRC. */
void picture_append_chunk(picture_file *file, const char *name,
                          const void *data, size_t bytes);
/* Signature and header. */
picture_file picture_png_start(int width_px, int height_px, int bits,
                               int colour_type);
/* colour_type 0, 2, 4 or 6; 8 or 16 bits, the low byte of 16 being noise. */
picture_file picture_png(int width_px, int height_px, int bits,
                         int colour_type);
/* Two frames, the first with our colours. */
picture_file picture_animated_png(int width_px, int height_px);
picture_file picture_bmp(int width_px, int height_px);
/* frame_count frames; frame 0 is red, the others blue. */
picture_file picture_gif(int width_px, int height_px, int frame_count);
/* kind 5 or 6. */
picture_file picture_pnm(int width_px, int height_px, int kind);

typedef enum picture_jpeg_kind {
    PICTURE_JPEG_PLAIN,
    PICTURE_JPEG_PROGRESSIVE,
    PICTURE_JPEG_MANY_SCANS, /* one for every coefficient */
    PICTURE_JPEG_GRAY,
    PICTURE_JPEG_CMYK,
    PICTURE_JPEG_YCCK,
    PICTURE_JPEG_RESTART
} picture_jpeg_kind;

/* No bytes where the build has no libjpeg. */
picture_file picture_jpeg(int width_px, int height_px, picture_jpeg_kind kind);

/* An EXIF segment that says `orientation`, in either byte order, right after
 * the start marker. */
void picture_insert_exif(picture_file *jpeg, int orientation, int big_endian);

#endif
