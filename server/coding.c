/* coding.c - bodies packed by zlib. In: bytes from hostile hands, and our own.
 * Out: the same unpacked within a limit, and packed. */
#include "coding.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include <zlib.h>

#include "header.h"

enum { CHUNK_BYTES = 32 * 1024 };
/* zlib's windowBits: 15, and 16 more for gzip's head; negative: no head. */
enum { WINDOW_ZLIB = 15, WINDOW_GZIP = 15 + 16, WINDOW_BARE = -15 };
/* Answers are small and clients wait: the quickest level has most of it. */
enum { LEVEL = 1, MEMORY_LEVEL = 8 };

hps_coding hps_coding_of(const char *content_encoding)
{
    const char *at = content_encoding;
    hps_coding coding = HPS_CODING_UNKNOWN;
    hps_header_item item;

    if (at == NULL || !hps_header_next(&at, &item))
        return HPS_CODING_NONE;
    if (hps_header_is(&item, "gzip") || hps_header_is(&item, "x-gzip"))
        coding = HPS_CODING_GZIP;
    else if (hps_header_is(&item, "deflate"))
        coding = HPS_CODING_DEFLATE;
    else if (hps_header_is(&item, "identity"))
        coding = HPS_CODING_NONE;
    return hps_header_next(&at, &item) ? HPS_CODING_UNKNOWN : coding;
}

static int window_of(hps_coding coding, const char *data, size_t count)
{
    const unsigned char *head = (const unsigned char *)data;

    if (coding == HPS_CODING_GZIP)
        return WINDOW_GZIP;
    /* RFC 1950: method 8, and the two bytes are a multiple of 31. */
    return count >= 2 && (head[0] & 0x0F) == 8 &&
                   (head[0] * 256u + head[1]) % 31 == 0
               ? WINDOW_ZLIB
               : WINDOW_BARE;
}

/* One member of a gzip file, or all of a deflate body. */
static hps_body_status inflate_member(z_stream *stream, char *chunk,
                                      hps_body *out)
{
    for (;;) {
        hps_body_status status;
        int state;

        stream->next_out = (Bytef *)chunk;
        stream->avail_out = CHUNK_BYTES;
        state = inflate(stream, Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END)
            return state == Z_MEM_ERROR ? HPS_BODY_NO_ROOM : HPS_BODY_CORRUPT;
        status = hps_body_append(out, chunk, CHUNK_BYTES - stream->avail_out);
        if (status != HPS_BODY_OK || state == Z_STREAM_END)
            return status;
    }
}

hps_body_status hps_coding_undo(hps_coding coding, const char *data,
                                size_t count, hps_body *out)
{
    hps_body_status status;
    z_stream stream = {0};
    char *chunk = malloc(CHUNK_BYTES);

    if (chunk == NULL || count > UINT_MAX ||
        inflateInit2(&stream, window_of(coding, data, count)) != Z_OK) {
        free(chunk);
        return HPS_BODY_NO_ROOM;
    }
    /* zlib does not write through next_in. */
    stream.next_in = (Bytef *)(uintptr_t)data;
    stream.avail_in = (uInt)count;
    status = inflate_member(&stream, chunk, out);
    while (status == HPS_BODY_OK && stream.avail_in > 0)
        status = coding == HPS_CODING_GZIP && inflateReset(&stream) == Z_OK
                     ? inflate_member(&stream, chunk, out)
                     : HPS_BODY_CORRUPT;
    inflateEnd(&stream);
    free(chunk);
    return status;
}

bool hps_coding_accepts_gzip(const char *accept_encoding)
{
    const char *at = accept_encoding;
    hps_header_item item;
    int named = -1, any = -1;

    while (at != NULL && hps_header_next(&at, &item)) {
        if (hps_header_is(&item, "gzip") || hps_header_is(&item, "x-gzip"))
            named = item.quality;
        else if (hps_header_is(&item, "*"))
            any = item.quality;
    }
    return named >= 0 ? named > 0 : any > 0;
}

bool hps_coding_gzip(const char *data, size_t count, hps_buffer *out)
{
    z_stream stream = {0};
    size_t bound;
    void *place = NULL;
    bool done = false;

    if (count > UINT_MAX / 2 ||
        deflateInit2(&stream, LEVEL, Z_DEFLATED, WINDOW_GZIP, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    bound = deflateBound(&stream, (uLong)count);
    if (bound <= UINT_MAX)
        place = hps_buffer_reserve(out, bound);
    if (place != NULL) {
        stream.next_in = (Bytef *)(uintptr_t)data;
        stream.avail_in = (uInt)count;
        stream.next_out = place;
        stream.avail_out = (uInt)bound;
        done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
        hps_buffer_commit(out, stream.total_out);
    }
    deflateEnd(&stream);
    return done;
}
