/* pool.c - worker threads. In: requests from the queue. Out: their replies,
 * and a wake-up for the event loop. */
#include "pool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "worker.h"

struct hps_pool_thread {
    pthread_t id;
    hps_pool *pool;
    hps_worker *worker;
};

static void answer(hps_pool *pool, hps_exchange *x)
{
    static const uint64_t one = 1;
    bool first;

    pthread_mutex_lock(&pool->lock);
    first = pool->answered == NULL;
    x->next = pool->answered;
    pool->answered = x;
    pthread_mutex_unlock(&pool->lock);
    /* Can fail only when the counter is full, and then it is readable. */
    if (first && write(pool->wake_descriptor, &one, sizeof one) < 0)
        return;
}

static void *work(void *argument)
{
    hps_pool_thread *thread = argument;
    hps_pool *pool = thread->pool;
    hps_exchange *x;

    hps_worker_warm_up(thread->worker);
    atomic_fetch_add(&pool->ready_count, 1);
    while ((x = hps_queue_pop(&pool->queue)) != NULL) {
        atomic_fetch_add(&pool->busy_count, 1);
        hps_exchange_run(x, thread->worker);
        atomic_fetch_sub(&pool->busy_count, 1);
        answer(pool, x);
    }
    return NULL;
}

/* Signals are the event loop's. */
static bool start_threads(hps_pool *pool, hps_worker **workers, size_t count)
{
    sigset_t all, before;
    int error = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (size_t i = 0; i < count && error == 0; i++) {
        hps_pool_thread *thread = &pool->threads[i];

        *thread = (hps_pool_thread){.pool = pool, .worker = workers[i]};
        error = pthread_create(&thread->id, NULL, work, thread);
        if (error == 0) {
            workers[i] = NULL;
            pool->thread_count++;
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return error == 0;
}

static bool init(hps_pool *pool, size_t count, size_t queue_most)
{
    pool->threads = calloc(count, sizeof *pool->threads);
    if (pool->threads == NULL)
        return false;
    pool->wake_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->wake_descriptor < 0)
        goto no_descriptor;
    if ((errno = pthread_mutex_init(&pool->lock, NULL)) != 0)
        goto no_lock;
    if (hps_queue_init(&pool->queue, queue_most))
        return true;
    pthread_mutex_destroy(&pool->lock);
no_lock:
    close(pool->wake_descriptor);
no_descriptor:
    free(pool->threads);
    return false;
}

bool hps_pool_start(hps_pool *pool, hps_worker **workers, size_t count,
                    size_t queue_most)
{
    bool started = false;

    *pool = (hps_pool){0};
    if (init(pool, count, queue_most)) {
        started = start_threads(pool, workers, count);
        if (!started)
            hps_pool_stop(pool);
    }
    for (size_t i = 0; i < count; i++)
        hps_worker_destroy(workers[i]);
    return started;
}

hps_exchange *hps_pool_collect(hps_pool *pool)
{
    hps_exchange *answered;
    uint64_t woken;

    if (read(pool->wake_descriptor, &woken, sizeof woken) < 0 &&
        errno != EAGAIN)
        return NULL;
    pthread_mutex_lock(&pool->lock);
    answered = pool->answered;
    pool->answered = NULL;
    pthread_mutex_unlock(&pool->lock);
    return answered;
}

void hps_pool_stop(hps_pool *pool)
{
    int error = errno;

    hps_queue_close(&pool->queue);
    for (size_t i = 0; i < pool->thread_count; i++) {
        pthread_join(pool->threads[i].id, NULL);
        hps_worker_destroy(pool->threads[i].worker);
    }
    free(pool->threads);
    close(pool->wake_descriptor);
    hps_queue_destroy(&pool->queue);
    pthread_mutex_destroy(&pool->lock);
    errno = error;
}
