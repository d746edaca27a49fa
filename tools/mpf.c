/* mpf.c - the list of appended pictures (CIPA DC-007, Multi-Picture Format).
 * In: an APP2 segment: "MPF\0", then a TIFF header and one directory, whose
 * entry 0xB002 has 16 bytes a picture: attributes, size, offset from the
 * TIFF header (0 for the first), dependencies. Out: where the last ends. */
#include "mpf.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { NAME_BYTES = 4, ENTRY_BYTES = 12, PICTURE_BYTES = 16 };
enum { TAG_PICTURES = 0xB002, PICTURES_MOST = 64 };

typedef struct tiff {
    const unsigned char *data; /* from the TIFF header on */
    size_t count;
    bool little_endian;
} tiff;

/* 0 past the end. */
static uint32_t number(const tiff *t, size_t at, int bytes)
{
    uint32_t value = 0;

    if (at > t->count || t->count - at < (size_t)bytes)
        return 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 |
                t->data[at + (size_t)(t->little_endian ? bytes - 1 - i : i)];
    return value;
}

static size_t last_end(const tiff *t, size_t list_at, size_t list_bytes)
{
    size_t pictures = list_bytes / PICTURE_BYTES, last = 0;

    for (size_t i = 0; i < pictures && i < PICTURES_MOST; i++) {
        size_t size = number(t, list_at + i * PICTURE_BYTES + 4, 4);
        size_t offset = number(t, list_at + i * PICTURE_BYTES + 8, 4);

        if (offset > 0 && offset + size > last)
            last = offset + size;
    }
    return last;
}

size_t mpf_end(const unsigned char *data, size_t count)
{
    tiff t = {data + NAME_BYTES, 0, false};
    size_t directory, last = 0;
    uint32_t entries;

    if (count < NAME_BYTES + 8 || memcmp(data, "MPF", NAME_BYTES) != 0)
        return 0;
    t.count = count - NAME_BYTES;
    t.little_endian = t.data[0] == 'I';
    directory = number(&t, 4, 4);
    entries = number(&t, directory, 2);
    for (uint32_t i = 0; i < entries; i++) {
        size_t entry = directory + 2 + (size_t)i * ENTRY_BYTES;

        if (number(&t, entry, 2) == TAG_PICTURES)
            last = last_end(&t, number(&t, entry + 8, 4),
                            number(&t, entry + 4, 4));
    }
    return last > 0 ? last + NAME_BYTES : 0;
}
