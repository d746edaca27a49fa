/* inquiry.c - what a request to /v1/ asks for. In: query, JSON, form. Out: a
 * picture and checked options. All three say options by the same names; they
 * become one JSON object, which is then read once. */
#include "inquiry.h"

#include <string.h>

#include "base64.h"
#include "json_text.h"

enum { NET_HEIGHT_MOST_PX = 512, NET_STEP_PX = 8 };

static const double image_id_most = 9007199254740991.0; /* 2^53 - 1 */

/* How text is read: as JSON, as a word, or as a switch ("" is on). */
typedef enum option_kind {
    OPTION_JSON,
    OPTION_WORD,
    OPTION_SWITCH
} option_kind;

static const struct option {
    const char *name;
    option_kind kind;
    hps_fault wrong; /* text that is no such thing */
    bool is_of_hats;
} options[] = {
    {"threshold", OPTION_JSON, HPS_FAULT_FIELD_NUMBER, false},
    {"size", OPTION_JSON, HPS_FAULT_FIELD_NUMBER, false},
    {"timings", OPTION_SWITCH, HPS_FAULT_FIELD_SWITCH, false},
    {"format", OPTION_WORD, HPS_FAULT_FIELD_TEXT, false},
    {"image_id", OPTION_JSON, HPS_FAULT_FIELD_NUMBER, false},
    {"hats", OPTION_JSON, HPS_FAULT_FIELD_LIST, true},
};

typedef struct reader {
    const hps_call *call;
    bool knows_hats;
    json_t *given; /* options by name */
} reader;

static bool fail(const reader *r, hps_fault fault, const char *name)
{
    return hps_call_fail(r->call, fault, "%s", name);
}

/* NULL: the reply says that there is none of that name. */
static const struct option *find(const reader *r, const char *name)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(options[i].name, name) == 0 &&
            (r->knows_hats || !options[i].is_of_hats))
            return &options[i];
    fail(r, HPS_FAULT_FIELD_UNKNOWN, name);
    return NULL;
}

/* ---- Text ---------------------------------------------------------------- */

static bool is_word(const char *text, size_t count, const char *word)
{
    return count == strlen(word) && memcmp(text, word, count) == 0;
}

static json_t *read_switch(const char *text, size_t count)
{
    if (count == 0 || is_word(text, count, "true") || is_word(text, count, "1"))
        return json_true();
    if (is_word(text, count, "false") || is_word(text, count, "0"))
        return json_false();
    return json_stringn(text, count);
}

static bool take_text(const reader *r, const char *name, const char *text,
                      size_t count)
{
    const struct option *option = find(r, name);
    json_t *value;

    if (option == NULL)
        return false;
    if (option->kind == OPTION_SWITCH)
        value = read_switch(text, count);
    else if (option->kind == OPTION_WORD)
        value = json_stringn(text, count);
    else
        value = hps_json_value(r->call, text, count);
    if (json_object_set_new(r->given, name, value) == 0)
        return true;
    return fail(r, option->wrong, name);
}

static bool take_query(const reader *r)
{
    const hps_request *request = r->call->request;

    for (size_t i = 0; i < request->parameter_count; i++) {
        const hps_parameter *parameter = &request->parameters[i];

        if (!take_text(r, parameter->name, parameter->value,
                       strlen(parameter->value)))
            return false;
    }
    return true;
}

/* ---- Bodies -------------------------------------------------------------- */

static bool take_bytes(const reader *r, const char *data, size_t count,
                       hps_buffer *file)
{
    hps_buffer_append(file, data, count);
    return !file->failed || hps_call_fail_plainly(r->call, HPS_FAULT_MEMORY);
}

static bool take_form(const reader *r, hps_buffer *file)
{
    const hps_request *request = r->call->request;
    const hps_part *picture = hps_request_part(request, "image");

    for (size_t i = 0; i < request->part_count; i++) {
        const hps_part *part = &request->parts[i];

        if (picture == NULL && part->is_file)
            picture = part;
        if (part != picture && strcmp(part->name, "image") != 0 &&
            !take_text(r, part->name, part->data, part->count))
            return false;
    }
    if (picture == NULL)
        return fail(r, HPS_FAULT_PICTURE_MISSING, "image");
    return take_bytes(r, picture->data, picture->count, file);
}

static bool take_base64(const reader *r, const json_t *image, hps_buffer *file)
{
    const char *text;
    size_t count;

    if (image == NULL)
        return fail(r, HPS_FAULT_FIELD_MISSING, "image");
    if (!hps_json_string(r->call, image, &text, &count))
        return fail(r, HPS_FAULT_FIELD_TEXT, "image");
    if (hps_base64_decode(text, count, file))
        return true;
    return fail(r, file->failed ? HPS_FAULT_MEMORY : HPS_FAULT_BASE64, "image");
}

static bool take_fields(const reader *r, json_t *object, hps_buffer *file)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        if (strcmp(name, "image") == 0)
            continue;
        if (find(r, name) == NULL)
            return false;
        if (json_object_set(r->given, name, value) != 0)
            return hps_call_fail_plainly(r->call, HPS_FAULT_MEMORY);
    }
    return take_base64(r, json_object_get(object, "image"), file);
}

static bool take_body(const reader *r, hps_buffer *file)
{
    const hps_request *request = r->call->request;
    json_t *object;
    bool right;

    if (request->media == HPS_MEDIA_FORM)
        return take_form(r, file);
    if (request->media != HPS_MEDIA_JSON && request->media != HPS_MEDIA_IMAGE)
        return fail(r, HPS_FAULT_MEDIA_TYPE,
                    "image/*, application/json, multipart/form-data");
    if (request->body_count == 0)
        return hps_call_fail_plainly(r->call, HPS_FAULT_BODY_EMPTY);
    if (request->media == HPS_MEDIA_IMAGE)
        return take_bytes(r, request->body, request->body_count, file);
    object = hps_json_body(r->call);
    right = object != NULL && take_fields(r, object, file);
    json_decref(object);
    return right;
}

/* ---- Options ------------------------------------------------------------- */

/* Leaves *out alone where nothing is given. range: for the error. */
static bool read_number(const reader *r, const char *name, double least,
                        double most, const char *range, double *out)
{
    const json_t *value = json_object_get(r->given, name);

    if (value == NULL)
        return true;
    if (!json_is_number(value))
        return fail(r, HPS_FAULT_FIELD_NUMBER, name);
    *out = json_number_value(value);
    if (*out >= least && *out <= most)
        return true;
    return hps_call_fail(r->call, HPS_FAULT_FIELD_RANGE, "%s %s", name, range);
}

static bool read_image_id(const reader *r, int64_t *image_id)
{
    static const char range[] = "0, 1 .. 2^53 - 1";
    double number = 0;

    if (!read_number(r, "image_id", 0, image_id_most, range, &number))
        return false;
    *image_id = (int64_t)number;
    return (double)*image_id >= number ||
           hps_call_fail(r->call, HPS_FAULT_FIELD_RANGE, "image_id %s", range);
}

static bool read_size(const reader *r, hps_inquiry *inquiry)
{
    uint32_t own = r->call->worker->service->options.net_height_px;
    double most = own > NET_HEIGHT_MOST_PX ? own : NET_HEIGHT_MOST_PX;
    double size = own;

    if (!read_number(r, "size", NET_STEP_PX, most, "8, 16 .. 512", &size))
        return false;
    inquiry->net_height_px = (uint32_t)size;
    if (inquiry->net_height_px % NET_STEP_PX == 0 &&
        inquiry->net_height_px >= size)
        return true;
    return fail(r, HPS_FAULT_FIELD_RANGE, "size 8, 16 .. 512");
}

static bool read_format(const reader *r, hps_answer_format *format)
{
    static const char *const words[] = {"native", "openpose", "coco", "jpeg"};
    const json_t *value = json_object_get(r->given, "format");

    if (value == NULL)
        return true;
    if (!json_is_string(value))
        return fail(r, HPS_FAULT_FIELD_TEXT, "format");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(json_string_value(value), json_string_length(value),
                    words[i])) {
            *format = (hps_answer_format)i;
            return true;
        }
    return fail(r, HPS_FAULT_FIELD_RANGE,
                "format native, openpose, coco, jpeg");
}

static bool read_timings(const reader *r, bool *timings)
{
    const json_t *value = json_object_get(r->given, "timings");

    *timings = json_is_true(value);
    return value == NULL || json_is_boolean(value) ||
           fail(r, HPS_FAULT_FIELD_SWITCH, "timings");
}

static bool read_options(const reader *r, hps_inquiry *inquiry)
{
    const json_t *hats = json_object_get(r->given, "hats");

    if (!read_number(r, "threshold", 0, 1, "0 .. 1", &inquiry->threshold) ||
        !read_image_id(r, &inquiry->image_id) || !read_size(r, inquiry) ||
        !read_format(r, &inquiry->format) ||
        !read_timings(r, &inquiry->timings))
        return false;
    inquiry->has_hats = hats != NULL;
    return hats == NULL || hps_hat_list_read(r->call, hats, "hats",
                                             HATPOSE_GEAR_HAT, &inquiry->hats);
}

bool hps_inquiry_read(const hps_call *call, bool knows_hats,
                      hps_inquiry *inquiry)
{
    reader r = {call, knows_hats, json_object()};
    bool right;

    *inquiry = (hps_inquiry){.format = HPS_ANSWER_NATIVE};
    if (r.given == NULL)
        return hps_call_fail_plainly(call, HPS_FAULT_MEMORY);
    right = take_query(&r) && take_body(&r, &inquiry->file) &&
            read_options(&r, inquiry);
    json_decref(r.given);
    return right;
}

void hps_inquiry_release(hps_inquiry *inquiry)
{
    hps_buffer_release(&inquiry->file);
    hps_hat_list_release(&inquiry->hats);
}
