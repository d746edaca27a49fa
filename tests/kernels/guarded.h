/* guarded.h - buffers that end, or begin, at a page that faults when it is
 * touched: one byte outside is enough to stop the program. */
#ifndef GUARDED_H
#define GUARDED_H

#include <stdbool.h>
#include <stddef.h>

typedef struct guarded {
    void *data;
    size_t bytes; /* rounded up to 64, so that data is aligned to 64 */
    void *mapping;
    size_t mapping_bytes;
} guarded;

/* at_end: the last byte touches the guard; else the first one does. Filled
 * with ones: NaN as a float and as a bf16. Ends the program when there is no
 * memory. */
guarded guarded_create(size_t bytes, bool at_end);
void guarded_destroy(guarded *buffer);

#endif
