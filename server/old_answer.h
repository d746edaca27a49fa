/* old_answer.h - what POST / of the hard-hat service says of people. */
#ifndef HPS_OLD_ANSWER_H
#define HPS_OLD_ANSWER_H

#include <hatpose.h>

#include "buffer.h"

/* The version, and in version 6 its alarmtype: 2, 3, anything else. */
typedef enum hps_old_kind {
    HPS_OLD_HATS_V3,
    HPS_OLD_CLOTHES_V6,
    HPS_OLD_HATS_V6,
    HPS_OLD_NOTHING_V6
} hps_old_kind;

/* The whole envelope. The rule must have been COMPAT. box_count: of the
 * clothes that were given. */
void hps_old_answer(hps_buffer *body, const hatpose_result *result,
                    hps_old_kind kind, uint32_t box_count);

#endif
