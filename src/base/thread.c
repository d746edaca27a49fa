/* thread.c - a pool of workers that share the tasks of one loop.
 *
 * Tasks are taken from one counter, so the order in which workers run them
 * varies; results may depend on the task's index only. */
#include "base/thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/error.h"

enum { MAX_THREADS = 256 };

typedef struct worker {
    hp_pool *pool;
    int index;
    pthread_t thread;
} worker;

struct hp_pool {
    hp_memory *memory;
    pid_t maker;
    int thread_count;  /* the caller counts */
    int started_count; /* workers that run */
    worker *workers;
    pthread_mutex_t mutex;
    pthread_cond_t work_ready, work_done;
    unsigned generation; /* of the loop; a change wakes the workers */
    int busy_count;      /* workers still in the loop */
    bool stop;
    hp_task_fn task;
    void *argument;
    int task_count;
    atomic_int next_task;
};

static void run_tasks(hp_pool *pool, int worker_index)
{
    for (;;) {
        int task = atomic_fetch_add(&pool->next_task, 1);
        if (task >= pool->task_count)
            return;
        pool->task(pool->argument, task, worker_index);
    }
}

static void *worker_main(void *argument)
{
    worker *self = argument;
    hp_pool *pool = self->pool;
    unsigned seen = 0;

    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (!pool->stop && pool->generation == seen)
            pthread_cond_wait(&pool->work_ready, &pool->mutex);
        if (pool->stop)
            break;
        seen = pool->generation;
        pthread_mutex_unlock(&pool->mutex);
        run_tasks(pool, self->index);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->busy_count == 0)
            pthread_cond_signal(&pool->work_done);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* Signals belong to the program's own threads: workers start with all of
 * them blocked. */
static bool start_workers(hp_pool *pool)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < pool->thread_count - 1; i++) {
        pool->workers[i].pool = pool;
        pool->workers[i].index = i + 1;
        if (pthread_create(&pool->workers[i].thread, NULL, worker_main,
                           &pool->workers[i]) != 0)
            break;
        pool->started_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool->started_count == pool->thread_count - 1;
}

/* A container or taskset may allow fewer cores than are online. */
static int allowed_core_count(void)
{
    cpu_set_t allowed;
    int count = 1;

    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        count = CPU_COUNT(&allowed);
    return count < 1 ? 1 : count > MAX_THREADS ? MAX_THREADS : count;
}

hatpose_status hp_pool_create(hp_memory *memory, uint32_t thread_count,
                              hp_pool **out, hatpose_error *err)
{
    void *block;

    *out = NULL;
    if (thread_count > MAX_THREADS)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "thread_count %u: at most %d",
                       (unsigned)thread_count, MAX_THREADS);
    hatpose_status status = hp_allocate_array(memory, 1, sizeof(hp_pool),
                                              "thread pool", &block, err);
    if (status != HATPOSE_OK)
        return status;
    hp_pool *pool = block;
    pool->memory = memory;
    pool->maker = getpid();
    pool->thread_count =
        thread_count == 0 ? allowed_core_count() : (int)thread_count;
    atomic_init(&pool->next_task, 0);
    status = hp_allocate_array(memory, (size_t)pool->thread_count,
                               sizeof(worker), "thread pool", &block, err);
    if (status != HATPOSE_OK) {
        hp_deallocate(memory, pool);
        return status;
    }
    pool->workers = block;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work_ready, NULL);
    pthread_cond_init(&pool->work_done, NULL);
    if (!start_workers(pool)) {
        hp_pool_destroy(pool);
        return hp_fail(err, HATPOSE_E_MEMORY, "cannot start a thread");
    }
    *out = pool;
    return HATPOSE_OK;
}

static void stop_workers(hp_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->stop = true;
    pthread_cond_broadcast(&pool->work_ready);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->started_count; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->work_done);
    pthread_cond_destroy(&pool->work_ready);
    pthread_mutex_destroy(&pool->mutex);
}

void hp_pool_destroy(hp_pool *pool)
{
    if (pool == NULL)
        return;
    /* A forked child has no workers: to join them, or to destroy what they
     * wait on, would wait for ever. */
    if (getpid() == pool->maker)
        stop_workers(pool);
    hp_deallocate(pool->memory, pool->workers);
    hp_deallocate(pool->memory, pool);
}

int hp_pool_thread_count(const hp_pool *pool)
{
    return pool->thread_count;
}

void hp_pool_run(hp_pool *pool, int task_count, hp_task_fn task, void *argument)
{
    if (pool->thread_count == 1 || task_count == 1) {
        for (int i = 0; i < task_count; i++)
            task(argument, i, 0);
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->task = task;
    pool->argument = argument;
    pool->task_count = task_count;
    atomic_store(&pool->next_task, 0);
    pool->busy_count = pool->started_count;
    pool->generation++;
    pthread_cond_broadcast(&pool->work_ready);
    pthread_mutex_unlock(&pool->mutex);
    run_tasks(pool, 0);
    pthread_mutex_lock(&pool->mutex);
    while (pool->busy_count > 0)
        pthread_cond_wait(&pool->work_done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}
