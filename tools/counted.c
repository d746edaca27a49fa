/* counted.c - the library's memory, counted. In: its requests, from any
 * thread. Out: what it gives itself and how much of it is in use. */
#include "counted.h"

static void *allocate(void *user, size_t bytes, size_t alignment)
{
    counted *c = user;
    unsigned long long now, most;
    void *block = c->own.allocate(NULL, bytes, alignment);

    if (block == NULL)
        return NULL;
    atomic_fetch_add(&c->calls, 1);
    now = atomic_fetch_add(&c->bytes_in_use, bytes) + bytes;
    most = atomic_load(&c->bytes_most);
    while (now > most &&
           !atomic_compare_exchange_weak(&c->bytes_most, &most, now))
        continue;
    return block;
}

static void deallocate(void *user, void *block, size_t bytes)
{
    counted *c = user;

    if (block != NULL)
        atomic_fetch_sub(&c->bytes_in_use, bytes);
    c->own.deallocate(NULL, block, bytes);
}

void counted_host(counted *c, hatpose_host *host)
{
    hatpose_host_init(&c->own, sizeof c->own);
    *host = c->own;
    host->user = c;
    host->allocate = allocate;
    host->deallocate = deallocate;
}
