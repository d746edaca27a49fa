/* call.c - how a request's way ends early. In: a fault or the library's
 * error. Out: the reply that tells it. */
#include "call.h"

#include <stdarg.h>
#include <stdio.h>

enum { DETAIL_BYTES = 400 };

bool hps_call_fail(const hps_call *call, hps_fault fault, const char *format,
                   ...)
{
    char detail[DETAIL_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    hps_reply_fail(call->request, call->reply, fault, detail);
    return false;
}

bool hps_call_fail_plainly(const hps_call *call, hps_fault fault)
{
    hps_reply_fail(call->request, call->reply, fault, NULL);
    return false;
}

bool hps_call_fail_as(const hps_call *call, const hatpose_error *err)
{
    hps_fault fault = HPS_FAULT_INTERNAL;

    switch (err->status) {
    case HATPOSE_E_IMAGE_FORMAT:
        fault = HPS_FAULT_PICTURE_FORMAT;
        break;
    case HATPOSE_E_IMAGE_CORRUPT:
        fault = HPS_FAULT_PICTURE_CORRUPT;
        break;
    case HATPOSE_E_LIMIT:
        fault = HPS_FAULT_LIMIT;
        break;
    case HATPOSE_E_ARGUMENT:
        fault = HPS_FAULT_ARGUMENT;
        break;
    case HATPOSE_E_MEMORY:
        fault = HPS_FAULT_MEMORY;
        break;
    default:
        break;
    }
    return hps_call_fail(call, fault, "%s", err->message);
}
