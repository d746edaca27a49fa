/* buffer.c - bytes that grow. In: pieces. Out: one block, or `failed`. */
#include "buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 1024 };

void *hps_buffer_reserve(hps_buffer *buffer, size_t count)
{
    size_t wanted = buffer->capacity > 0 ? buffer->capacity : FIRST_BYTES;
    char *grown;

    if (buffer->failed || count > SIZE_MAX / 2 - buffer->count) {
        buffer->failed = true;
        return NULL;
    }
    if (buffer->data != NULL && count <= buffer->capacity - buffer->count)
        return buffer->data + buffer->count;
    while (wanted - buffer->count < count)
        wanted += wanted / 2;
    grown = realloc(buffer->data, wanted);
    if (grown == NULL) {
        buffer->failed = true;
        return NULL;
    }
    buffer->data = grown;
    buffer->capacity = wanted;
    return grown + buffer->count;
}

void hps_buffer_commit(hps_buffer *buffer, size_t count)
{
    buffer->count += count;
}

void hps_buffer_append(hps_buffer *buffer, const void *data, size_t count)
{
    void *place = count > 0 ? hps_buffer_reserve(buffer, count) : NULL;

    if (place == NULL)
        return;
    memcpy(place, data, count);
    hps_buffer_commit(buffer, count);
}

void hps_buffer_text(hps_buffer *buffer, const char *text)
{
    hps_buffer_append(buffer, text, strlen(text));
}

void hps_buffer_print(hps_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    char *place;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        buffer->failed = true;
        return;
    }
    place = hps_buffer_reserve(buffer, (size_t)length + 1);
    if (place == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(place, (size_t)length + 1, format, arguments);
    va_end(arguments);
    hps_buffer_commit(buffer, (size_t)length);
}

/* Bytes of the well-formed UTF-8 character at text, 0 when it is none: no
 * overlong forms, no surrogates, nothing over U+10FFFF. */
static size_t character_bytes(const unsigned char *text)
{
    size_t bytes = text[0] < 0x80    ? 1
                   : text[0] < 0xC2  ? 0
                   : text[0] < 0xE0  ? 2
                   : text[0] < 0xF0  ? 3
                   : text[0] <= 0xF4 ? 4
                                     : 0;

    for (size_t i = 1; i < bytes; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    if ((text[0] == 0xE0 && text[1] < 0xA0) ||
        (text[0] == 0xED && text[1] > 0x9F) ||
        (text[0] == 0xF0 && text[1] < 0x90) ||
        (text[0] == 0xF4 && text[1] > 0x8F))
        return 0;
    return bytes;
}

void hps_buffer_json(hps_buffer *buffer, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at != '\0') {
        size_t bytes = character_bytes(at);

        if (bytes == 0) {
            hps_buffer_text(buffer, "\xEF\xBF\xBD");
            bytes = 1;
        } else if (*at == '"' || *at == '\\') {
            char escaped[2] = {'\\', (char)*at};
            hps_buffer_append(buffer, escaped, sizeof escaped);
        } else if (*at < 0x20 || *at == 0x7F) {
            hps_buffer_print(buffer, "\\u%04x", (unsigned)*at);
        } else {
            hps_buffer_append(buffer, at, bytes);
        }
        at += bytes;
    }
}

void hps_buffer_clear(hps_buffer *buffer)
{
    buffer->count = 0;
    buffer->failed = false;
}

void hps_buffer_release(hps_buffer *buffer)
{
    free(buffer->data);
    *buffer = (hps_buffer){0};
}
