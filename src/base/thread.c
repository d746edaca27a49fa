/* thread.c - a pool of workers that share the tasks of one loop.
 *
 * Each thread has a range of neighbouring tasks of its own, and takes from
 * the others' when it is through: a thread that sleeps or was preempted holds
 * up nobody but for the task that it has begun. Results may depend on the
 * task's index only.
 *
 * Who waits spins for SPIN_US, in which most loops follow each other, and
 * then sleeps: a program with more threads than cores loses little. */
#include "base/thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

enum { MAX_THREADS = 256, SPIN_US = 50, PAUSES = 16 };

/* A cache line each: owners do not disturb each other. */
typedef struct worker {
    /* Number of the loop in the upper half, tasks of the range that nobody
     * has taken yet in the lower. Who came too late sees it by the number. */
    _Alignas(HP_ALIGNMENT_BYTES) atomic_uint_fast64_t range;
    hp_pool *pool;
    int index;
    pthread_t thread;
} worker;

struct hp_pool {
    hp_memory *memory;
    pid_t maker;
    int thread_count;  /* the caller counts */
    int started_count; /* workers that run */
    worker *workers;   /* thread_count; the caller's is the first */
    /* Of the current loop; read only by who has taken a task of it. */
    hp_task_fn task;
    void *argument;
    int task_count;
    atomic_uint loop;      /* a change wakes the workers */
    atomic_int unfinished; /* tasks */
    atomic_bool stop;
    atomic_int sleeper_count;
    atomic_bool caller_sleeps;
    pthread_mutex_t mutex; /* of both conditions */
    pthread_cond_t work_ready, work_done;
};

static void pause_core(void)
{
#if defined(__x86_64__)
    __asm__ volatile("pause");
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Tasks of a thread's range: first .. end - 1. */
static int range_first(const hp_pool *pool, int index)
{
    return (int)((int64_t)pool->task_count * index / pool->thread_count);
}

/* Takes tasks of one range as long as there are any; how many it did. */
static int run_range(hp_pool *pool, unsigned loop, int owner, int worker_index)
{
    atomic_uint_fast64_t *range = &pool->workers[owner].range;
    uint_fast64_t state = atomic_load(range);
    int done = 0;

    while (state >> 32 == loop && (state & UINT32_MAX) != 0) {
        if (!atomic_compare_exchange_weak(range, &state, state - 1))
            continue;
        int left = (int)(state & UINT32_MAX);
        pool->task(pool->argument, range_first(pool, owner + 1) - left,
                   worker_index);
        done++;
        state = atomic_load(range);
    }
    return done;
}

/* The own range, then the others'. */
static void run_tasks(hp_pool *pool, unsigned loop, int worker_index)
{
    int done = 0;

    for (int i = 0; i < pool->thread_count; i++)
        done += run_range(pool, loop, (worker_index + i) % pool->thread_count,
                          worker_index);
    if (done > 0 && atomic_fetch_sub(&pool->unfinished, done) == done &&
        worker_index != 0 && atomic_load(&pool->caller_sleeps)) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_signal(&pool->work_done);
        pthread_mutex_unlock(&pool->mutex);
    }
}

static bool has_news(const hp_pool *pool, unsigned seen)
{
    return atomic_load(&pool->loop) != seen || atomic_load(&pool->stop);
}

static bool is_done(const hp_pool *pool, unsigned unused)
{
    (void)unused;
    return atomic_load(&pool->unfinished) == 0;
}

/* Whether the condition came true within SPIN_US. */
static bool spin(const hp_pool *pool, unsigned seen,
                 bool (*condition)(const hp_pool *pool, unsigned seen))
{
    const double end_us = hp_clock_us() + SPIN_US;

    do {
        for (int i = 0; i < PAUSES; i++) {
            if (condition(pool, seen))
                return true;
            pause_core();
        }
    } while (hp_clock_us() < end_us);
    return false;
}

/* Sleepers count themselves before they look a last time, and who has news
 * looks for sleepers after it has made them known: one sees the other. */
static void wait_for_work(hp_pool *pool, unsigned seen)
{
    if (spin(pool, seen, has_news))
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleeper_count, 1);
    while (!has_news(pool, seen))
        pthread_cond_wait(&pool->work_ready, &pool->mutex);
    atomic_fetch_sub(&pool->sleeper_count, 1);
    pthread_mutex_unlock(&pool->mutex);
}

static void wait_for_end(hp_pool *pool)
{
    if (spin(pool, 0, is_done))
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->caller_sleeps, true);
    while (!is_done(pool, 0))
        pthread_cond_wait(&pool->work_done, &pool->mutex);
    atomic_store(&pool->caller_sleeps, false);
    pthread_mutex_unlock(&pool->mutex);
}

static void wake_workers(hp_pool *pool)
{
    if (atomic_load(&pool->sleeper_count) == 0)
        return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->work_ready);
    pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument)
{
    worker *self = argument;
    unsigned seen = 0;

    for (;;) {
        wait_for_work(self->pool, seen);
        if (atomic_load(&self->pool->stop))
            return NULL;
        seen = atomic_load(&self->pool->loop);
        run_tasks(self->pool, seen, self->index);
    }
}

/* Signals belong to the program's own threads: workers start with all of
 * them blocked. */
static bool start_workers(hp_pool *pool)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 1; i < pool->thread_count; i++) {
        pool->workers[i].pool = pool;
        pool->workers[i].index = i;
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
    atomic_store(&pool->stop, true);
    wake_workers(pool);
    for (int i = 1; i <= pool->started_count; i++)
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
    unsigned loop = atomic_load(&pool->loop) + 1;
    pool->task = task;
    pool->argument = argument;
    pool->task_count = task_count;
    atomic_store(&pool->unfinished, task_count);
    for (int i = 0; i < pool->thread_count; i++)
        atomic_store(&pool->workers[i].range,
                     (uint_fast64_t)loop << 32 |
                         (uint_fast64_t)(range_first(pool, i + 1) -
                                         range_first(pool, i)));
    atomic_store(&pool->loop, loop);
    wake_workers(pool);
    run_tasks(pool, loop, 0);
    wait_for_end(pool);
}
