/* base64.h - bytes as letters, and back. */
#ifndef HPS_BASE64_H
#define HPS_BASE64_H

#include "buffer.h"

/* As Python's reader does, and more: the URL alphabet counts, padding may be
 * missing, and a data URL's head is dropped. Bytes outside the alphabet are
 * skipped; complete padding ends the text. False: no base64 (or memory was
 * short, buffer->failed). */
bool hps_base64_decode(const char *text, size_t count, hps_buffer *out);

void hps_base64_append(hps_buffer *out, const void *data, size_t count);

#endif
