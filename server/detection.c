/* detection.c - people in one picture. In: an encoded picture, boxes of hats.
 * Out: the library's result; its counts and times go into the reply. */
#include "detection.h"

static void count_people(const hatpose_result *result, hps_reply *reply)
{
    hatpose_times times = {.struct_size = sizeof times};

    reply->picture_count++;
    reply->person_count += hatpose_result_person_count(result);
    hatpose_result_times(result, &times);
    reply->stage_us[HPS_STAGE_DECODE] += (int64_t)times.decode_us;
    reply->stage_us[HPS_STAGE_PREPARE] += (int64_t)times.prepare_us;
    reply->stage_us[HPS_STAGE_NETWORK] += (int64_t)times.network_us;
    reply->stage_us[HPS_STAGE_PEOPLE] += (int64_t)times.decode_people_us;
    reply->stage_us[HPS_STAGE_MATCH] += (int64_t)times.match_us;
}

hatpose_result *hps_detect(const hps_call *call, hatpose_context *context,
                           const hps_buffer *file, const hps_hat_list *hats)
{
    hatpose_result *result;
    hatpose_error err = {0};
    hatpose_status status;

    if (hps_request_is_late(call->request)) {
        hps_call_fail_plainly(call, HPS_FAULT_DEADLINE);
        return NULL;
    }
    status =
        call->worker->detect(context, file->count > 0 ? file->data : "",
                             file->count, hats == NULL ? NULL : hats->boxes,
                             hats == NULL ? 0 : hats->count, &result, &err);
    if (status != HATPOSE_OK) {
        hps_call_fail_as(call, &err);
        return NULL;
    }
    count_people(result, call->reply);
    return result;
}
