/* decode.c - encoded bytes to BGR8: which format, which size, allowed?
 *
 * In: a file in memory. Out: the turned picture. Nothing is allocated before
 * the size is known and within the limits. Decoders: decode_jpeg.c
 * (or decode_jpeg_stb.c), decode_stb.c, decode_pnm.c. */
#include "image/decode.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "image/container.h"
#include "image/decode_jpeg.h"
#include "image/decode_pnm.h"
#include "image/decode_stb.h"
#include "image/jpeg_header.h"
#include "image/turn.h"

typedef enum kind {
    KIND_UNKNOWN,
    KIND_JPEG,
    KIND_PNG,
    KIND_BMP,
    KIND_GIF,
    KIND_PNM
} kind;

/* What the headers say. */
typedef struct header {
    kind kind;
    int width_px, height_px; /* as stored */
    int orientation;
    hp_jpeg_header jpeg;
    hp_pnm_header pnm;
    bool accept_damage; /* the caller's word: of a JPEG */
    int reduction;
} header;

static bool begins_with(const uint8_t *data, size_t bytes, const char *magic,
                        size_t magic_bytes)
{
    return bytes >= magic_bytes && memcmp(data, magic, magic_bytes) == 0;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static kind sniff(const uint8_t *data, size_t bytes)
{
    if (begins_with(data, bytes, "\xff\xd8\xff", 3))
        return KIND_JPEG;
    if (begins_with(data, bytes, "\x89PNG\r\n\x1a\n", 8))
        return KIND_PNG;
    if (begins_with(data, bytes, "BM", 2))
        return KIND_BMP;
    if (begins_with(data, bytes, "GIF87a", 6) ||
        begins_with(data, bytes, "GIF89a", 6))
        return KIND_GIF;
    if (bytes >= 3 && data[0] == 'P' && data[1] >= '1' && data[1] <= '6' &&
        (is_space(data[2]) || data[2] == '#'))
        return KIND_PNM;
    return KIND_UNKNOWN;
}

/* Formats that people send though they are not read here. */
static const char *name_of_other(const uint8_t *data, size_t bytes)
{
    if (begins_with(data, bytes, "RIFF", 4) && bytes >= 12 &&
        memcmp(data + 8, "WEBP", 4) == 0)
        return "WebP";
    if (begins_with(data, bytes, "II*\0", 4) ||
        begins_with(data, bytes, "MM\0*", 4))
        return "TIFF";
    if (bytes >= 12 && memcmp(data + 4, "ftyp", 4) == 0)
        return "HEIF, AVIF or video";
    if (begins_with(data, bytes, "%PDF", 4))
        return "PDF";
    return NULL;
}

static hatpose_status fail_unknown(const uint8_t *data, size_t bytes,
                                   hatpose_error *err)
{
    const char *name = name_of_other(data, bytes);
    char first[3 * 4 + 1] = "";

    if (name != NULL)
        return hp_fail(err, HATPOSE_E_IMAGE_FORMAT,
                       "%s is not supported: JPEG, PNG, BMP, GIF, PNM are",
                       name);
    for (size_t i = 0; i < bytes && i < 4; i++)
        snprintf(first + 3 * i, sizeof first - 3 * i, " %02x", data[i]);
    return hp_fail(err, HATPOSE_E_IMAGE_FORMAT,
                   "not a JPEG, PNG, BMP, GIF or PNM: begins with%s", first);
}

static hatpose_status read_jpeg_size(const uint8_t *data, size_t bytes,
                                     header *out, hatpose_error *err)
{
    hp_jpeg_header_read(data, bytes, &out->jpeg);
    if (out->jpeg.scan_offset == 0)
        return hp_fail_at(err, HATPOSE_E_IMAGE_CORRUPT, bytes,
                          "JPEG ends after %zu bytes, before its picture",
                          bytes);
    out->width_px = out->jpeg.width_px;
    out->height_px = out->jpeg.height_px;
    out->orientation = out->jpeg.orientation;
    if (out->width_px == 0 || out->height_px == 0)
        return hp_fail(err, HATPOSE_E_IMAGE_CORRUPT,
                       "JPEG of %d x %d px has no pixels", out->width_px,
                       out->height_px);
    return HATPOSE_OK;
}

static hatpose_status read_pnm_size(const uint8_t *data, size_t bytes,
                                    header *out, hatpose_error *err)
{
    hatpose_status status = hp_pnm_header_read(data, bytes, &out->pnm, err);

    out->width_px = out->pnm.width_px;
    out->height_px = out->pnm.height_px;
    return status;
}

static hatpose_status check_limits(const hp_image_limits *limits,
                                   const header *h, hatpose_error *err)
{
    uint64_t width = (uint64_t)h->width_px, height = (uint64_t)h->height_px;

    if (width > limits->max_side_px || height > limits->max_side_px)
        return hp_fail(
            err, HATPOSE_E_LIMIT, "picture of %d x %d px: over max_side_px %u",
            h->width_px, h->height_px, (unsigned)limits->max_side_px);
    if (width * height > limits->max_pixels)
        return hp_fail(
            err, HATPOSE_E_LIMIT, "picture of %d x %d px: over max_pixels %llu",
            h->width_px, h->height_px, (unsigned long long)limits->max_pixels);
    return HATPOSE_OK;
}

static hatpose_status read_header(const hp_image_limits *limits,
                                  const uint8_t *data, size_t bytes,
                                  header *out, hatpose_error *err)
{
    int *width = &out->width_px, *height = &out->height_px;
    hatpose_status status = HATPOSE_E_INTERNAL;

    memset(out, 0, sizeof *out);
    out->orientation = 1;
    out->reduction = 1;
    out->accept_damage = limits->accept_damaged_jpeg;
    if (data == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "data is NULL");
    if (bytes == 0)
        return hp_fail(err, HATPOSE_E_IMAGE_FORMAT, "empty: 0 bytes");
    if (bytes > limits->max_encoded_bytes)
        return hp_fail(err, HATPOSE_E_LIMIT,
                       "%zu bytes are over max_encoded_bytes %llu", bytes,
                       (unsigned long long)limits->max_encoded_bytes);
    out->kind = sniff(data, bytes);
    switch (out->kind) {
    case KIND_UNKNOWN:
        return fail_unknown(data, bytes, err);
    case KIND_JPEG:
        status = read_jpeg_size(data, bytes, out, err);
        break;
    case KIND_PNG:
        status = hp_png_size(data, bytes, width, height, err);
        break;
    case KIND_BMP:
        status = hp_bmp_size(data, bytes, width, height, err);
        break;
    case KIND_GIF:
        status = hp_gif_size(data, bytes, width, height, err);
        break;
    case KIND_PNM:
        status = read_pnm_size(data, bytes, out, err);
        break;
    }
    return status == HATPOSE_OK ? check_limits(limits, out, err) : status;
}

static hatpose_status decode_stored(hp_memory *memory, hp_picture *picture,
                                    const uint8_t *data, size_t bytes,
                                    const header *h, uint8_t *bgr,
                                    hatpose_error *err)
{
    hp_stb_file file = {"PNG", data, bytes, h->width_px, h->height_px};
    const hp_jpeg_file jpeg = {data, bytes, &h->jpeg, h->reduction,
                               h->accept_damage};
    hatpose_status status = HATPOSE_OK;

    if (h->kind == KIND_JPEG)
        return hp_jpeg_decode(memory, &picture->jpeg, &jpeg, bgr, err);
    if (h->kind == KIND_PNM)
        return hp_pnm_decode(data, bytes, &h->pnm, bgr, err);
    if (h->kind == KIND_BMP) {
        file.kind = "BMP";
        status = hp_bmp_check(data, bytes, err);
    } else if (h->kind == KIND_GIF) {
        file.kind = "GIF";
        status = hp_gif_check(data, bytes, err);
    } else {
        status = hp_png_check(data, bytes, err);
    }
    if (status != HATPOSE_OK)
        return status;
    return hp_stb_decode(memory, &picture->stb, &file, bgr, err);
}

static void set_turned_size(hp_picture *picture, const header *h)
{
    bool swapped = hp_turn_swaps_sides(h->orientation);

    picture->width_px = swapped ? h->height_px : h->width_px;
    picture->height_px = swapped ? h->width_px : h->height_px;
    picture->reduction = h->reduction;
}

hatpose_status hp_picture_size(const hp_image_limits *limits, const void *data,
                               size_t bytes, hp_picture *picture,
                               hatpose_error *err)
{
    header h;

    picture->width_px = picture->height_px = 0;
    hatpose_status status = read_header(limits, data, bytes, &h, err);
    if (status == HATPOSE_OK)
        set_turned_size(picture, &h);
    return status;
}

/* The pixels of what the header describes, turned. */
static hatpose_status decode_turned(hp_memory *memory, hp_picture *picture,
                                    const uint8_t *data, size_t bytes,
                                    const header *h, hatpose_error *err)
{
    bool turned = h->orientation != 1;
    int width = h->width_px / h->reduction;
    int height = h->height_px / h->reduction;
    size_t picture_bytes;

    if (!hp_size_multiply((size_t)width, (size_t)height, &picture_bytes) ||
        !hp_size_multiply(picture_bytes, 3, &picture_bytes))
        return hp_fail(err, HATPOSE_E_LIMIT,
                       "picture of %d x %d px is no size in memory",
                       h->width_px, h->height_px);
    hatpose_status status = hp_buffer_reserve(memory, &picture->pixels,
                                              picture_bytes, "picture", err);
    if (status == HATPOSE_OK && turned)
        status = hp_buffer_reserve(memory, &picture->unturned, picture_bytes,
                                   "picture before its EXIF turn", err);
    if (status == HATPOSE_OK)
        status = decode_stored(
            memory, picture, data, bytes, h,
            turned ? picture->unturned.data : picture->pixels.data, err);
    if (status == HATPOSE_OK && turned)
        hp_turn(picture->unturned.data, width, height, h->orientation,
                picture->pixels.data);
    return status;
}

static bool holds_memory(const hp_picture *picture)
{
    return picture->pixels.data != NULL || picture->jpeg != NULL ||
           picture->stb.blocks != NULL;
}

hatpose_status hp_picture_decode(hp_memory *memory,
                                 const hp_image_limits *limits,
                                 const void *data, size_t bytes,
                                 hp_picture *picture, hatpose_error *err)
{
    header h;
    bool held = holds_memory(picture);

    picture->width_px = picture->height_px = 0;
    hatpose_status status = read_header(limits, data, bytes, &h, err);
    if (status != HATPOSE_OK)
        return status;
    if (h.kind == KIND_JPEG)
        h.reduction = hp_jpeg_reduction(&h.jpeg, limits->reduction_max);
    status = decode_turned(memory, picture, data, bytes, &h, err);
    /* What pictures before it left behind must not break its budget. */
    if (held && status == HATPOSE_E_LIMIT) {
        hp_picture_release(memory, picture);
        status = decode_turned(memory, picture, data, bytes, &h, err);
    }
    if (status == HATPOSE_OK)
        set_turned_size(picture, &h);
    return status;
}

void hp_picture_release(hp_memory *memory, hp_picture *picture)
{
    hp_buffer_release(memory, &picture->pixels);
    hp_buffer_release(memory, &picture->unturned);
    hp_jpeg_decoder_destroy(memory, picture->jpeg);
    hp_stb_memory_release(memory, &picture->stb);
    picture->jpeg = NULL;
    picture->width_px = picture->height_px = 0;
}

hp_pixels hp_picture_pixels(const hp_picture *picture)
{
    int width = picture->width_px / picture->reduction;
    int height = picture->height_px / picture->reduction;
    hp_pixels view = {picture->pixels.data, width, height, 3 * (size_t)width,
                      HATPOSE_BGR8};

    return view;
}
