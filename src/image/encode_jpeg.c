/* encode_jpeg.c - JPEG by libjpeg-turbo, with its default settings. */
#include "image/encode_jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "base/error.h"

enum { FIRST_BYTES = 1 << 16 };

typedef struct writer {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
    jmp_buf escape;
    hp_memory *memory;
    hp_buffer *file;
    hatpose_status status;
    hatpose_error *err;
} writer;

static void on_error(j_common_ptr jpeg)
{
    writer *w = jpeg->client_data;
    char text[JMSG_LENGTH_MAX];

    if (w->status == HATPOSE_OK) {
        w->errors.format_message(jpeg, text);
        w->status = hp_fail(w->err, HATPOSE_E_INTERNAL,
                            "JPEG cannot be encoded: %s", text);
    }
    longjmp(w->escape, 1);
}

static void on_message(j_common_ptr jpeg, int level)
{
    (void)jpeg;
    (void)level;
}

static void print_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

/* The whole of the buffer is full: goes on in one of twice its size. */
static boolean on_full(j_compress_ptr jpeg)
{
    writer *w = jpeg->client_data;
    hp_buffer grown = {NULL, 0};
    size_t full_bytes = w->file->capacity_bytes;

    w->status = hp_buffer_reserve(w->memory, &grown, 2 * full_bytes,
                                  "JPEG file", w->err);
    if (w->status != HATPOSE_OK)
        longjmp(w->escape, 1);
    memcpy(grown.data, w->file->data, full_bytes);
    hp_buffer_release(w->memory, w->file);
    *w->file = grown;
    w->destination.next_output_byte = (JOCTET *)grown.data + full_bytes;
    w->destination.free_in_buffer = grown.capacity_bytes - full_bytes;
    return TRUE;
}

static void do_nothing(j_compress_ptr jpeg)
{
    (void)jpeg;
}

static J_COLOR_SPACE colour_space(uint32_t format)
{
    switch (format) {
    case HATPOSE_RGB8:
        return JCS_EXT_RGB;
    case HATPOSE_BGR8:
        return JCS_EXT_BGR;
    case HATPOSE_RGBA8:
        return JCS_EXT_RGBX;
    case HATPOSE_BGRA8:
        return JCS_EXT_BGRX;
    default:
        return JCS_GRAYSCALE;
    }
}

/* May jump to w->escape. */
static void write_picture(writer *w, const hp_pixels *pixels, int quality)
{
    struct jpeg_compress_struct *jpeg = &w->jpeg;

    jpeg->client_data = w;
    jpeg_create_compress(jpeg);
    jpeg->dest = &w->destination;
    jpeg->image_width = (JDIMENSION)pixels->width_px;
    jpeg->image_height = (JDIMENSION)pixels->height_px;
    jpeg->input_components = hp_pixel_bytes(pixels->format);
    jpeg->in_color_space = colour_space(pixels->format);
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    jpeg_start_compress(jpeg, TRUE);
    while (jpeg->next_scanline < jpeg->image_height) {
        /* libjpeg takes no const rows and does not write to them. */
        JSAMPROW row =
            (JSAMPROW)(uintptr_t)(pixels->data + (size_t)jpeg->next_scanline *
                                                     pixels->stride_bytes);

        jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
}

hatpose_status hp_jpeg_encode(hp_memory *memory, const hp_pixels *pixels,
                              int quality, hp_buffer *file, size_t *file_bytes,
                              hatpose_error *err)
{
    writer w;

    *file_bytes = 0;
    hatpose_status status =
        hp_buffer_reserve(memory, file, FIRST_BYTES, "JPEG file", err);
    if (status != HATPOSE_OK)
        return status;
    memset(&w, 0, sizeof w);
    w.memory = memory;
    w.file = file;
    w.err = err;
    w.jpeg.err = jpeg_std_error(&w.errors);
    w.errors.error_exit = on_error;
    w.errors.emit_message = on_message;
    w.errors.output_message = print_nothing;
    w.destination.next_output_byte = file->data;
    w.destination.free_in_buffer = file->capacity_bytes;
    w.destination.init_destination = do_nothing;
    w.destination.empty_output_buffer = on_full;
    w.destination.term_destination = do_nothing;
    if (setjmp(w.escape) == 0)
        write_picture(&w, pixels, quality);
    jpeg_destroy_compress(&w.jpeg);
    if (w.status == HATPOSE_OK)
        *file_bytes = file->capacity_bytes - w.destination.free_in_buffer;
    return w.status;
}
