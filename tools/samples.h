/* samples.h - repeated measurements of one thing. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <stddef.h>

typedef struct samples { /* all zero: none */
    double *values;
    size_t count, capacity;
} samples;

void samples_add(samples *s, double value);
/* The value that the given share of all does not exceed; 0 without any. */
double samples_quantile(samples *s, double share);
void samples_release(samples *s);

#endif
