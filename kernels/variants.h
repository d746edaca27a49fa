/* variants.h - every implementation of the kernels of row.h. Names end in the
 * instruction set. */
#ifndef HP_VARIANTS_H
#define HP_VARIANTS_H

#include "row.h"

/* Declares the rows of one instruction set. */
#define HP_DECLARE_ROWS(isa)                                                   \
    uint32_t hp_crc32_##isa(uint32_t crc, const uint8_t *bytes, size_t count); \
    void hp_widen_halves_##isa(const uint16_t *halves, size_t count,           \
                               float *floats);                                 \
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

#endif
