/* native.c - the routes of our own. In: a picture, perhaps boxes of hats. Out:
 * the library's JSON, OpenPose's, COCO's, or the drawn picture. */
#include "native.h"

#include "detection.h"
#include "drawing.h"
#include "inquiry.h"
#include "keypoint_json.h"

static bool write_native(const hps_call *call, const hatpose_result *result,
                         bool timings)
{
    hps_buffer *body = &call->reply->body;
    uint32_t flags = timings ? HATPOSE_JSON_TIMINGS : 0;
    size_t needed = 0;
    char *text;

    hatpose_result_to_json(result, flags, NULL, 0, &needed);
    text = hps_buffer_reserve(body, needed);
    if (text == NULL)
        return hps_call_fail_plainly(call, HPS_FAULT_MEMORY);
    if (hatpose_result_to_json(result, flags, text, needed, &needed) !=
        HATPOSE_OK)
        return hps_call_fail(call, HPS_FAULT_INTERNAL, "JSON");
    text[needed - 1] = '\n'; /* in place of the zero */
    hps_buffer_commit(body, needed);
    return true;
}

static bool write_drawn(const hps_call *call, const hps_inquiry *inquiry,
                        const hatpose_result *result)
{
    const hps_drawing drawing = {call->worker->best, &inquiry->file, result, 0};

    if (!hps_drawing_make(call, &drawing, &call->reply->body))
        return false;
    call->reply->content_type = "image/jpeg";
    return true;
}

static bool write_answer(const hps_call *call, const hps_inquiry *inquiry,
                         const hatpose_result *result)
{
    hps_buffer *body = &call->reply->body;

    switch (inquiry->format) {
    case HPS_ANSWER_OPENPOSE:
        hps_openpose_write(body, result);
        return true;
    case HPS_ANSWER_COCO:
        hps_coco_write(body, result, inquiry->image_id);
        return true;
    case HPS_ANSWER_JPEG:
        return write_drawn(call, inquiry, result);
    default:
        return write_native(call, result, inquiry->timings);
    }
}

/* The worker's own size is put back after a request for another. */
static bool set_size(const hps_call *call, uint32_t net_height_px)
{
    hatpose_options options = call->worker->service->options;
    hatpose_error err = {0};

    options.net_height_px = net_height_px;
    return hatpose_context_configure(call->worker->best, &options, &err) ==
               HATPOSE_OK ||
           hps_call_fail_as(call, &err);
}

static hatpose_result *look(const hps_call *call, const hps_inquiry *inquiry)
{
    uint32_t own = call->worker->service->options.net_height_px;
    const hps_hat_list *hats = inquiry->has_hats ? &inquiry->hats : NULL;
    bool is_other = inquiry->net_height_px != own;
    hatpose_result *result = NULL;

    if (!is_other || set_size(call, inquiry->net_height_px))
        result = hps_detect(call, call->worker->best, &inquiry->file, hats);
    if (is_other && !set_size(call, own)) {
        hatpose_result_destroy(result);
        return NULL;
    }
    return result;
}

/* NULL: the reply tells. The whole result is destroyed. */
static hatpose_result *without_weak(const hps_call *call,
                                    hatpose_result *result, double threshold)
{
    hatpose_result *filtered;
    hatpose_error err = {0};

    if (result == NULL || !(threshold > 0))
        return result;
    if (hatpose_result_filter(result, (float)threshold, &filtered, &err) !=
        HATPOSE_OK)
        hps_call_fail_as(call, &err);
    hatpose_result_destroy(result);
    return filtered;
}

static void run(const hps_call *call, bool knows_hats)
{
    hps_inquiry inquiry;
    hatpose_result *result = NULL;

    if (hps_inquiry_read(call, knows_hats, &inquiry))
        result = without_weak(call, look(call, &inquiry), inquiry.threshold);
    if (result != NULL)
        write_answer(call, &inquiry, result);
    hatpose_result_destroy(result);
    hps_inquiry_release(&inquiry);
}

void hps_native_detect(hps_worker *worker, const hps_request *request,
                       hps_reply *reply)
{
    hps_call call = {worker, request, reply};

    run(&call, false);
}

void hps_native_hats(hps_worker *worker, const hps_request *request,
                     hps_reply *reply)
{
    hps_call call = {worker, request, reply};

    run(&call, true);
}
