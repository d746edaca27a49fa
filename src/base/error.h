/* error.h - a status and one sentence that names the offending thing.
 * Every failure makes its text once, where the fact is known. */
#ifndef HP_ERROR_H
#define HP_ERROR_H

#include "hatpose.h"

#if defined(__GNUC__)
#define HP_PRINTF(format_at, first_at)                                         \
    __attribute__((format(printf, format_at, first_at)))
#else
#define HP_PRINTF(format_at, first_at)
#endif

/* Fills *err (NULL is fine) and returns status, so that a caller can write
 * `return hp_fail(...)`. Text that does not fit is cut. Control characters
 * and malformed UTF-8 are replaced, so that the message stays one line. */
hatpose_status hp_fail(hatpose_error *err, hatpose_status status,
                       const char *format, ...) HP_PRINTF(3, 4);

/* The same with the byte offset in the model or picture. */
hatpose_status hp_fail_at(hatpose_error *err, hatpose_status status,
                          uint64_t offset_bytes, const char *format, ...)
    HP_PRINTF(4, 5);

/* Makes *err (NULL is fine) say HATPOSE_OK. */
void hp_error_clear(hatpose_error *err);

/* Never NULL. */
const char *hp_status_string(hatpose_status status);

#endif
