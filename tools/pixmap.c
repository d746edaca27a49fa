/* pixmap.c - the pixels of one picture. In: an encoded picture or a colour.
 * Out: pixels, and a file of them. */
#include "pixmap.h"

#include <string.h>
#include <strings.h>

enum { JPEG_QUALITY = 92, BYTES_PER_PX = 3 };

hatpose_status pixmap_decode(pixmap *c, hatpose_context *context,
                             const void *data, size_t count, hatpose_error *err)
{
    size_t needed = 0;
    hatpose_status status;

    c->layout = (hatpose_image){.struct_size = sizeof c->layout,
                                .format = HATPOSE_RGB8};
    status = hatpose_image_decode(context, data, count, &c->layout, NULL, 0,
                                  &needed, err);
    if (status != HATPOSE_OK)
        return status;
    bytes_clear(&c->pixels);
    bytes_reserve(&c->pixels, needed);
    status = hatpose_image_decode(context, data, count, &c->layout,
                                  c->pixels.data, needed, &needed, err);
    if (status == HATPOSE_OK)
        c->pixels.count = needed;
    return status;
}

void pixmap_fill(pixmap *c, uint32_t width_px, uint32_t height_px, uint32_t rgb)
{
    size_t count = (size_t)width_px * height_px * BYTES_PER_PX;

    c->layout =
        (hatpose_image){sizeof c->layout, HATPOSE_RGB8, width_px, height_px, 0};
    bytes_clear(&c->pixels);
    bytes_reserve(&c->pixels, count);
    c->pixels.count = count;
    pixmap_rectangle(c, 0, 0, (int)width_px, (int)height_px, rgb);
}

void pixmap_rectangle(pixmap *c, int left_px, int top_px, int width_px,
                      int height_px, uint32_t rgb)
{
    for (int y = top_px; y < top_px + height_px; y++)
        for (int x = left_px; x < left_px + width_px; x++) {
            char *pixel =
                c->pixels.data +
                ((size_t)y * c->layout.width_px + (size_t)x) * BYTES_PER_PX;

            pixel[0] = (char)(rgb >> 16 & 0xFF);
            pixel[1] = (char)(rgb >> 8 & 0xFF);
            pixel[2] = (char)(rgb & 0xFF);
        }
}

hatpose_status pixmap_encode(pixmap *c, hatpose_context *context,
                             uint32_t file_type, hatpose_error *err)
{
    size_t needed = 0;
    hatpose_status status =
        hatpose_image_encode(context, c->pixels.data, &c->layout, file_type,
                             JPEG_QUALITY, NULL, 0, &needed, err);

    if (status != HATPOSE_OK)
        return status;
    bytes_clear(&c->file);
    bytes_reserve(&c->file, needed);
    status =
        hatpose_image_encode(context, c->pixels.data, &c->layout, file_type,
                             JPEG_QUALITY, c->file.data, needed, &needed, err);
    if (status == HATPOSE_OK)
        c->file.count = needed;
    return status;
}

void pixmap_release(pixmap *c)
{
    bytes_release(&c->pixels);
    bytes_release(&c->file);
}

uint32_t pixmap_file_type(const char *path)
{
    const char *dot = strrchr(path, '.');

    if (dot == NULL)
        return 0;
    if (strcasecmp(dot, ".png") == 0)
        return HATPOSE_FILE_PNG;
    if (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0)
        return HATPOSE_FILE_JPEG;
    return 0;
}
