/* sort.c - heapsort: the C library's qsort may call malloc, and no order of
 * the input makes this one slow. */
#include "base/sort.h"

static void swap_elements(unsigned char *a, unsigned char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

static void sift_down(unsigned char *base, size_t root, size_t count,
                      size_t size, hp_compare_fn compare)
{
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= count)
            return;
        if (child + 1 < count &&
            compare(base + child * size, base + (child + 1) * size) < 0)
            child++;
        if (compare(base + root * size, base + child * size) >= 0)
            return;
        swap_elements(base + root * size, base + child * size, size);
        root = child;
    }
}

void hp_sort(void *base, size_t count, size_t size, hp_compare_fn compare)
{
    for (size_t i = count / 2; i > 0; i--)
        sift_down(base, i - 1, count, size, compare);
    for (size_t i = count; i > 1; i--) {
        swap_elements(base, (unsigned char *)base + (i - 1) * size, size);
        sift_down(base, 0, i - 1, size, compare);
    }
}
