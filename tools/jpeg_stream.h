/* jpeg_stream.h - a picture, or JPEGs run together, from a descriptor. */
#ifndef JPEG_STREAM_H
#define JPEG_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

typedef enum jpeg_stream_status {
    JPEG_STREAM_PICTURE,
    JPEG_STREAM_END,
    JPEG_STREAM_TOO_LONG, /* more bytes than the limit: the stream ends */
    JPEG_STREAM_FAILED,   /* errno says why */
    JPEG_STREAM_STOPPED   /* by Ctrl-C */
} jpeg_stream_status;

typedef struct jpeg_stream { /* all zero but the first two: at the start */
    int descriptor;
    uint64_t limit_bytes; /* of one picture */
    bytes buffer;
    size_t start_bytes; /* where the next picture begins */
    size_t at_bytes;    /* what lies before was looked at */
    size_t owned_bytes; /* of the picture with those appended to it */
    size_t skip_bytes;  /* still to come of appended ones */
    int state;
    bool ended;
    bool many; /* the first bytes were a JPEG's: more may follow */
} jpeg_stream;

/* The next picture lies at *data until the next call. A picture that ends
 * too early is given as it is: the decoder says what is missing. */
jpeg_stream_status jpeg_stream_next(jpeg_stream *stream,
                                    const unsigned char **data,
                                    size_t *count_bytes);
void jpeg_stream_release(jpeg_stream *stream);

#endif
