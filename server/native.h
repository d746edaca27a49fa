/* native.h - the routes of our own: /v1/detect and /v1/hats. */
#ifndef HPS_NATIVE_H
#define HPS_NATIVE_H

#include "route.h"

/* POST: people and their joints; errors in the default form. */
void hps_native_detect(hps_worker *worker, const hps_request *request,
                       hps_reply *reply);
/* POST: the same, and who wears which hat. */
void hps_native_hats(hps_worker *worker, const hps_request *request,
                     hps_reply *reply);

#endif
