/* kernels.h - the table of numerical kernels and each family's contract.
 * Kernels trust their caller: sizes are positive, buffers that are written
 * overlap no other (restrict), and not one element outside is read or
 * written. No alignment is asked for. Every result is a function of the
 * arguments alone: not of the thread, the address or what ran before. */
#ifndef HP_KERNELS_H
#define HP_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "layer.h"
#include "row.h"

/* A 3x3 window over one plane of width * height elements, rows packed, with
 * `dilation` zeros of padding on every side. stride and dilation are 1 or 2,
 * dilation 1 with stride 2. Output sides: (side - 1) / stride + 1. */
typedef struct hp_window {
    int width, height;
    int stride, dilation;
} hp_window;

/* C[m][n] = A[m][k] * B[k][n], row-major with leading dimensions in
 * elements; C is overwritten, whatever it held. */
typedef void (*hp_gemm_fn)(int m, int n, int k, const float *a, size_t lda,
                           const float *b, size_t ldb, float *c, size_t ldc);

/* The columns first .. first + count - 1 (output pixels in reading order) of
 * the matrix whose product with weights [outputs][channels][3][3] is the
 * convolution: out[channel * 9 + tap][count]. */
typedef void (*hp_im2col3x3_fn)(const hp_window *window, int channels,
                                const float *in, int first, int count,
                                float *out);

/* c[row][i] = activation(c[row][i] + bias[row]); bias NULL means zeros. */
typedef void (*hp_bias_activation_fn)(int rows, int columns, float *c,
                                      size_t ldc, const float *bias,
                                      hp_activation activation);

/* One channel: out = activation(in convolved with weight + bias). */
typedef void (*hp_depthwise3x3_fn)(const hp_window *window, const float *in,
                                   const float weight[9], float bias,
                                   hp_activation activation, float *out);

/* out[i] = activation(a[i] + b[i]); a == b is allowed. */
typedef void (*hp_add_fn)(size_t count, const float *a, const float *b,
                          hp_activation activation, float *out);

typedef struct hp_kernels {
    hp_gemm_fn gemm;
    hp_im2col3x3_fn im2col3x3;
    hp_bias_activation_fn bias_activation;
    hp_depthwise3x3_fn depthwise3x3;
    hp_add_fn add;
    const hp_rows *rows;
    const char *description; /* "scalar + OpenBLAS" */
} hp_kernels;

/* The best table for a storage among those that cpu_off (HATPOSE_CPU_* bits
 * not to use) leaves; never NULL. */
const hp_layers *hp_layers_select(uint32_t cpu_off, hp_storage storage);

/* Fills *kernels: scalar first, then upward as cpu_off (HATPOSE_CPU_* bits
 * not to use) allows. */
void hp_kernels_select(uint32_t cpu_off, hp_kernels *kernels);

static inline int hp_window_out(int side, int stride)
{
    return (side - 1) / stride + 1;
}

#endif
