/* kernels.h - the table of numerical kernels and each family's contract.
 * Kernels trust their caller: sizes are positive, buffers do not overlap
 * (restrict), and not one element outside is read or written. */
#ifndef HP_KERNELS_H
#define HP_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* activation: 0 none, 1 relu, 2 elu: the numbers of hp_activation. */

/* C[m][n] = A[m][k] * B[k][n], row-major with leading dimensions in
 * elements; C is overwritten. */
typedef void (*hp_gemm_fn)(int m, int n, int k, const float *a, size_t lda,
                           const float *b, size_t ldb, float *c, size_t ldc);

/* One channel plane, 3x3, zero padding of `dilation`, bias and activation
 * fused. Output sides: (in - 1) / stride + 1. */
typedef void (*hp_depthwise3x3_fn)(const float *in, int width, int height,
                                   const float weight[9], float bias,
                                   int stride, int dilation, int activation,
                                   float *out);

/* out[i] = activation(in[i] + bias) over one plane; in == out is allowed. */
typedef void (*hp_bias_activation_fn)(float *plane, size_t count, float bias,
                                      int activation);

typedef struct hp_kernels {
    hp_gemm_fn gemm;
    hp_depthwise3x3_fn depthwise3x3;
    hp_bias_activation_fn bias_activation;
    const char *description; /* "scalar + OpenBLAS" */
} hp_kernels;

/* Fills *kernels: scalar first, then upward as cpu_off (HATPOSE_CPU_* bits
 * not to use) allows. */
void hp_kernels_select(uint32_t cpu_off, hp_kernels *kernels);

#endif
