/* pixmap.h - the pixels of one picture, to draw on and to save. */
#ifndef PIXMAP_H
#define PIXMAP_H

#include <hatpose.h>

#include "bytes.h"

typedef struct pixmap { /* all zero: empty; memory is kept for the next */
    bytes pixels;       /* packed RGB8 */
    hatpose_image layout;
    bytes file; /* of pixmap_encode */
} pixmap;

hatpose_status pixmap_decode(pixmap *c, hatpose_context *context,
                             const void *data, size_t count,
                             hatpose_error *err);
/* All of one colour. */
void pixmap_fill(pixmap *c, uint32_t width_px, uint32_t height_px,
                 uint32_t rgb);
/* Within the pixmap. */
void pixmap_rectangle(pixmap *c, int left_px, int top_px, int width_px,
                      int height_px, uint32_t rgb);
/* file_type: HATPOSE_FILE_*. */
hatpose_status pixmap_encode(pixmap *c, hatpose_context *context,
                             uint32_t file_type, hatpose_error *err);
void pixmap_release(pixmap *c);

/* By the ending of a file's name: HATPOSE_FILE_*, 0: neither. */
uint32_t pixmap_file_type(const char *path);

#endif
