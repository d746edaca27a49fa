/* json_encoding.h - JSON that is not UTF-8, as some clients write it. */
#ifndef HPS_JSON_ENCODING_H
#define HPS_JSON_ENCODING_H

#include "buffer.h"

/* "UTF-16", "UTF-32LE" .. by mark or by the zeros among the first four bytes,
 * as Python tells them apart; NULL: UTF-8. */
const char *hps_json_encoding(const char *text, size_t count);

/* Appends the text in UTF-8; false: it is not valid (or memory was short,
 * out->failed). */
bool hps_json_to_utf8(const char *encoding, const char *text, size_t count,
                      hps_buffer *out);

#endif
