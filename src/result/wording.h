/* wording.h - the words for what a result says of hats. */
#ifndef HP_WORDING_H
#define HP_WORDING_H

#include "hatpose.h"

/* "worn", "not_worn", "unknown". */
const char *hp_hat_state_string(int32_t state);
/* "head_bare", ..; "unknown_reason" for what is none. */
const char *hp_hat_reason_string(int32_t reason);
/* "caller", "model"; NULL for what is neither. */
const char *hp_hat_source_string(uint32_t source);

#endif
