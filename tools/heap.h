/* heap.h - memory of the command. Out of it, the command says so and ends:
 * nothing that it could still answer would fit. */
#ifndef HEAP_H
#define HEAP_H

#include <stddef.h>

_Noreturn void heap_fail(void);
void *heap_allocate(size_t bytes);
/* At least `count` elements; *capacity counts elements. */
void *heap_grow(void *block, size_t *capacity, size_t count,
                size_t element_bytes);
char *heap_text(const char *text);
char *heap_print(const char *format, ...);

#endif
