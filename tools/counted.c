/* counted.c - the library's memory, counted. In: its requests, from any
 * thread. Out: malloc's answer and how much of it is in use. */
#include "counted.h"

#include <stdlib.h>

static void *allocate(void *user, size_t bytes, size_t alignment)
{
    counted *c = user;
    unsigned long long now, most;
    void *block = NULL;

    if (alignment < sizeof(void *))
        alignment = sizeof(void *);
    if (posix_memalign(&block, alignment, bytes > 0 ? bytes : 1) != 0)
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
    free(block);
}

void counted_host(counted *c, hatpose_host *host)
{
    *host = (hatpose_host){.struct_size = sizeof *host,
                           .user = c,
                           .allocate = allocate,
                           .deallocate = deallocate};
}
