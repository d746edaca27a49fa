/* hat_list.c - boxes of hats in JSON. In: the old service's objects or plain
 * numbers. Out: the library's boxes. */
#include "hat_list.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIDES = 4, PLACE_BYTES = 64 };

static bool read_number(const json_t *value, double *out)
{
    if (json_is_boolean(value))
        *out = json_is_true(value) ? 1 : 0;
    else if (json_is_number(value))
        *out = json_number_value(value);
    else
        return false;
    return true;
}

/* A box, or the list of its sides. place: "hats[3]", for the error. */
static bool read_box(const hps_call *call, const json_t *box, const char *place,
                     double sides[SIDES])
{
    static const char *const names[SIDES] = {"left", "top", "width", "height"};
    const json_t *list =
        json_is_object(box) ? json_object_get(box, "box") : box;

    if (list == NULL) {
        for (int i = 0; i < SIDES; i++) {
            const json_t *side = json_object_get(box, names[i]);

            if (side == NULL)
                return hps_call_fail(call, HPS_FAULT_FIELD_MISSING, "%s.%s",
                                     place, names[i]);
            if (!read_number(side, &sides[i]))
                return hps_call_fail(call, HPS_FAULT_FIELD_NUMBER, "%s.%s",
                                     place, names[i]);
        }
        return true;
    }
    if (json_array_size(list) != SIDES)
        return hps_call_fail(call, HPS_FAULT_FIELD_OBJECT, "%s", place);
    for (size_t i = 0; i < SIDES; i++)
        if (!read_number(json_array_get(list, i), &sides[i]))
            return hps_call_fail(call, HPS_FAULT_FIELD_NUMBER, "%s[%zu]", place,
                                 i);
    return true;
}

static bool read_boxes(const hps_call *call, const json_t *list,
                       const char *name, uint32_t kind, hps_hat_list *hats)
{
    const json_t *box;
    size_t i;

    json_array_foreach(list, i, box)
    {
        char place[PLACE_BYTES];
        double sides[SIDES], score = 1;

        snprintf(place, sizeof place, "%s[%zu]", name, i);
        if (!read_box(call, box, place, sides))
            return false;
        read_number(json_object_get(box, "score"), &score);
        hats->boxes[hats->count++] =
            (hatpose_hat){.left = sides[0],
                          .top = sides[1],
                          .width = sides[2],
                          .height = sides[3],
                          .score = (float)fmax(0, fmin(score, 1)),
                          .kind = kind};
    }
    return true;
}

bool hps_hat_list_read(const hps_call *call, const json_t *list,
                       const char *name, uint32_t kind, hps_hat_list *hats)
{
    size_t count = json_array_size(list);
    size_t most = call->worker->service->options.max_hats;

    *hats = (hps_hat_list){NULL, 0};
    if (list != NULL && !json_is_array(list))
        return hps_call_fail(call, HPS_FAULT_FIELD_LIST, "%s", name);
    if (count > most)
        return hps_call_fail(call, HPS_FAULT_TOO_MANY, "%s: %zu > %zu", name,
                             count, most);
    hats->boxes = calloc(count + 1, sizeof *hats->boxes);
    if (hats->boxes == NULL)
        return hps_call_fail_plainly(call, HPS_FAULT_MEMORY);
    if (read_boxes(call, list, name, kind, hats))
        return true;
    hps_hat_list_release(hats);
    return false;
}

void hps_hat_list_release(hps_hat_list *hats)
{
    free(hats->boxes);
    *hats = (hps_hat_list){NULL, 0};
}
