/* bytes.h - a growing string of bytes, always followed by a zero. */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>

#include "buffer.h"

typedef struct bytes { /* all zero: empty */
    char *data;
    size_t count, capacity;
} bytes;

/* Room for `extra` bytes behind the last; returns where they go. */
char *bytes_reserve(bytes *b, size_t extra);
void bytes_append(bytes *b, const void *data, size_t count);
void bytes_text(bytes *b, const char *text);
void bytes_print(bytes *b, const char *format, ...);
/* Appends what the service's code wrote, and releases it. */
void bytes_take(bytes *b, hps_buffer *written);
void bytes_clear(bytes *b); /* keeps the memory */
void bytes_release(bytes *b);

#endif
