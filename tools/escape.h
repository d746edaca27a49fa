/* escape.h - file names are any bytes; what is printed is not. */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <jansson.h>

#include "bytes.h"

/* One line that moves no cursor: control characters as \n, \t, \xNN, and
 * bytes that are not UTF-8 as \xNN; a backslash as \\. */
void escape_for_text(bytes *out, const char *name);
/* A JSON string with its quotes; bytes that are not UTF-8 as U+FFFD. */
void escape_for_json(bytes *out, const char *name);
/* The same as a value of jansson's. */
json_t *escape_json_value(const char *name);
/* A CSV field, quoted where RFC 4180 wants it; U+FFFD likewise. */
void escape_for_csv(bytes *out, const char *name);

#endif
