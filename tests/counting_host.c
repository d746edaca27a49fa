/* counting_host.c - malloc with a tally. */
#include "counting_host.h"

#include <stdlib.h>
#include <string.h>

static void *count_allocate(void *user, size_t bytes, size_t alignment)
{
    counting_host *counting = user;
    void *block = NULL;

    if (atomic_fetch_add(&counting->allocations, 1) == counting->fail_at)
        return NULL;
    if (posix_memalign(&block, alignment, bytes) != 0)
        return NULL;
    /* What is not written must not matter. */
    memset(block, 0xa5, bytes);
    atomic_fetch_add(&counting->live_blocks, 1);
    atomic_fetch_add(&counting->live_bytes, (long)bytes);
    return block;
}

static void count_deallocate(void *user, void *block, size_t bytes)
{
    counting_host *counting = user;

    atomic_fetch_sub(&counting->live_blocks, 1);
    atomic_fetch_sub(&counting->live_bytes, (long)bytes);
    free(block);
}

void counting_host_init(counting_host *counting)
{
    memset(counting, 0, sizeof *counting);
    counting->host.struct_size = sizeof counting->host;
    counting->host.user = counting;
    counting->host.allocate = count_allocate;
    counting->host.deallocate = count_deallocate;
    counting->fail_at = -1;
}
