/* json_text.c - JSON from clients. In: bytes. Out: values of jansson's.
 *
 * jansson takes up to a hundred times the bytes of what it reads ("[[],[],"):
 * depth and number of values are bounded before it sees the text. It reads
 * some 70 MB/s, base64 of pictures too: long strings without a backslash are
 * taken out before, and a note of where in the body they are is put in their
 * place. Who writes such a note himself gets a piece of his own body. All
 * numbers become doubles, as the old service computes with them. */
#include "json_text.h"

#include <stdio.h>
#include <string.h>

#include "json_encoding.h"

enum { DEPTH_MOST = 32, VALUES_MOST = 100000, LONG_BYTES = 1024 };

/* A zero and this, then offset and length. */
static const char note[] = "@%zx,%zx";

typedef struct measure {
    int depth;
    size_t values;
} measure;

/* Behind the string that begins at text, or end. */
static const char *skip_string(const char *text, const char *end)
{
    const char *start = ++text;

    for (;;) {
        const char *quote = memchr(text, '"', (size_t)(end - text));
        const char *before = quote;

        if (quote == NULL)
            return end;
        while (before > start && before[-1] == '\\')
            before--;
        if ((quote - before) % 2 == 0)
            return quote + 1;
        text = quote + 1;
    }
}

/* False past a bound. The reader still decides whether this is JSON. */
static bool is_bounded(const char *text, const char *end, measure *m)
{
    while (text < end) {
        if (*text == '"') {
            text = skip_string(text, end);
            continue;
        }
        if (*text == '[' || *text == '{')
            m->depth++;
        else if (*text == ']' || *text == '}')
            m->depth--;
        m->values += *text == '[' || *text == '{' || *text == ',';
        if (m->depth > DEPTH_MOST || m->values > VALUES_MOST)
            return false;
        text++;
    }
    return true;
}

json_t *hps_json_value(const hps_call *call, const char *text, size_t count)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    measure m = {0, 0};
    json_error_t error;
    json_t *value;

    if (count == 0)
        text = "";
    if (count >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        text += 3;
        count -= 3;
    }
    if (!is_bounded(text, text + count, &m)) {
        if (m.depth > DEPTH_MOST)
            hps_call_fail(call, HPS_FAULT_JSON_DEEP, "%d", DEPTH_MOST);
        else
            hps_call_fail(call, HPS_FAULT_JSON_LARGE, "%d", VALUES_MOST);
        return NULL;
    }
    value = json_loadb(
        text, count, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL,
        &error);
    if (value == NULL && json_error_code(&error) == json_error_out_of_memory)
        hps_call_fail_plainly(call, HPS_FAULT_MEMORY);
    else if (value == NULL)
        hps_call_fail(call, HPS_FAULT_JSON_CORRUPT, "%s", error.text);
    return value;
}

/* The body with notes in place of its long strings. */
static void thin_out(const char *body, size_t count, hps_buffer *thin)
{
    const char *text = body, *end = body + count;

    while (text < end) {
        const char *quote = memchr(text, '"', (size_t)(end - text));
        const char *start = quote != NULL ? quote + 1 : end;
        const char *after = quote != NULL ? skip_string(quote, end) : end;
        size_t length = after > start ? (size_t)(after - start) - 1 : 0;

        if (length < LONG_BYTES || memchr(start, '\\', length) != NULL) {
            hps_buffer_append(thin, text, (size_t)(after - text));
        } else {
            hps_buffer_append(thin, text, (size_t)(start - text));
            hps_buffer_text(thin, "\\u0000");
            hps_buffer_print(thin, note, (size_t)(start - body), length);
            hps_buffer_text(thin, "\"");
        }
        text = after;
    }
}

bool hps_json_string(const hps_call *call, const json_t *value,
                     const char **text, size_t *count)
{
    size_t body_count = call->request->body_count;
    size_t offset, length;

    *text = json_string_value(value);
    *count = json_string_length(value);
    if (*text == NULL)
        return false;
    if (*count == 0 || **text != '\0' ||
        sscanf(*text + 1, note, &offset, &length) != 2)
        return true;
    if (offset > body_count || length > body_count - offset)
        return false;
    *text = call->request->body + offset;
    *count = length;
    return true;
}

/* In whatever encoding it came. */
static json_t *read_body(const hps_call *call)
{
    const char *body = call->request->body;
    size_t count = call->request->body_count;
    const char *encoding = hps_json_encoding(body, count);
    hps_buffer text = {0};
    json_t *value = NULL;

    if (encoding == NULL)
        thin_out(body, count, &text);
    if (encoding != NULL && !hps_json_to_utf8(encoding, body, count, &text) &&
        !text.failed)
        hps_call_fail(call, HPS_FAULT_JSON_CORRUPT, "%s", encoding);
    else if (text.failed)
        hps_call_fail_plainly(call, HPS_FAULT_MEMORY);
    else
        value = hps_json_value(call, text.data, text.count);
    hps_buffer_release(&text);
    return value;
}

json_t *hps_json_body(const hps_call *call)
{
    const hps_request *request = call->request;
    json_t *value;

    if (request->media != HPS_MEDIA_JSON) {
        hps_call_fail(call, HPS_FAULT_MEDIA_TYPE, "application/json");
        return NULL;
    }
    if (request->body_count == 0) {
        hps_call_fail_plainly(call, HPS_FAULT_BODY_EMPTY);
        return NULL;
    }
    value = read_body(call);
    if (value != NULL && !json_is_object(value)) {
        hps_call_fail(call, HPS_FAULT_FIELD_OBJECT, "JSON");
        json_decref(value);
        return NULL;
    }
    return value;
}
