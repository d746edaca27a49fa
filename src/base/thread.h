/* thread.h - a context's own workers and parallel loops over tasks. */
#ifndef HP_THREAD_H
#define HP_THREAD_H

#include "base/memory.h"

/* One task of a loop. worker_index is 0 (the caller) .. thread_count - 1,
 * for scratch memory. A result may depend on task_index only. */
typedef void (*hp_task_fn)(void *argument, int task_index, int worker_index);

typedef struct hp_pool hp_pool;

/* thread_count counts the calling thread: 1 makes no worker. 0 means all
 * cores that this process may use. Workers block all signals. */
hatpose_status hp_pool_create(hp_memory *memory, uint32_t thread_count,
                              hp_pool **out, hatpose_error *err);
void hp_pool_destroy(hp_pool *pool); /* NULL is fine */
int hp_pool_thread_count(const hp_pool *pool);

/* Runs task 0 .. task_count - 1 and returns when all are done. Not
 * reentrant. */
void hp_pool_run(hp_pool *pool, int task_count, hp_task_fn task,
                 void *argument);

#endif
