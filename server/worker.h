/* worker.h - what a worker thread has to itself: a pair of contexts over the
 * one model. */
#ifndef HPS_WORKER_H
#define HPS_WORKER_H

#include <stdbool.h>

#include <hatpose.h>

#include "route.h"

/* Which version of the old service POST / and the side routes answer as. */
typedef enum hps_compat { HPS_COMPAT_V3, HPS_COMPAT_V6 } hps_compat;

/* Shared by all workers and constant while serving. */
struct hps_service {
    hatpose_model *model;
    hatpose_options options; /* of /v1/: best, geometric, the limits */
    hps_compat compat;
    bool discs; /* v3: white discs at the hats before the network */
};

/* hatpose_detect_encoded is one. */
typedef hatpose_status (*hps_detect_fn)(hatpose_context *context,
                                        const void *data, size_t bytes,
                                        const hatpose_hat *hats,
                                        uint32_t hat_count,
                                        hatpose_result **out,
                                        hatpose_error *err);

struct hps_worker {
    const hps_service *service;
    hps_detect_fn detect; /* tests put recorded people in its place */
    /* /v1/: service->options as they are. */
    hatpose_context *best;
    /* POST /, the side routes and PaddleHub's: decode and rule compat, boxes
     * from the client alone, damaged JPEG files as OpenCV has them;
     * paint_hats as service->discs says, never with v6. */
    hatpose_context *compat;
};

/* NULL: err says why. */
hps_worker *hps_worker_create(const hps_service *service, hatpose_error *err);
/* Looks at a gray picture, so that the first client does not wait for plans
 * and memory. */
void hps_worker_warm_up(hps_worker *worker);
void hps_worker_destroy(hps_worker *worker); /* NULL is fine */

#endif
