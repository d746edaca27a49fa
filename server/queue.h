/* queue.h - requests that wait for a worker: first come, first served, and no
 * more than a fixed number. One that an idle worker is about to take does not
 * count as waiting. */
#ifndef HPS_QUEUE_H
#define HPS_QUEUE_H

#include <pthread.h>

#include "exchange.h"

typedef struct hps_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    hps_exchange *first, *last;
    size_t count, most;
    size_t idle_count; /* workers that wait for a request */
    bool closed;
} hps_queue;

/* False: no memory for its locks. */
bool hps_queue_init(hps_queue *queue, size_t most);
void hps_queue_destroy(hps_queue *queue);
/* False: it is full. */
bool hps_queue_push(hps_queue *queue, hps_exchange *x);
/* Waits; NULL: closed, and nothing is left. */
hps_exchange *hps_queue_pop(hps_queue *queue);
/* The first one, if its deadline is past. All wait equally long, so that the
 * first is the next. */
hps_exchange *hps_queue_pop_late(hps_queue *queue);
/* Those that wait. */
size_t hps_queue_count(hps_queue *queue);
void hps_queue_close(hps_queue *queue);

#endif
