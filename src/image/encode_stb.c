/* encode_stb.c - JPEG by stb_image_write, where libjpeg-turbo is absent. */
#include "image/encode_jpeg.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"

#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#define STBIW_ASSERT(condition) ((void)0)
#include <stb_image_write.h>

enum { FIRST_BYTES = 1 << 16 };

typedef struct writer {
    hp_memory *memory;
    hp_buffer *file;
    size_t file_bytes;
    hatpose_status status;
    hatpose_error *err;
} writer;

/* Room for `bytes` more, what is there already kept. */
static hatpose_status make_room(writer *w, size_t bytes)
{
    hp_buffer grown = {NULL, 0};

    if (bytes <= w->file->capacity_bytes - w->file_bytes)
        return HATPOSE_OK;
    hatpose_status status = hp_buffer_reserve(
        w->memory, &grown, 2 * w->file->capacity_bytes + bytes, "JPEG file",
        w->err);
    if (status != HATPOSE_OK)
        return status;
    memcpy(grown.data, w->file->data, w->file_bytes);
    hp_buffer_release(w->memory, w->file);
    *w->file = grown;
    return HATPOSE_OK;
}

static void take_bytes(void *context, void *data, int bytes)
{
    writer *w = context;

    if (w->status == HATPOSE_OK)
        w->status = make_room(w, (size_t)bytes);
    if (w->status != HATPOSE_OK)
        return;
    memcpy((uint8_t *)w->file->data + w->file_bytes, data, (size_t)bytes);
    w->file_bytes += (size_t)bytes;
}

/* Packed, red first, one or three channels: what stb_image_write takes. */
static void pack(const hp_pixels *pixels, int channels, uint8_t *out)
{
    int pixel_bytes = hp_pixel_bytes(pixels->format);
    int red = pixels->format == HATPOSE_BGR8 || pixels->format == HATPOSE_BGRA8
                  ? 2
                  : 0;

    for (int y = 0; y < pixels->height_px; y++) {
        const uint8_t *from = pixels->data + (size_t)y * pixels->stride_bytes;

        for (int x = 0; x < pixels->width_px; x++) {
            out[0] = from[channels == 1 ? 0 : red];
            if (channels == 3) {
                out[1] = from[1];
                out[2] = from[2 - red];
            }
            out += channels;
            from += pixel_bytes;
        }
    }
}

hatpose_status hp_jpeg_encode(hp_memory *memory, const hp_pixels *pixels,
                              int quality, hp_buffer *file, size_t *file_bytes,
                              hatpose_error *err)
{
    writer w = {memory, file, 0, HATPOSE_OK, err};
    int channels = pixels->format == HATPOSE_GRAY8 ? 1 : 3;
    size_t packed_bytes =
        (size_t)pixels->width_px * (size_t)pixels->height_px * (size_t)channels;
    void *packed;

    *file_bytes = 0;
    if (packed_bytes > INT_MAX)
        return hp_fail(err, HATPOSE_E_UNSUPPORTED,
                       "picture of %d x %d px is too large for this JPEG "
                       "writer",
                       pixels->width_px, pixels->height_px);
    hatpose_status status =
        hp_buffer_reserve(memory, file, FIRST_BYTES, "JPEG file", err);
    if (status == HATPOSE_OK)
        status =
            hp_allocate(memory, packed_bytes, "packed picture", &packed, err);
    if (status != HATPOSE_OK)
        return status;
    pack(pixels, channels, packed);
    if (!stbi_write_jpg_to_func(take_bytes, &w, pixels->width_px,
                                pixels->height_px, channels, packed, quality))
        w.status = hp_fail(err, HATPOSE_E_INTERNAL, "JPEG cannot be encoded");
    hp_deallocate(memory, packed);
    if (w.status == HATPOSE_OK)
        *file_bytes = w.file_bytes;
    return w.status;
}
