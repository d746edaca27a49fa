/* cpu.h - what the machine and its operating system offer. */
#ifndef HP_CPU_H
#define HP_CPU_H

#include <stdint.h>

/* Those of the HATPOSE_CPU_* bits in `wanted` that can be used:
 *   AVX2    AVX2, FMA, F16C and PCLMULQDQ, ymm registers saved
 *   AVX512  the same, and AVX-512 F, BW, DQ, VL, zmm registers saved
 *   VNNI    AVX512, and AVX-512 VNNI
 *   AMX     AVX512, and AMX TILE, BF16, INT8, AVX-512 BF16, tiles saved, and
 *           Linux lets this process use them: asked for here, for the whole
 *           process, as soon as `wanted` has the bit
 *   NEON    every aarch64
 *   BLAS    built for OpenBLAS; whether it is there says its table
 * None of those that the build was told to leave alone (HATPOSE_CPU_OFF). */
uint32_t hp_cpu_bits(uint32_t wanted);

#endif
