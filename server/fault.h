/* fault.h - what can be wrong with a request: status, code word and sentence
 * of each fault, English and Chinese. */
#ifndef HPS_FAULT_H
#define HPS_FAULT_H

#include "route.h"

typedef enum hps_fault {
    /* of HTTP */
    HPS_FAULT_NOT_FOUND,
    HPS_FAULT_METHOD,
    HPS_FAULT_UNAUTHORIZED,
    HPS_FAULT_BODY_TOO_LARGE,
    HPS_FAULT_CODING_UNKNOWN,
    HPS_FAULT_CODING_CORRUPT,
    HPS_FAULT_FORM_CORRUPT,
    HPS_FAULT_QUERY_CORRUPT,
    HPS_FAULT_SLOW,
    HPS_FAULT_BUSY,
    HPS_FAULT_DEADLINE,
    HPS_FAULT_STOPPING,
    HPS_FAULT_LOADING,
    HPS_FAULT_MEMORY,
    HPS_FAULT_INTERNAL,
    /* of the routes */
    HPS_FAULT_MEDIA_TYPE,
    HPS_FAULT_BODY_EMPTY,
    HPS_FAULT_JSON_CORRUPT,
    HPS_FAULT_JSON_DEEP,
    HPS_FAULT_JSON_LARGE,
    HPS_FAULT_FIELD_MISSING,
    HPS_FAULT_FIELD_UNKNOWN,
    HPS_FAULT_FIELD_NUMBER,
    HPS_FAULT_FIELD_TEXT,
    HPS_FAULT_FIELD_SWITCH,
    HPS_FAULT_FIELD_LIST,
    HPS_FAULT_FIELD_OBJECT,
    HPS_FAULT_FIELD_RANGE,
    HPS_FAULT_TOO_MANY,
    HPS_FAULT_BASE64,
    HPS_FAULT_PICTURE_MISSING,
    HPS_FAULT_PICTURE_FORMAT,
    HPS_FAULT_PICTURE_CORRUPT,
    HPS_FAULT_LIMIT,
    HPS_FAULT_ARGUMENT,
    HPS_FAULT_COUNT
} hps_fault;

/* Makes the reply an error in the form of the request's route, in its
 * language; what was in the body is dropped. detail fills the gap of the
 * fault's sentence; NULL where it has none. */
void hps_reply_fail(const hps_request *request, hps_reply *reply,
                    hps_fault fault, const char *detail);

#endif
