/* encode.c - pixels to a file: not written yet. */
#include "image/encode.h"

#include "base/error.h"

size_t hp_encode_bound(int width_px, int height_px, uint32_t file_type)
{
    (void)file_type;
    return (size_t)width_px * (size_t)height_px * 4 + 4096;
}

hatpose_status hp_encode(hp_memory *memory, const hp_pixels *pixels,
                         uint32_t file_type, uint32_t quality,
                         hp_buffer *file, size_t *file_bytes,
                         hatpose_error *err)
{
    (void)memory, (void)pixels, (void)file_type, (void)quality, (void)file;
    *file_bytes = 0;
    return hp_fail(err, HATPOSE_E_UNSUPPORTED, "encoding is not there yet");
}
