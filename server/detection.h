/* detection.h - people in one picture, counted and timed for /metrics. */
#ifndef HPS_DETECTION_H
#define HPS_DETECTION_H

#include "call.h"
#include "hat_list.h"

/* context: one of the worker's. hats NULL: no detector looked. NULL: the
 * reply tells what is wrong. The caller destroys the result. */
hatpose_result *hps_detect(const hps_call *call, hatpose_context *context,
                           const hps_buffer *file, const hps_hat_list *hats);

#endif
