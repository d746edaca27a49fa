/* old_hats.c - POST / of the hard-hat service. In: pictures, of which the
 * first counts, and boxes. Out: who wears one of them (old_answer.c). */
#include "old_service.h"

#include "detection.h"
#include "envelope.h"
#include "json_text.h"
#include "old_answer.h"
#include "picture_list.h"

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

static void answer(const hps_call *call, const json_t *object,
                   hps_old_kind kind, const hps_hat_list *boxes)
{
    hps_buffer file = {0};

    if (decode_pictures(call, object, &file)) {
        hatpose_result *result =
            hps_detect(call, call->worker->compat, &file,
                       kind == HPS_OLD_NOTHING_V6 ? NULL : boxes);

        if (result != NULL)
            hps_old_answer(&call->reply->body, result, kind, boxes->count);
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
                       const char *name, hps_old_kind kind, hps_hat_list *boxes)
{
    const json_t *list = json_object_get(object, name);

    if (list == NULL)
        return hps_call_fail(call, HPS_FAULT_FIELD_MISSING, "%s", name);
    if (kind == HPS_OLD_NOTHING_V6 || is_empty(list))
        list = NULL;
    return hps_hat_list_read(call, list, name,
                             kind == HPS_OLD_CLOTHES_V6 ? HATPOSE_GEAR_VEST
                                                        : HATPOSE_GEAR_HAT,
                             boxes);
}

static bool read_alarm(const hps_call *call, const json_t *object,
                       hps_old_kind *kind)
{
    const json_t *value = json_object_get(object, "alarmtype");
    double number = json_number_value(value);

    if (value == NULL)
        return hps_call_fail(call, HPS_FAULT_FIELD_MISSING, "alarmtype");
    *kind = number >= 2 && number <= 2   ? HPS_OLD_CLOTHES_V6
            : number >= 3 && number <= 3 ? HPS_OLD_HATS_V6
                                         : HPS_OLD_NOTHING_V6;
    return true;
}

void hps_old_hats(hps_worker *worker, const hps_request *request,
                  hps_reply *reply)
{
    hps_call call = {worker, request, reply};
    bool is_v6 = worker->service->compat == HPS_COMPAT_V6;
    json_t *object = hps_json_body(&call);
    hps_old_kind kind = HPS_OLD_HATS_V3;
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
