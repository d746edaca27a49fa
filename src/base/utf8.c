/* utf8.c - text from outside: well-formed UTF-8 that a terminal may show. */
#include "base/utf8.h"

#include <stdint.h>

/* Length that a lead byte announces, 0 when it can be none. */
static size_t announced_bytes(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead < 0xe0)
        return 2;
    if (lead >= 0xe0 && lead < 0xf0)
        return 3;
    if (lead >= 0xf0 && lead < 0xf5)
        return 4;
    return 0;
}

size_t hp_utf8_printable(const char *text, size_t bytes)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};

    if (bytes == 0)
        return 0;
    unsigned char lead = (unsigned char)text[0];
    size_t length = announced_bytes(lead);
    if (length == 0 || length > bytes)
        return 0;
    uint32_t code = length == 1 ? lead : lead & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)text[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (next & 0x3f);
    }
    if (code < least[length] || code > 0x10ffff)
        return 0;
    if (code >= 0xd800 && code <= 0xdfff)
        return 0;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        return 0;
    return length;
}

bool hp_utf8_is_line(const char *text, size_t bytes)
{
    while (bytes > 0) {
        size_t length = hp_utf8_printable(text, bytes);
        if (length == 0)
            return false;
        text += length;
        bytes -= length;
    }
    return true;
}
