/* bytes.c - a growing string of bytes. */
#include "bytes.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"

char *bytes_reserve(bytes *b, size_t extra)
{
    size_t wanted =
        extra > SIZE_MAX - b->count - 1 ? SIZE_MAX : b->count + extra + 1;

    b->data = heap_grow(b->data, &b->capacity, wanted, 1);
    return b->data + b->count;
}

void bytes_append(bytes *b, const void *data, size_t count)
{
    char *end = bytes_reserve(b, count);

    if (count > 0)
        memcpy(end, data, count);
    end[count] = '\0';
    b->count += count;
}

void bytes_text(bytes *b, const char *text)
{
    bytes_append(b, text, strlen(text));
}

void bytes_print(bytes *b, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length <= 0)
        return;
    va_start(arguments, format);
    vsnprintf(bytes_reserve(b, (size_t)length), (size_t)length + 1, format,
              arguments);
    va_end(arguments);
    b->count += (size_t)length;
}

void bytes_take(bytes *b, hps_buffer *written)
{
    if (written->failed)
        heap_fail();
    bytes_append(b, written->data, written->count);
    hps_buffer_release(written);
}

void bytes_clear(bytes *b)
{
    b->count = 0;
    if (b->data != NULL)
        b->data[0] = '\0';
}

void bytes_release(bytes *b)
{
    free(b->data);
    *b = (bytes){0};
}
