/* peak_loops.h - loops that do nothing but multiply and add, a file per
 * instruction set. Each returns its number of operations; only call it where
 * the processor has that set. */
#ifndef PEAK_LOOPS_H
#define PEAK_LOOPS_H

double peak_loop_avx2(long rounds);
double peak_loop_avx512(long rounds);
double peak_loop_amx_bf16(long rounds);
double peak_loop_amx_int8(long rounds);
double peak_loop_neon(long rounds);

#endif
