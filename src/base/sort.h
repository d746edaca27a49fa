/* sort.h - sorts in place, without malloc, n log n for any input. */
#ifndef HP_SORT_H
#define HP_SORT_H

#include <stddef.h>

/* Below, above or equal to 0, as of strcmp. */
typedef int (*hp_compare_fn)(const void *a, const void *b);

/* Not stable: equal elements come in any order. */
void hp_sort(void *base, size_t count, size_t size, hp_compare_fn compare);

#endif
