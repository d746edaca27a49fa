/* queue.c - a bounded line. In: requests from the event loop. Out: the same to
 * the workers. */
#include "queue.h"

bool hps_queue_init(hps_queue *queue, size_t most)
{
    *queue = (hps_queue){.most = most};
    if (pthread_mutex_init(&queue->lock, NULL) != 0)
        return false;
    if (pthread_cond_init(&queue->filled, NULL) == 0)
        return true;
    pthread_mutex_destroy(&queue->lock);
    return false;
}

void hps_queue_destroy(hps_queue *queue)
{
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->lock);
}

bool hps_queue_push(hps_queue *queue, hps_exchange *x)
{
    bool room;

    pthread_mutex_lock(&queue->lock);
    room = queue->count < queue->most + queue->idle_count;
    if (room) {
        x->next = NULL;
        if (queue->last != NULL)
            queue->last->next = x;
        else
            queue->first = x;
        queue->last = x;
        queue->count++;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->lock);
    return room;
}

/* Locked, and not empty. */
static hps_exchange *take_first(hps_queue *queue)
{
    hps_exchange *x = queue->first;

    queue->first = x->next;
    if (queue->first == NULL)
        queue->last = NULL;
    queue->count--;
    return x;
}

hps_exchange *hps_queue_pop(hps_queue *queue)
{
    hps_exchange *x;

    pthread_mutex_lock(&queue->lock);
    queue->idle_count++;
    while (queue->count == 0 && !queue->closed)
        pthread_cond_wait(&queue->filled, &queue->lock);
    queue->idle_count--;
    x = queue->count > 0 ? take_first(queue) : NULL;
    pthread_mutex_unlock(&queue->lock);
    return x;
}

hps_exchange *hps_queue_pop_late(hps_queue *queue)
{
    hps_exchange *x = NULL;

    pthread_mutex_lock(&queue->lock);
    if (queue->count > 0 && hps_request_is_late(&queue->first->request))
        x = take_first(queue);
    pthread_mutex_unlock(&queue->lock);
    return x;
}

size_t hps_queue_count(hps_queue *queue)
{
    size_t count;

    pthread_mutex_lock(&queue->lock);
    count =
        queue->count > queue->idle_count ? queue->count - queue->idle_count : 0;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

void hps_queue_close(hps_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}
