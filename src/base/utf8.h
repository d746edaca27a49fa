/* utf8.h - text from outside: well-formed UTF-8 that a terminal may show. */
#ifndef HP_UTF8_H
#define HP_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character that text starts with; 0 when it is malformed (cut,
 * overlong, a surrogate, past U+10FFFF) or a control character, C1 too. */
size_t hp_utf8_printable(const char *text, size_t bytes);

/* True when all of text is printable. */
bool hp_utf8_is_line(const char *text, size_t bytes);

#endif
