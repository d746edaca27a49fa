/* hat_list.h - boxes of hats in JSON. */
#ifndef HPS_HAT_LIST_H
#define HPS_HAT_LIST_H

#include <jansson.h>

#include "call.h"

typedef struct hps_hat_list {
    hatpose_hat *boxes; /* never NULL after a read: a detector looked */
    uint32_t count;
} hps_hat_list;

/* A list of boxes: {"left":..,"top":..,"width":..,"height":..},
 * {"box":[left,top,width,height]} or [left,top,width,height]; true and false
 * pass as 1 and 0, other keys are ignored. list NULL: an empty one. kind:
 * HATPOSE_GEAR_*. False: the reply tells what is wrong. */
bool hps_hat_list_read(const hps_call *call, const json_t *list,
                       const char *name, uint32_t kind, hps_hat_list *hats);
void hps_hat_list_release(hps_hat_list *hats);

#endif
