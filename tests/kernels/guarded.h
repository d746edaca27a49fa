/* guarded.h - buffers that end, or begin, at a page that faults when it is
 * touched: one element outside is enough to stop the program. */
#ifndef GUARDED_H
#define GUARDED_H

#include <stdbool.h>
#include <stddef.h>

typedef struct guarded {
    float *data;
    size_t count;
    void *mapping;
    size_t mapping_bytes;
} guarded;

/* at_end: the last element touches the guard; else the first one does.
 * Filled with NaN. Ends the program when there is no memory. */
guarded guarded_create(size_t count, bool at_end);
void guarded_destroy(guarded *buffer);

#endif
