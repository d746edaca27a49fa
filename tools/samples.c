/* samples.c - repeated measurements of one thing. */
#include "samples.h"

#include <stdlib.h>

#include "heap.h"

void samples_add(samples *s, double value)
{
    s->values =
        heap_grow(s->values, &s->capacity, s->count + 1, sizeof *s->values);
    s->values[s->count++] = value;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return a < b ? -1 : a > b;
}

double samples_quantile(samples *s, double share)
{
    double place, part;
    size_t below;

    if (s->count == 0)
        return 0;
    qsort(s->values, s->count, sizeof *s->values, compare);
    place = share * (double)(s->count - 1);
    below = (size_t)place;
    part = place - (double)below;
    if (below + 1 >= s->count)
        return s->values[s->count - 1];
    return s->values[below] * (1 - part) + s->values[below + 1] * part;
}

void samples_release(samples *s)
{
    free(s->values);
    *s = (samples){0};
}
