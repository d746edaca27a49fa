/* pool.h - the worker threads between the queue and the answered. */
#ifndef HPS_POOL_H
#define HPS_POOL_H

#include <stdatomic.h>

#include "queue.h"

typedef struct hps_pool_thread hps_pool_thread;

typedef struct hps_pool {
    hps_queue queue;
    pthread_mutex_t lock;
    hps_exchange *answered; /* newest first */
    int wake_descriptor;    /* an eventfd, readable when there are answers */
    hps_pool_thread *threads;
    size_t thread_count;
    atomic_size_t ready_count, busy_count;
} hps_pool;

/* Takes the workers, one thread for each; false: errno says why, and the
 * workers are destroyed. */
bool hps_pool_start(hps_pool *pool, hps_worker **workers, size_t count,
                    size_t queue_most);
/* All that were answered since, newest first. */
hps_exchange *hps_pool_collect(hps_pool *pool);
/* Lets the threads end what they have, and those in the queue. */
void hps_pool_stop(hps_pool *pool);

#endif
