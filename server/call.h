/* call.h - a request on its way through a route: who works, what was asked,
 * where the answer goes. */
#ifndef HPS_CALL_H
#define HPS_CALL_H

#include "fault.h"
#include "worker.h"

typedef struct hps_call {
    hps_worker *worker;
    const hps_request *request;
    hps_reply *reply;
} hps_call;

/* Turns the reply into this fault; the rest fills the gap of its sentence.
 * Always false, for callers to return. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
bool hps_call_fail(const hps_call *call, hps_fault fault, const char *format,
                   ...);
/* The same for a sentence without a gap. */
bool hps_call_fail_plainly(const hps_call *call, hps_fault fault);
/* The same for what the library says of a picture or its hats. */
bool hps_call_fail_as(const hps_call *call, const hatpose_error *err);

#endif
