/* old_hats.c - POST / of the hard-hat service. In: pictures, of which the
 * first counts, and boxes. Out: who wears one of them. Version 3 leaves out
 * people without a visible head or with a tiny box; version 6 does not, and
 * knows clothes too. */
#include "old_service.h"

#include <stdio.h>
#include <stdlib.h>

#include "detection.h"
#include "envelope.h"
#include "json_text.h"
#include "picture_list.h"
#include "python_float.h"

/* On the unrounded rate. */
static const double least_rate = 0.001;

/* Version 6's alarmtype; anything but 2 and 3 matches nothing. */
typedef enum alarm {
    ALARM_NONE,
    ALARM_CLOTHES,
    ALARM_HATS,
    ALARM_HATS_V3
} alarm;

static bool has_box(const hatpose_person *person)
{
    return person->compat_x2 > 0; /* it is around joints at x > 0 */
}

/* Five decimals, then a percentage: the service's own order. */
static void write_rate(hps_buffer *body, double rate)
{
    char text[HPS_PYTHON_FLOAT_BYTES];

    snprintf(text, sizeof text, "%.5f", rate);
    hps_python_float(strtod(text, NULL) * 100, text);
    hps_buffer_text(body, text);
}

static void write_box(hps_buffer *body, const hatpose_person *p)
{
    hps_buffer_print(body, ",\"x1\":%d,\"x2\":%d,\"y1\":%d,\"y2\":%d}",
                     p->compat_x1, p->compat_x2, p->compat_y1, p->compat_y2);
}

/* Numbers that were never computed are Python's whole ones: 0, and 1 where
 * nobody looked for clothes. */
static void write_score(hps_buffer *body, const hatpose_person *p, alarm kind,
                        uint32_t box_count)
{
    char text[HPS_PYTHON_FLOAT_BYTES];

    if (kind != ALARM_CLOTHES) {
        hps_buffer_text(body, ",\"score\":1");
    } else if (box_count == 0 || !(p->hat_score > 0)) {
        hps_buffer_text(body, ",\"score\":0");
    } else {
        hps_python_float(p->hat_score, text);
        hps_buffer_print(body, ",\"score\":%s", text);
    }
}

static void write_person(hps_buffer *body, const hatpose_person *p, alarm kind,
                         uint32_t box_count)
{
    bool worn = p->hat_state == HATPOSE_HAT_WORN;

    hps_buffer_print(body, "{\"flag\":%s,\"rate\":", worn ? "true" : "false");
    if ((kind == ALARM_HATS || kind == ALARM_HATS_V3) && p->area_rate >= 0)
        write_rate(body, p->area_rate);
    else
        hps_buffer_text(body, "0");
    if (kind != ALARM_HATS_V3)
        write_score(body, p, kind, box_count);
    write_box(body, p);
}

static void write_people(hps_buffer *body, const hatpose_result *result,
                         alarm kind, uint32_t box_count)
{
    uint32_t count = hatpose_result_person_count(result);
    const char *between = "";

    hps_envelope_begin(body, HPS_CODE_TEXT);
    for (uint32_t i = 0; i < count; i++) {
        hatpose_person p = {.struct_size = sizeof p};

        hatpose_result_person(result, i, &p);
        if (!has_box(&p) || (kind == ALARM_HATS_V3 && p.area_rate < least_rate))
            continue;
        hps_buffer_text(body, between);
        write_person(body, &p, kind, box_count);
        between = ",";
    }
    hps_envelope_end(body, "Success");
}

/* The first picture; the others only have to be base64. */
static bool decode_pictures(const hps_call *call, const json_t *object,
                            hps_buffer *file)
{
    hps_picture_list list;
    bool right = hps_picture_list_open(call, object, "img", &list);

    for (size_t i = list.count; right && i > 0; i--)
        right = hps_picture_list_decode(call, &list, i - 1, file);
    return right;
}

static void answer(const hps_call *call, const json_t *object, alarm kind,
                   const hps_hat_list *boxes)
{
    hps_buffer file = {0};

    if (decode_pictures(call, object, &file)) {
        hatpose_result *result = hps_detect(call, call->worker->compat, &file,
                                            kind == ALARM_NONE ? NULL : boxes);

        if (result != NULL)
            write_people(&call->reply->body, result, kind, boxes->count);
        hatpose_result_destroy(result);
    }
    hps_buffer_release(&file);
}

/* As the service walked over it: {} and "" are empty lists. */
static bool is_empty(const json_t *list)
{
    return (json_is_string(list) && json_string_length(list) == 0) ||
           (json_is_object(list) && json_object_size(list) == 0);
}

static bool read_boxes(const hps_call *call, const json_t *object,
                       const char *name, alarm kind, hps_hat_list *boxes)
{
    const json_t *list = json_object_get(object, name);

    if (list == NULL)
        return hps_call_fail(call, HPS_FAULT_FIELD_MISSING, "%s", name);
    if (kind == ALARM_NONE || is_empty(list))
        list = NULL;
    return hps_hat_list_read(
        call, list, name,
        kind == ALARM_CLOTHES ? HATPOSE_GEAR_VEST : HATPOSE_GEAR_HAT, boxes);
}

static bool read_alarm(const hps_call *call, const json_t *object, alarm *kind)
{
    const json_t *value = json_object_get(object, "alarmtype");
    double number = json_number_value(value);

    if (value == NULL)
        return hps_call_fail(call, HPS_FAULT_FIELD_MISSING, "alarmtype");
    *kind = number >= 2 && number <= 2   ? ALARM_CLOTHES
            : number >= 3 && number <= 3 ? ALARM_HATS
                                         : ALARM_NONE;
    return true;
}

void hps_old_hats(hps_worker *worker, const hps_request *request,
                  hps_reply *reply)
{
    hps_call call = {worker, request, reply};
    bool is_v6 = worker->service->compat == HPS_COMPAT_V6;
    json_t *object = hps_json_body(&call);
    alarm kind = ALARM_HATS_V3;
    hps_hat_list boxes = {0};

    if (object != NULL && (!is_v6 || read_alarm(&call, object, &kind)) &&
        read_boxes(&call, object, is_v6 ? "location" : "hat_location", kind,
                   &boxes))
        answer(&call, object, kind, &boxes);
    hps_hat_list_release(&boxes);
    json_decref(object);
}

void hps_old_hats_error(const hps_service *service, int status,
                        const char *code, const char *message, hps_buffer *body)
{
    (void)service;
    (void)code;
    hps_envelope_error(body, HPS_CODE_TEXT, status, message);
}
