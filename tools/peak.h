/* peak.h - how fast one core multiplies and adds at best, measured here. */
#ifndef PEAK_H
#define PEAK_H

#include <stdint.h>

/* 1e9 operations a second (two a multiply-add) of the unit that these
 * kernels (hatpose_context_kernels) use for that precision, with operands in
 * registers; 0 when it is not known. Takes some 20 ms. */
double peak_gflops(const char *kernels, uint32_t precision);

#endif
