/* fuzz_image.c - pictures from hostile hands: as they are, JPEG once more
 * with its damage accepted, and PNG once more with its checksums put right,
 * or nothing behind them would ever be reached. What decodes goes on to the
 * network's input. */
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "fuzzer.h"
#include "image/decode.h"
#include "image/prepare.h"

enum { NET_HEIGHT = 16, NET_WIDTH_MAX = 64 };

/* Small enough for many runs a second. */
static const hp_image_limits strict = {2048, 1 << 20, 1 << 20, false, 1};
static const hp_image_limits lenient = {2048, 1 << 20, 1 << 20, true, 8};
static const uint64_t budget_bytes = 32u << 20;

static void prepare(hp_memory *memory, const hp_picture *picture)
{
    static const hp_normalisation normalisation = {
        {128, 128, 128}, {1.0f / 256, 1.0f / 256, 1.0f / 256}, false};
    hp_input input;
    unsigned sum = 0;
    hp_kernels kernels;
    hp_preparer preparer = {.resizer.kernels = &kernels};
    hp_pixels pixels = hp_picture_pixels(picture);
    hp_mapping mapping;

    hp_kernels_select(0, HATPOSE_PRECISION_F32, &kernels);
    if (hp_mapping_best(picture->width_px, picture->height_px, NET_HEIGHT,
                        NET_WIDTH_MAX, &mapping, NULL) != HATPOSE_OK)
        abort();
    if (hp_prepare(memory, &preparer, &pixels, &mapping, &normalisation, &input,
                   NULL) == HATPOSE_OK) {
        /* Every byte that the network will read is there. */
        for (int y = 0; y < input.picture_height; y++)
            for (int x = 0; x < input.picture_width * input.pixel_bytes; x++)
                sum += input.pixels[(size_t)y * input.stride_bytes + (size_t)x];
        if (sum > 255u * 4 * NET_WIDTH_MAX * NET_WIDTH_MAX ||
            input.left + input.picture_width > input.width ||
            input.top + input.picture_height > input.height)
            abort();
    }
    hp_preparer_release(memory, &preparer);
}

static unsigned long checksum(const hp_picture *picture)
{
    hp_pixels pixels = hp_picture_pixels(picture);
    size_t bytes = pixels.stride_bytes * (size_t)pixels.height_px;

    return crc32(0, pixels.data, (uInt)bytes);
}

/* What the first time left behind changes nothing. */
static void decode_again(hp_memory *memory, const hp_image_limits *limits,
                         const uint8_t *data, size_t size, hp_picture *picture)
{
    unsigned long before = checksum(picture);

    if (hp_picture_decode(memory, limits, data, size, picture, NULL) !=
            HATPOSE_OK ||
        checksum(picture) != before)
        abort();
}

static void decode(const hp_image_limits *limits, const uint8_t *data,
                   size_t size)
{
    hp_memory memory;
    hp_picture picture = {0}, sized = {0};
    hatpose_error err = {0};

    hp_memory_init(&memory, NULL, budget_bytes);
    hatpose_status sized_status =
        hp_picture_size(limits, data, size, &sized, NULL);
    hatpose_status status =
        hp_picture_decode(&memory, limits, data, size, &picture, &err);
    if (status == HATPOSE_OK) {
        if (sized_status != HATPOSE_OK || picture.width_px != sized.width_px ||
            picture.height_px != sized.height_px || picture.width_px < 1)
            abort();
        decode_again(&memory, limits, data, size, &picture);
        prepare(&memory, &picture);
    } else if (picture.width_px != 0 || err.status != status ||
               err.message[0] == '\0') {
        abort();
    }
    hp_picture_release(&memory, &picture);
    if (atomic_load(&memory.used_bytes) != 0)
        abort();
}

static uint32_t big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

/* True when a checksum was wrong and all are right now. */
static bool seal_png(uint8_t *data, size_t size)
{
    bool changed = false;

    if (size < 8 || memcmp(data, "\x89PNG\r\n\x1a\n", 8) != 0)
        return false;
    for (size_t at = 8; size - at >= 12;) {
        uint32_t length = big32(data + at);
        if (length > size - at - 12)
            break;
        uint32_t crc = (uint32_t)crc32(0, data + at + 4, length + 4);
        uint8_t *place = data + at + 8 + length;
        changed |= crc != big32(place);
        for (int i = 0; i < 4; i++)
            place[i] = (uint8_t)(crc >> (24 - 8 * i));
        at += 12 + (size_t)length;
    }
    return changed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    decode(&strict, data, size);
    decode(&lenient, data, size);
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL)
        return 0;
    if (size > 0)
        memcpy(copy, data, size);
    if (seal_png(copy, size))
        decode(&strict, copy, size);
    free(copy);
    return 0;
}
