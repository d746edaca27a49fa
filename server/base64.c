/* base64.c - bytes as letters, and back. In: text of any origin. Out: bytes.
 * Follows Python's binascii, which the old service's clients wrote for, where
 * that accepts; docs/compat.md says where more is accepted. */
#include "base64.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { SKIPPED = 64, PADDING = 65, NOT_ASCII = 66, LETTERS_A_GROUP = 4 };

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void fill_values(uint8_t values[256])
{
    memset(values, SKIPPED, 128);
    memset(values + 128, NOT_ASCII, 128);
    for (int i = 0; i < 64; i++)
        values[(unsigned char)letters[i]] = (uint8_t)i;
    values['-'] = 62;
    values['_'] = 63;
    values['='] = PADDING;
}

/* Behind the comma of data:image/png;base64, or where the text begins. */
static const char *skip_head(const char *text, const char *end)
{
    static const char head[] = "data:";
    size_t count = (size_t)(end - text);
    const char *comma;

    if (count < sizeof head - 1 ||
        strncasecmp(text, head, sizeof head - 1) != 0)
        return text;
    comma = memchr(text, ',', count);
    return comma == NULL ? text : comma + 1;
}

/* Whole groups of letters alone, which nearly all of a text is. */
static const char *decode_groups(const uint8_t values[256], const char *text,
                                 const char *end, uint8_t **to)
{
    uint8_t *out = *to;

    for (; end - text >= LETTERS_A_GROUP; text += LETTERS_A_GROUP) {
        const unsigned char *t = (const unsigned char *)text;
        uint32_t a = values[t[0]], b = values[t[1]];
        uint32_t c = values[t[2]], d = values[t[3]];

        if ((a | b | c | d) >= SKIPPED)
            break;
        *out++ = (uint8_t)(a << 2 | b >> 4);
        *out++ = (uint8_t)(b << 4 | c >> 2);
        *out++ = (uint8_t)(c << 6 | d);
    }
    *to = out;
    return text;
}

/* out has room for all. False: a letter alone, or no ASCII. */
static bool decode(const char *text, const char *end, uint8_t *out,
                   size_t *count)
{
    uint8_t values[256];
    uint32_t bits = 0;
    int letter = 0, padding = 0;
    uint8_t *start = out;

    fill_values(values);
    for (;;) {
        if (letter == 0)
            text = decode_groups(values, text, end, &out);
        if (text == end)
            break;
        uint8_t value = values[(unsigned char)*text++];
        if (value == NOT_ASCII)
            return false;
        if (value == PADDING && letter >= 2 &&
            letter + ++padding >= LETTERS_A_GROUP) {
            letter = 0;
            break;
        }
        if (value >= SKIPPED)
            continue;
        padding = 0;
        bits = bits << 6 | value;
        if (letter > 0)
            *out++ = (uint8_t)(bits >> (6 - 2 * letter));
        letter = (letter + 1) % LETTERS_A_GROUP;
    }
    *count = (size_t)(out - start);
    return letter != 1;
}

bool hps_base64_decode(const char *text, size_t count, hps_buffer *out)
{
    const char *end = text + count;
    const char *start = skip_head(text, end);
    size_t bytes;
    uint8_t *place = hps_buffer_reserve(out, (size_t)(end - start) / 4 * 3 + 3);

    if (place == NULL || !decode(start, end, place, &bytes))
        return false;
    hps_buffer_commit(out, bytes);
    return true;
}

void hps_base64_append(hps_buffer *out, const void *data, size_t count)
{
    const uint8_t *bytes = data;
    char *to = hps_buffer_reserve(out, (count + 2) / 3 * 4);

    if (to == NULL)
        return;
    for (size_t i = 0; i < count; i += 3) {
        size_t left = count - i;
        uint32_t bits = (uint32_t)bytes[i] << 16;

        if (left > 1)
            bits |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            bits |= bytes[i + 2];
        *to++ = letters[bits >> 18];
        *to++ = letters[bits >> 12 & 63];
        *to++ = left > 1 ? letters[bits >> 6 & 63] : '=';
        *to++ = left > 2 ? letters[bits & 63] : '=';
    }
    hps_buffer_commit(out, (count + 2) / 3 * 4);
}
