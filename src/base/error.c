/* error.c - status names and error text. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
    /* Names from files may hold anything: keep the promise of one line. */
    for (char *c = err->message; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
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
