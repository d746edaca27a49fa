/* counted.h - the library's memory, counted. */
#ifndef COUNTED_H
#define COUNTED_H

#include <stdatomic.h>

#include <hatpose.h>

typedef struct counted { /* all zero: at the start */
    atomic_ullong calls, bytes_in_use, bytes_most;
    hatpose_host own; /* the library's */
} counted;

/* Fills allocate, deallocate and user; the counts outlive all handles. */
void counted_host(counted *c, hatpose_host *host);

#endif
