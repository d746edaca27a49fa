/* decode_pnm.c - the six kinds of PNM.
 *
 * In: the file. Out: BGR8. stb_image reads two of them, and takes 16-bit
 * samples in the wrong byte order. Samples are scaled to 255 by the file's
 * maximum; those of 16 bits are then divided by 256. */
#include "image/decode_pnm.h"

#include <limits.h>

#include "base/error.h"

typedef struct cursor {
    const uint8_t *data;
    size_t bytes, at;
} cursor;

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_spaces_and_comments(cursor *c)
{
    while (c->at < c->bytes) {
        if (c->data[c->at] == '#')
            while (c->at < c->bytes && c->data[c->at] != '\n')
                c->at++;
        else if (is_space(c->data[c->at]))
            c->at++;
        else
            return;
    }
}

/* -1 where no number stands, or one beyond int. */
static int read_number(cursor *c)
{
    int64_t value = 0;
    size_t first;

    skip_spaces_and_comments(c);
    first = c->at;
    while (c->at < c->bytes && c->data[c->at] >= '0' && c->data[c->at] <= '9') {
        value = value * 10 + (c->data[c->at] - '0');
        if (value > INT_MAX)
            return -1;
        c->at++;
    }
    return c->at > first ? (int)value : -1;
}

static bool is_bitmap(const hp_pnm_header *h)
{
    return h->kind == 1 || h->kind == 4;
}

static bool is_text(const hp_pnm_header *h)
{
    return h->kind <= 3;
}

static int channel_count(const hp_pnm_header *h)
{
    return h->kind == 3 || h->kind == 6 ? 3 : 1;
}

hatpose_status hp_pnm_header_read(const uint8_t *data, size_t bytes,
                                  hp_pnm_header *out, hatpose_error *err)
{
    cursor c = {data, bytes, 2};

    out->kind = data[1] - '0';
    out->width_px = read_number(&c);
    out->height_px = read_number(&c);
    out->maximum = is_bitmap(out) ? 1 : read_number(&c);
    out->data_offset = c.at + 1; /* one space ends the header */
    if (out->width_px < 0 || out->height_px < 0 || out->maximum < 1 ||
        out->maximum > 65535 || c.at >= bytes)
        return hp_fail_at(err, HATPOSE_E_IMAGE_CORRUPT, c.at,
                          "PNM: header is wrong at byte %zu", c.at);
    if (out->width_px == 0 || out->height_px == 0)
        return hp_fail(err, HATPOSE_E_IMAGE_CORRUPT,
                       "PNM of %d x %d px has no pixels", out->width_px,
                       out->height_px);
    return HATPOSE_OK;
}

static uint8_t scaled(int sample, int maximum)
{
    if (sample > maximum)
        sample = maximum;
    if (maximum > 255)
        return (uint8_t)((int64_t)sample * 65535 / maximum / 256);
    return (uint8_t)((sample * 255 + maximum / 2) / maximum);
}

static void put(uint8_t *bgr, size_t pixel, int channel, int channels,
                uint8_t value)
{
    if (channels == 3)
        bgr[3 * pixel + 2 - (size_t)channel] = value;
    else
        bgr[3 * pixel] = bgr[3 * pixel + 1] = bgr[3 * pixel + 2] = value;
}

static hatpose_status read_text(cursor *c, const hp_pnm_header *h, uint8_t *bgr,
                                hatpose_error *err)
{
    size_t pixels = (size_t)h->width_px * (size_t)h->height_px;
    int channels = channel_count(h);

    for (size_t i = 0; i < pixels; i++)
        for (int k = 0; k < channels; k++) {
            int sample;

            if (h->kind == 1) { /* bits need no space between them */
                skip_spaces_and_comments(c);
                sample = c->at < c->bytes && (c->data[c->at] | 1) == '1'
                             ? '1' - c->data[c->at++]
                             : -1;
            } else {
                sample = read_number(c);
            }
            if (sample < 0)
                return hp_fail_at(err, HATPOSE_E_IMAGE_CORRUPT, c->at,
                                  "PNM: pixel %zu of %zu expected at byte %zu",
                                  i, pixels, c->at);
            put(bgr, i, k, channels, scaled(sample, h->maximum));
        }
    return HATPOSE_OK;
}

static void read_bits(const uint8_t *from, const hp_pnm_header *h, uint8_t *bgr)
{
    size_t width = (size_t)h->width_px, row_bytes = (width + 7) / 8;

    for (size_t y = 0; y < (size_t)h->height_px; y++)
        for (size_t x = 0; x < width; x++) {
            bool black = from[y * row_bytes + x / 8] >> (7 - x % 8) & 1;

            put(bgr, y * width + x, 0, 1, black ? 0 : 255);
        }
}

static void read_bytes(const uint8_t *from, const hp_pnm_header *h,
                       uint8_t *bgr)
{
    size_t pixels = (size_t)h->width_px * (size_t)h->height_px;
    int channels = channel_count(h);
    uint8_t table[256];

    for (int sample = 0; sample < 256; sample++)
        table[sample] = scaled(sample, h->maximum);
    for (size_t i = 0; i < pixels; i++)
        for (int k = 0; k < channels; k++)
            put(bgr, i, k, channels, table[*from++]);
}

static void read_words(const uint8_t *from, const hp_pnm_header *h,
                       uint8_t *bgr)
{
    size_t pixels = (size_t)h->width_px * (size_t)h->height_px;
    int channels = channel_count(h);

    for (size_t i = 0; i < pixels; i++)
        for (int k = 0; k < channels; k++) {
            put(bgr, i, k, channels,
                scaled(from[0] << 8 | from[1], h->maximum));
            from += 2;
        }
}

/* UINT64_MAX for sizes that no file holds. */
static uint64_t binary_bytes(const hp_pnm_header *h)
{
    uint64_t width = (uint64_t)h->width_px, height = (uint64_t)h->height_px;
    uint64_t sample_bytes = h->maximum > 255 ? 2 : 1;

    if (is_bitmap(h))
        return (width + 7) / 8 * height;
    if (width * height > UINT64_MAX / 6)
        return UINT64_MAX;
    return width * height * (uint64_t)channel_count(h) * sample_bytes;
}

hatpose_status hp_pnm_decode(const uint8_t *data, size_t bytes,
                             const hp_pnm_header *header, uint8_t *bgr,
                             hatpose_error *err)
{
    cursor c = {data, bytes, header->data_offset};

    if (is_text(header))
        return read_text(&c, header, bgr, err);
    uint64_t needed = binary_bytes(header);
    if (needed > bytes - c.at)
        return hp_fail_at(err, HATPOSE_E_IMAGE_CORRUPT, bytes,
                          "PNM ends after %zu bytes: %llu of %llu bytes of "
                          "pixels",
                          bytes, (unsigned long long)(bytes - c.at),
                          (unsigned long long)needed);
    if (is_bitmap(header))
        read_bits(data + c.at, header, bgr);
    else if (header->maximum > 255)
        read_words(data + c.at, header, bgr);
    else
        read_bytes(data + c.at, header, bgr);
    return HATPOSE_OK;
}
