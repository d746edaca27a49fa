/* variants.h - every implementation that select.c can put into the table.
 * Names end in the instruction set; contracts are in kernels.h. */
#ifndef HP_VARIANTS_H
#define HP_VARIANTS_H

#include "kernels.h"

void hp_gemm_f32_scalar(int m, int n, int k, const float *a, size_t lda,
                        const float *b, size_t ldb, float *c, size_t ldc);
void hp_im2col3x3_f32_scalar(const hp_window *window, int channels,
                             const float *in, int first, int count, float *out);
void hp_bias_activation_f32_scalar(int rows, int columns, float *c, size_t ldc,
                                   const float *bias, hp_activation activation);
void hp_depthwise3x3_f32_scalar(const hp_window *window, const float *in,
                                const float weight[9], float bias,
                                hp_activation activation, float *out);
void hp_add_f32_scalar(size_t count, const float *a, const float *b,
                       hp_activation activation, float *out);

/* Declares the rows of one instruction set. */
#define HP_DECLARE_ROWS(isa)                                                   \
    void hp_sum_rows_##isa(const uint8_t *rows, size_t stride_bytes,           \
                           int row_count, size_t count, uint16_t *sums);       \
    void hp_mean_blocks_##isa(const uint16_t *sums, int count, int channels,   \
                              int factor, float scale, uint8_t *out);          \
    void hp_mix_columns_##isa(const hp_column_run *run, int16_t *out);         \
    void hp_blend_rows_##isa(const int16_t *upper, const int16_t *lower,       \
                             int count, int16_t upper_weight,                  \
                             int16_t lower_weight, uint8_t *out);              \
    int hp_find_maxima8_##isa(const float *row, size_t stride, int count,      \
                              float threshold, int32_t *columns);              \
    int hp_find_maxima4_##isa(const float *row, size_t stride, int count,      \
                              float threshold, int32_t *columns);              \
    void hp_mix_rows_##isa(const float *const rows[4], const float weights[4], \
                           int count, float *out);                             \
    int hp_filter_linear_##isa(const hp_field *field,                          \
                               const hp_segment *segments, int count,          \
                               int failed_most, int32_t *kept);                \
    float hp_sum_linear_##isa(const hp_field *field,                           \
                              const hp_segment *segment,                       \
                              int failed_middle_most, int failed_most);        \
    int hp_sample_cubic_##isa(const hp_field *field,                           \
                              const hp_segment *segment, int failed_most,      \
                              float responses[HP_SAMPLES])
HP_DECLARE_ROWS(scalar);
HP_DECLARE_ROWS(avx2);

#ifdef HP_HAVE_OPENBLAS
/* The one that fits the build of OpenBLAS which the process has loaded. */
hp_gemm_fn hp_gemm_f32_blas_pick(void);
#endif

#endif
