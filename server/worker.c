/* worker.c - the contexts of a worker thread. In: the shared model and
 * options. Out: a pair of contexts. */
#include "worker.h"

#include <stdlib.h>

/* The commonest shape of photos and cameras; the network's size follows from
 * the shape alone. */
enum { WARM_UP_WIDTH_PX = 64, WARM_UP_HEIGHT_PX = 36 };

hps_worker *hps_worker_create(const hps_service *service, hatpose_error *err)
{
    hatpose_options options = service->options;
    hps_worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL) {
        *err = (hatpose_error){.status = HATPOSE_E_MEMORY,
                               .message = "no memory for a worker"};
        return NULL;
    }
    worker->service = service;
    worker->detect = hatpose_detect_encoded;
    options.decode = HATPOSE_DECODE_COMPAT;
    options.hat_rule = HATPOSE_HATS_COMPAT;
    options.hat_sources = HATPOSE_FROM_CALLER;
    options.accept_damaged_jpeg = 1;
    options.paint_hats = service->discs && service->compat == HPS_COMPAT_V3;
    if (hatpose_context_create(service->model, &service->options, &worker->best,
                               err) == HATPOSE_OK &&
        hatpose_context_create(service->model, &options, &worker->compat,
                               err) == HATPOSE_OK)
        return worker;
    hps_worker_destroy(worker);
    return NULL;
}

void hps_worker_warm_up(hps_worker *worker)
{
    static const unsigned char gray[WARM_UP_WIDTH_PX * WARM_UP_HEIGHT_PX];
    const hatpose_image layout = {.struct_size = sizeof layout,
                                  .format = HATPOSE_GRAY8,
                                  .width_px = WARM_UP_WIDTH_PX,
                                  .height_px = WARM_UP_HEIGHT_PX};
    hatpose_result *result;

    /* What fails here fails again, and is told, with a client's picture. */
    if (hatpose_detect(worker->best, gray, &layout, NULL, 0, &result, NULL) ==
        HATPOSE_OK)
        hatpose_result_destroy(result);
}

void hps_worker_destroy(hps_worker *worker)
{
    if (worker == NULL)
        return;
    hatpose_context_destroy(worker->best);
    hatpose_context_destroy(worker->compat);
    free(worker);
}
