/* escape.c - file names for terminals, JSON and CSV. In: bytes as the system
 * gives them. Out: valid UTF-8 in the dialect asked for. */
#include "escape.h"

#include <stdbool.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* Bytes of the UTF-8 character at s, 0 when it is none (overlong forms,
 * surrogates and what lies past U+10FFFF are none). */
static size_t utf8_length(const unsigned char *s)
{
    size_t length = s[0] < 0x80   ? 1
                    : s[0] < 0xC2 ? 0
                    : s[0] < 0xE0 ? 2
                    : s[0] < 0xF0 ? 3
                    : s[0] < 0xF5 ? 4
                                  : 0;

    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
        (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
        return 0;
    return length;
}

static void text_control(bytes *out, unsigned char c)
{
    switch (c) {
    case '\n':
        bytes_text(out, "\\n");
        break;
    case '\r':
        bytes_text(out, "\\r");
        break;
    case '\t':
        bytes_text(out, "\\t");
        break;
    case '\\':
        bytes_text(out, "\\\\");
        break;
    default:
        bytes_print(out, "\\x%02X", c);
    }
}

void escape_for_text(bytes *out, const char *name)
{
    const unsigned char *s = (const unsigned char *)name;

    while (*s != '\0') {
        size_t length = utf8_length(s);
        /* U+0080 to U+009F are control characters too */
        bool control = length == 0 || *s < 0x20 || *s == 0x7F || *s == '\\' ||
                       (*s == 0xC2 && s[1] < 0xA0);

        if (!control) {
            bytes_append(out, s, length);
            s += length;
            continue;
        }
        for (size_t i = 0; i < (length > 0 ? length : 1); i++)
            text_control(out, *s++);
    }
}

void escape_for_json(bytes *out, const char *name)
{
    const unsigned char *s = (const unsigned char *)name;

    bytes_text(out, "\"");
    while (*s != '\0') {
        size_t length = utf8_length(s);

        if (length == 0)
            bytes_text(out, replacement);
        else if (*s == '"' || *s == '\\')
            bytes_print(out, "\\%c", *s);
        else if (*s < 0x20 || *s == 0x7F)
            bytes_print(out, "\\u%04x", *s);
        else
            bytes_append(out, s, length);
        s += length > 0 ? length : 1;
    }
    bytes_text(out, "\"");
}

json_t *escape_json_value(const char *name)
{
    bytes quoted = {0};
    json_t *value;

    escape_for_json(&quoted, name);
    value = json_loads(quoted.data, JSON_DECODE_ANY, NULL);
    bytes_release(&quoted);
    return value;
}

void escape_for_csv(bytes *out, const char *name)
{
    const unsigned char *s = (const unsigned char *)name;
    bool quoted = strpbrk(name, "\",\r\n") != NULL || *name == ' ';

    bytes_text(out, quoted ? "\"" : "");
    while (*s != '\0') {
        size_t length = utf8_length(s);

        if (length == 0)
            bytes_text(out, replacement);
        else if (*s == '"')
            bytes_text(out, "\"\"");
        else
            bytes_append(out, s, length);
        s += length > 0 ? length : 1;
    }
    bytes_text(out, quoted ? "\"" : "");
}
