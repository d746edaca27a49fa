/* body.c - bounded bytes. In: pieces as they arrive. Out: one block; what it
 * takes is counted before it is taken. */
#include "body.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 16 * 1024 };

static bool take(hps_budget *budget, size_t count)
{
    size_t used = atomic_load(&budget->used_bytes);

    do {
        if (count > budget->limit_bytes - used)
            return false;
    } while (!atomic_compare_exchange_weak(&budget->used_bytes, &used,
                                           used + count));
    return true;
}

static void give(hps_budget *budget, size_t count)
{
    atomic_fetch_sub(&budget->used_bytes, count);
}

static hps_body_status grow(hps_body *body, size_t least)
{
    size_t wanted = body->capacity > 0 ? body->capacity : FIRST_BYTES;
    char *grown;

    while (wanted < least)
        wanted *= 2;
    if (wanted > body->limit_bytes && least <= body->limit_bytes)
        wanted = body->limit_bytes;
    if (!take(body->budget, wanted - body->capacity))
        return HPS_BODY_NO_ROOM;
    grown = realloc(body->data, wanted);
    if (grown == NULL) {
        give(body->budget, wanted - body->capacity);
        return HPS_BODY_NO_ROOM;
    }
    body->data = grown;
    body->capacity = wanted;
    return HPS_BODY_OK;
}

hps_body_status hps_body_append(hps_body *body, const void *data, size_t count)
{
    hps_body_status status = HPS_BODY_OK;

    if (count > body->limit_bytes - body->count)
        return HPS_BODY_TOO_LARGE;
    if (count == 0)
        return HPS_BODY_OK;
    if (count > body->capacity - body->count)
        status = grow(body, body->count + count);
    if (status != HPS_BODY_OK)
        return status;
    memcpy(body->data + body->count, data, count);
    body->count += count;
    return HPS_BODY_OK;
}

void hps_body_release(hps_body *body)
{
    free(body->data);
    if (body->capacity > 0)
        give(body->budget, body->capacity);
    body->data = NULL;
    body->count = body->capacity = 0;
}
