/* decode.h - encoded bytes to packed BGR8 pixels, turned as EXIF says. */
#ifndef HP_DECODE_H
#define HP_DECODE_H

#include "base/memory.h"
#include "image/decode_jpeg.h"
#include "image/pixels.h"
#include "image/stb_memory.h"

typedef struct hp_image_limits {
    uint32_t max_side_px;
    uint64_t max_pixels;
    uint64_t max_encoded_bytes;
    bool accept_damaged_jpeg; /* decoded as far as it goes */
    /* A JPEG may come so many times smaller, each side, which takes a
     * fraction of the time; 0: as it is. */
    int reduction_max;
} hp_image_limits;

/* Reused from picture to picture; all zero at first. */
typedef struct hp_picture {
    hp_buffer pixels; /* packed BGR8 of the turned picture */
    hp_buffer unturned;
    hp_jpeg_decoder *jpeg;
    hp_stb_memory stb; /* PNG, BMP and GIF */
    int width_px, height_px;
    int reduction; /* of both sides of pixels: 1, 2, 4 or 8 */
} hp_picture;

/* Only the sizes of the (turned) picture, from the headers: allocates
 * nothing, and leaves no pixels to look at. */
hatpose_status hp_picture_size(const hp_image_limits *limits, const void *data,
                               size_t bytes, hp_picture *picture,
                               hatpose_error *err);

/* JPEG, PNG, BMP, GIF (first frame), PNM by magic bytes; anything else is
 * HATPOSE_E_IMAGE_FORMAT. Sides and pixels are checked against the limits
 * before memory is taken. After a failure the picture has no size. */
hatpose_status hp_picture_decode(hp_memory *memory,
                                 const hp_image_limits *limits,
                                 const void *data, size_t bytes,
                                 hp_picture *picture, hatpose_error *err);
void hp_picture_release(hp_memory *memory, hp_picture *picture);
hp_pixels hp_picture_pixels(const hp_picture *picture);

#endif
