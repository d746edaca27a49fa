/* counting_host.h - a host that counts its blocks and can fail the n-th
 * allocation. */
#ifndef COUNTING_HOST_H
#define COUNTING_HOST_H

#include <stdatomic.h>

#include "hatpose.h"

typedef struct counting_host {
    hatpose_host host;
    atomic_long allocations; /* so far */
    atomic_long live_blocks, live_bytes;
    long fail_at; /* this allocation fails, counted from 0; -1 = none */
} counting_host;

void counting_host_init(counting_host *counting);

#endif
