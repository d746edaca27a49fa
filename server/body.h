/* body.h - the body of a request while it grows, counted in a budget that
 * all requests share. */
#ifndef HPS_BODY_H
#define HPS_BODY_H

#include <stdatomic.h>
#include <stddef.h>

typedef struct hps_budget {
    atomic_size_t used_bytes;
    size_t limit_bytes;
} hps_budget;

typedef enum hps_body_status {
    HPS_BODY_OK,
    HPS_BODY_TOO_LARGE, /* over its own limit */
    HPS_BODY_NO_ROOM,   /* the budget is used up, or memory is */
    HPS_BODY_CORRUPT    /* said by the reader of a coding */
} hps_body_status;

typedef struct hps_body { /* the first two: set at the start */
    hps_budget *budget;
    size_t limit_bytes;
    char *data;
    size_t count, capacity;
} hps_body;

hps_body_status hps_body_append(hps_body *body, const void *data, size_t count);
/* Gives the memory back. */
void hps_body_release(hps_body *body);

#endif
