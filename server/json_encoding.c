/* json_encoding.c - JSON that is not UTF-8. In: UTF-16 or UTF-32, with or
 * without a mark. Out: UTF-8. The old service's reader took them too. */
#include "json_encoding.h"

#include <iconv.h>
#include <stdint.h>
#include <string.h>

static bool begins_with(const char *text, size_t count, const char *mark,
                        size_t mark_count)
{
    return count >= mark_count && memcmp(text, mark, mark_count) == 0;
}

const char *hps_json_encoding(const char *text, size_t count)
{
    if (begins_with(text, count, "\0\0\xFE\xFF", 4) ||
        begins_with(text, count, "\xFF\xFE\0\0", 4))
        return "UTF-32";
    if (begins_with(text, count, "\xFE\xFF", 2) ||
        begins_with(text, count, "\xFF\xFE", 2))
        return "UTF-16";
    /* JSON begins with two ASCII characters: the zeros tell. */
    if (count < 2)
        return NULL;
    if (text[0] == '\0')
        return count < 4 || text[1] != '\0' ? "UTF-16BE" : "UTF-32BE";
    if (text[1] == '\0')
        return count < 4 || text[2] != '\0' || text[3] != '\0' ? "UTF-16LE"
                                                               : "UTF-32LE";
    return NULL;
}

bool hps_json_to_utf8(const char *encoding, const char *text, size_t count,
                      hps_buffer *out)
{
    /* Two bytes become three at most. */
    size_t room = count / 2 * 3 + 4, left = room;
    char *to = hps_buffer_reserve(out, room);
    char *from = (char *)(uintptr_t)text; /* iconv does not write there */
    iconv_t converter;
    bool right;

    if (to == NULL)
        return false;
    converter = iconv_open("UTF-8", encoding);
    if (converter == (iconv_t)-1)
        return false;
    right = iconv(converter, &from, &count, &to, &left) != (size_t)-1;
    iconv_close(converter);
    if (right)
        hps_buffer_commit(out, room - left);
    return right;
}
