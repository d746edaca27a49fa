/* wording.c - the words for what a result says of hats. */
#include "result/wording.h"

const char *hp_hat_state_string(int32_t state)
{
    switch (state) {
    case HATPOSE_HAT_WORN:
        return "worn";
    case HATPOSE_HAT_NOT_WORN:
        return "not_worn";
    default:
        return "unknown";
    }
}

const char *hp_hat_reason_string(int32_t reason)
{
    switch (reason) {
    case HATPOSE_REASON_NO_EVIDENCE:
        return "no_evidence";
    case HATPOSE_REASON_HAT_ON_HEAD:
        return "hat_on_head";
    case HATPOSE_REASON_HEAD_BARE:
        return "head_bare";
    case HATPOSE_REASON_HAT_IN_HAND:
        return "hat_in_hand";
    case HATPOSE_REASON_HEAD_HIDDEN:
        return "head_hidden";
    case HATPOSE_REASON_HEAD_TOO_SMALL:
        return "head_too_small";
    default:
        return "unknown_reason";
    }
}

const char *hp_hat_source_string(uint32_t source)
{
    switch (source) {
    case HATPOSE_FROM_CALLER:
        return "caller";
    case HATPOSE_FROM_MODEL:
        return "model";
    default:
        return NULL;
    }
}
