/* error.c - status names and error text. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Names from files may hold anything, and a cut may go through a character:
 * keep the promise of one line of text. */
static void make_line(char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        size_t bytes = hp_utf8_printable(text, left);
        if (bytes == 0) {
            *text = '?';
            bytes = 1;
        }
        text += bytes;
        left -= bytes;
    }
}

static hatpose_status fill(hatpose_error *err, hatpose_status status,
                           uint64_t offset_bytes, const char *format,
                           va_list arguments)
{
    if (err == NULL)
        return status;
    memset(err, 0, sizeof *err);
    err->status = status;
    err->offset = offset_bytes;
    vsnprintf(err->message, sizeof err->message, format, arguments);
    make_line(err->message);
    return status;
}

hatpose_status hp_fail(hatpose_error *err, hatpose_status status,
                       const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fill(err, status, 0, format, arguments);
    va_end(arguments);
    return status;
}

hatpose_status hp_fail_at(hatpose_error *err, hatpose_status status,
                          uint64_t offset_bytes, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fill(err, status, offset_bytes, format, arguments);
    va_end(arguments);
    return status;
}

void hp_error_clear(hatpose_error *err)
{
    if (err != NULL)
        memset(err, 0, sizeof *err);
}

const char *hp_status_string(hatpose_status status)
{
    switch (status) {
    case HATPOSE_OK:
        return "ok";
    case HATPOSE_E_ARGUMENT:
        return "argument";
    case HATPOSE_E_MEMORY:
        return "memory";
    case HATPOSE_E_UNSUPPORTED:
        return "unsupported";
    case HATPOSE_E_ABI:
        return "abi";
    case HATPOSE_E_BUFFER_TOO_SMALL:
        return "buffer_too_small";
    case HATPOSE_E_LIMIT:
        return "limit";
    case HATPOSE_E_IO:
        return "io";
    case HATPOSE_E_MODEL_FORMAT:
        return "model_format";
    case HATPOSE_E_MODEL_CORRUPT:
        return "model_corrupt";
    case HATPOSE_E_IMAGE_FORMAT:
        return "image_format";
    case HATPOSE_E_IMAGE_CORRUPT:
        return "image_corrupt";
    case HATPOSE_E_INTERNAL:
        return "internal";
    default:
        return "unknown_status";
    }
}
