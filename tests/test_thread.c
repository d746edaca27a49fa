/* test_thread.c - every task runs once, whatever the number of threads. */
#include "base/thread.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { TASK_COUNT = 1000 };

typedef struct tally {
    atomic_int runs[TASK_COUNT];
    int thread_count;
    atomic_int bad_worker;
} tally;

static void count_task(void *argument, int task_index, int worker_index)
{
    tally *t = argument;

    atomic_fetch_add(&t->runs[task_index], 1);
    if (worker_index < 0 || worker_index >= t->thread_count)
        atomic_store(&t->bad_worker, 1);
}

static void run_with(uint32_t thread_count)
{
    static tally t;
    hp_memory memory;
    hp_pool *pool;

    memset(&t, 0, sizeof t);
    hp_memory_init(&memory, NULL, 0);
    CHECK(hp_pool_create(&memory, thread_count, &pool, NULL) == HATPOSE_OK);
    t.thread_count = hp_pool_thread_count(pool);
    for (int round = 0; round < 20; round++)
        hp_pool_run(pool, TASK_COUNT, count_task, &t);
    for (int i = 0; i < TASK_COUNT; i++)
        CHECK(atomic_load(&t.runs[i]) == 20);
    CHECK(atomic_load(&t.bad_worker) == 0);
    hp_pool_destroy(pool);
    CHECK(atomic_load(&memory.used_bytes) == 0);
}

static void every_task_runs_once(void)
{
    run_with(1);
    run_with(2);
    run_with(7);
    run_with(0);
}

static void forked_child_destroys_without_waiting(void)
{
    hp_memory memory;
    hp_pool *pool;
    int status = 0;

    hp_memory_init(&memory, NULL, 0);
    CHECK(hp_pool_create(&memory, 3, &pool, NULL) == HATPOSE_OK);
    pid_t child = fork();
    if (child == 0) {
        alarm(20); /* ends a child that waits for ever */
        hp_pool_destroy(pool);
        _exit(atomic_load(&memory.used_bytes) == 0 ? 0 : 1);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    hp_pool_destroy(pool);
}

static void too_many_threads_are_refused(void)
{
    hp_memory memory;
    hatpose_error err;
    hp_pool *pool;

    hp_memory_init(&memory, NULL, 0);
    CHECK(hp_pool_create(&memory, 100000, &pool, &err) == HATPOSE_E_ARGUMENT);
    CHECK(pool == NULL && strstr(err.message, "thread_count") != NULL);
}

int main(void)
{
    RUN(every_task_runs_once);
    RUN(forked_child_destroys_without_waiting);
    RUN(too_many_threads_are_refused);
    CHECK_EXIT();
}
