/* fuzz_http.c - what of HTTP is read by our own code, each piece by itself
 * and with what must always hold of it. The first byte of an input chooses
 * the piece. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "buffer.h"
#include "coding.h"
#include "fuzzer.h"
#include "header.h"
#include "multipart.h"

enum { LIMIT_BYTES = 1 << 20, BUDGET_BYTES = 3 << 19 };

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* Within the text, in order, and the text comes to an end. */
static void read_list(const char *text)
{
    const char *at = text, *before = text;
    hps_header_item item;

    while (hps_header_next(&at, &item)) {
        demand(item.name >= before && item.name + item.name_count <= at);
        demand(item.quality >= 0 && item.quality <= 1000);
        demand(at > before && at <= text + strlen(text));
        before = at;
    }
    hps_coding_of(text);
    hps_coding_accepts_gzip(text);
    hps_header_language(text);
}

static void read_type(const char *text)
{
    char boundary[HPS_BOUNDARY_BYTES];
    const char *value;
    size_t count;

    hps_header_media(text);
    if (hps_header_boundary(text, boundary))
        demand(boundary[0] != '\0' && strstr(text, boundary) != NULL);
    if (hps_header_parameter(text, "name", &value, &count))
        demand(value >= text && value + count <= text + strlen(text));
}

/* Up to the first zero, on the heap so that one byte too far is seen. */
static void read_text(const uint8_t *data, size_t size,
                      void (*read)(const char *text))
{
    char *text = malloc(size + 1);

    if (text == NULL)
        return;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    read(text);
    free(text);
}

/* The parts lie one behind the other in the body. */
static void split_form(const uint8_t *data, size_t size)
{
    hps_part parts[HPS_PARTS_MOST];
    size_t count;
    char *body = malloc(size > 0 ? size : 1);
    const char *end = body;

    if (body == NULL)
        return;
    if (size > 0)
        memcpy(body, data, size);
    hps_multipart_split(body, size, "b", parts, &count);
    demand(count <= HPS_PARTS_MOST);
    for (size_t i = 0; i < count; i++) {
        demand(parts[i].name >= end);
        demand(parts[i].name + strlen(parts[i].name) < parts[i].data);
        end = parts[i].data + parts[i].count;
        demand(end <= body + size);
    }
    free(body);
}

static void unpack(hps_coding coding, const uint8_t *data, size_t size,
                   hps_body *out)
{
    hps_body_status status =
        hps_coding_undo(coding, (const char *)data, size, out);

    demand(out->count <= out->limit_bytes);
    demand(out->capacity == atomic_load(&out->budget->used_bytes));
    demand(status != HPS_BODY_NO_ROOM);
}

static void unpack_both(const uint8_t *data, size_t size)
{
    hps_budget budget = {.limit_bytes = BUDGET_BYTES};
    hps_body out = {.budget = &budget, .limit_bytes = LIMIT_BYTES};

    unpack(HPS_CODING_GZIP, data, size, &out);
    hps_body_release(&out);
    unpack(HPS_CODING_DEFLATE, data, size, &out);
    hps_body_release(&out);
    demand(atomic_load(&budget.used_bytes) == 0);
}

static void pack_and_unpack(const uint8_t *data, size_t size)
{
    hps_budget budget = {.limit_bytes = BUDGET_BYTES};
    hps_body out = {.budget = &budget, .limit_bytes = LIMIT_BYTES};
    hps_buffer packed = {0};

    if (size <= LIMIT_BYTES &&
        hps_coding_gzip((const char *)data, size, &packed)) {
        demand(hps_coding_undo(HPS_CODING_GZIP, packed.data, packed.count,
                               &out) == HPS_BODY_OK);
        demand(out.count == size &&
               (size == 0 || memcmp(out.data, data, size) == 0));
    }
    hps_body_release(&out);
    hps_buffer_release(&packed);
}

/* What is written can be read, and reads as it was if it was UTF-8. */
static void quote(const char *text)
{
    hps_buffer json = {0};
    json_t *plain = json_string(text), *read;

    hps_buffer_text(&json, "\"");
    hps_buffer_json(&json, text);
    hps_buffer_text(&json, "\"");
    read = json_loadb(json.data, json.count, JSON_DECODE_ANY, NULL);
    demand(read != NULL);
    demand(plain == NULL || json_equal(plain, read));
    json_decref(read);
    json_decref(plain);
    hps_buffer_release(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    switch (data[0]) {
    case 'l':
        read_text(data + 1, size - 1, read_list);
        break;
    case 't':
        read_text(data + 1, size - 1, read_type);
        break;
    case 'f':
        split_form(data + 1, size - 1);
        break;
    case 'u':
        unpack_both(data + 1, size - 1);
        break;
    case 'p':
        pack_and_unpack(data + 1, size - 1);
        break;
    default:
        read_text(data, size, quote);
    }
    return 0;
}
