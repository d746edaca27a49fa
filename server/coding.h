/* coding.h - Content-Encoding: gzip and deflate, both ways. */
#ifndef HPS_CODING_H
#define HPS_CODING_H

#include <stdbool.h>
#include <stddef.h>

#include "body.h"
#include "buffer.h"

typedef enum hps_coding {
    HPS_CODING_NONE,
    HPS_CODING_GZIP,
    HPS_CODING_DEFLATE, /* zlib's form, or bare as some clients send it */
    HPS_CODING_UNKNOWN
} hps_coding;

/* content_encoding NULL: none. Several codings on top of each other are
 * unknown here. */
hps_coding hps_coding_of(const char *content_encoding);
/* Appends what the data stand for, as far as out's limit allows. */
hps_body_status hps_coding_undo(hps_coding coding, const char *data,
                                size_t count, hps_body *out);
/* Whether Accept-Encoding (NULL: none) takes gzip. */
bool hps_coding_accepts_gzip(const char *accept_encoding);
/* False: memory is short. */
bool hps_coding_gzip(const char *data, size_t count, hps_buffer *out);

#endif
