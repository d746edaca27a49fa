/* jpeg_stream.c - JPEGs run together, as ffmpeg's image2pipe writes them.
 * In: bytes as they come. Out: one picture after the other, given as soon as
 * its last byte is there. The end of a JPEG is found by walking its markers
 * (ITU T.81, B.1): a thumbnail inside has an end marker too. Anything that
 * does not begin like a JPEG is one picture up to the end of the stream.
 * Pictures that a phone appended to one are not answers of their own. */
#include "jpeg_stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "mpf.h"

enum { CHUNK_BYTES = 1 << 16 };

enum {           /* states of the walk */
       BETWEEN,  /* before a picture: look for its start */
       MARKER,   /* a marker is due */
       ENTROPY,  /* compressed data: look for a marker */
       LOST,     /* no marker where one was due: look for any end */
       COMPLETE, /* the picture ends at at_bytes */
       WHOLE     /* no JPEG: all up to the end of the stream */
};

enum {
    SOI = 0xD8,
    EOI = 0xD9,
    SOS = 0xDA,
    APP2 = 0xE2,
    RST0 = 0xD0,
    RST7 = 0xD7,
    TEM = 0x01
};

/* Each step returns false when it needs more bytes. */

static bool find_start(jpeg_stream *s, const unsigned char *data, size_t count)
{
    size_t skipped = s->skip_bytes < count - s->at_bytes ? s->skip_bytes
                                                         : count - s->at_bytes;

    s->at_bytes += skipped;
    s->skip_bytes -= skipped;
    for (; s->at_bytes + 3 <= count; s->at_bytes++)
        if (data[s->at_bytes] == 0xFF && data[s->at_bytes + 1] == SOI &&
            data[s->at_bytes + 2] == 0xFF) {
            s->start_bytes = s->at_bytes;
            s->at_bytes += 2;
            s->state = MARKER;
            return true;
        }
    s->start_bytes = s->at_bytes;
    return false;
}

/* A marker with a length and, in APP2, perhaps a list of pictures. */
static bool walk_segment(jpeg_stream *s, const unsigned char *at, size_t count)
{
    size_t length, end;

    if (count < 4)
        return false;
    length = 2 + (size_t)at[2] * 256 + at[3];
    if (at[1] == APP2 && length > 4) {
        if (count < length)
            return false;
        end = mpf_end(at + 4, length - 4);
        if (end > 0)
            s->owned_bytes = s->at_bytes + 4 - s->start_bytes + end;
    }
    s->state = at[1] == SOS ? ENTROPY : MARKER;
    s->at_bytes += length;
    return true;
}

static bool walk_marker(jpeg_stream *s, const unsigned char *data, size_t count)
{
    const unsigned char *at;

    /* a segment may reach beyond the bytes that are there */
    if (s->at_bytes >= count || count - s->at_bytes < 2)
        return false;
    at = data + s->at_bytes;
    if (at[0] != 0xFF || at[1] == 0) {
        s->state = LOST;
    } else if (at[1] == 0xFF) { /* fill byte */
        s->at_bytes++;
    } else if (at[1] == EOI) {
        s->at_bytes += 2;
        s->state = COMPLETE;
    } else if (at[1] == SOI) { /* the picture was cut, the next begins */
        s->state = COMPLETE;
    } else if (at[1] == TEM || (at[1] >= RST0 && at[1] <= RST7)) {
        s->at_bytes += 2;
    } else {
        return walk_segment(s, at, count - s->at_bytes);
    }
    return true;
}

static bool walk_entropy(jpeg_stream *s, const unsigned char *data,
                         size_t count)
{
    while (s->at_bytes < count && count - s->at_bytes >= 2) {
        unsigned char next = data[s->at_bytes + 1];

        if (data[s->at_bytes] != 0xFF) {
            s->at_bytes++;
        } else if (next == 0 || (next >= RST0 && next <= RST7)) {
            s->at_bytes += 2;
        } else {
            s->state = MARKER;
            return true;
        }
    }
    return false;
}

static bool find_any_end(jpeg_stream *s, const unsigned char *data,
                         size_t count)
{
    for (; s->at_bytes + 3 <= count; s->at_bytes++) {
        if (data[s->at_bytes] != 0xFF)
            continue;
        if (data[s->at_bytes + 1] == EOI) {
            s->at_bytes += 2;
            s->state = COMPLETE;
            return true;
        }
        if (data[s->at_bytes + 1] == SOI && data[s->at_bytes + 2] == 0xFF) {
            s->state = COMPLETE;
            return true;
        }
    }
    return false;
}

static bool walk_step(jpeg_stream *s)
{
    const unsigned char *data = (const unsigned char *)s->buffer.data;
    size_t count = s->buffer.count;

    switch (s->state) {
    case BETWEEN:
        return find_start(s, data, count);
    case MARKER:
        return walk_marker(s, data, count);
    case ENTROPY:
        return walk_entropy(s, data, count);
    case LOST:
        return find_any_end(s, data, count);
    default:
        return false;
    }
}

/* Bytes that were given before make room for those to come. */
static void drop_given(jpeg_stream *s)
{
    size_t kept = s->buffer.count - s->start_bytes;

    if (s->start_bytes > 0 && kept > 0)
        memmove(s->buffer.data, s->buffer.data + s->start_bytes, kept);
    s->buffer.count = kept;
    s->at_bytes -= s->start_bytes;
    s->start_bytes = 0;
}

static jpeg_stream_status read_more(jpeg_stream *s)
{
    char *end;
    ssize_t count;

    drop_given(s);
    if (s->buffer.count > s->limit_bytes) {
        s->ended = true;
        return JPEG_STREAM_TOO_LONG;
    }
    end = bytes_reserve(&s->buffer, CHUNK_BYTES);
    do {
        if (!interrupt_wait_readable(s->descriptor))
            return JPEG_STREAM_STOPPED;
        count = read(s->descriptor, end, CHUNK_BYTES);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        s->ended = true;
        return JPEG_STREAM_FAILED;
    }
    s->buffer.count += (size_t)count;
    s->ended = count == 0;
    return JPEG_STREAM_PICTURE;
}

static void give(jpeg_stream *s, const unsigned char **data,
                 size_t *count_bytes)
{
    size_t end = s->state == COMPLETE && s->at_bytes <= s->buffer.count
                     ? s->at_bytes
                     : s->buffer.count;

    *data = (const unsigned char *)s->buffer.data + s->start_bytes;
    *count_bytes = end - s->start_bytes;
    s->skip_bytes =
        s->owned_bytes > *count_bytes ? s->owned_bytes - *count_bytes : 0;
    s->owned_bytes = 0;
    s->start_bytes = s->at_bytes = end;
    s->state = BETWEEN;
}

static void look_at_first_bytes(jpeg_stream *s)
{
    const unsigned char *first = (const unsigned char *)s->buffer.data;

    if (s->buffer.count < 3 && !s->ended)
        return;
    s->many = s->buffer.count >= 3 && first[0] == 0xFF && first[1] == SOI &&
              first[2] == 0xFF;
    if (!s->many && s->buffer.count > 0)
        s->state = WHOLE;
}

jpeg_stream_status jpeg_stream_next(jpeg_stream *stream,
                                    const unsigned char **data,
                                    size_t *count_bytes)
{
    jpeg_stream_status status;

    for (;;) {
        while (walk_step(stream))
            if (stream->state == COMPLETE) {
                give(stream, data, count_bytes);
                return JPEG_STREAM_PICTURE;
            }
        if (stream->ended)
            break;
        status = read_more(stream);
        if (status != JPEG_STREAM_PICTURE)
            return status;
        if (!stream->many && stream->state == BETWEEN)
            look_at_first_bytes(stream);
    }
    if (stream->state == BETWEEN)
        return JPEG_STREAM_END; /* what is left is no picture */
    give(stream, data, count_bytes);
    return JPEG_STREAM_PICTURE;
}

void jpeg_stream_release(jpeg_stream *stream)
{
    bytes_release(&stream->buffer);
}
