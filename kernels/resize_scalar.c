/* resize_scalar.c - the rows of a resize, in plain loops. */
#include "variants.h"

void hp_sum_rows_scalar(const uint8_t *rows, size_t stride_bytes, int row_count,
                        size_t count, uint16_t *restrict sums)
{
    for (size_t i = 0; i < count; i++)
        sums[i] = rows[i];
    for (int y = 1; y < row_count; y++) {
        const uint8_t *row = rows + (size_t)y * stride_bytes;

        for (size_t i = 0; i < count; i++)
            sums[i] = (uint16_t)(sums[i] + row[i]);
    }
}

/* channels and, where it is small, factor are constants in the calls, so that
 * no inner loop is left. */
static inline void mean_blocks(const uint16_t *restrict sums, int count,
                               int channels, int factor, float scale,
                               uint8_t *restrict out)
{
    for (int x = 0; x < count; x++) {
        for (int k = 0; k < channels; k++) {
            int sum = 0;

            for (int i = 0; i < factor; i++)
                sum += sums[i * channels + k];
            out[k] = (uint8_t)((float)sum * scale + 0.5f);
        }
        sums += factor * channels;
        out += channels;
    }
}

static inline void mean_pixels(const uint16_t *sums, int count, int channels,
                               int factor, float scale, uint8_t *out)
{
    if (factor == 2)
        mean_blocks(sums, count, channels, 2, scale, out);
    else if (factor == 3)
        mean_blocks(sums, count, channels, 3, scale, out);
    else if (factor == 4)
        mean_blocks(sums, count, channels, 4, scale, out);
    else
        mean_blocks(sums, count, channels, factor, scale, out);
}

void hp_mean_blocks_scalar(const uint16_t *sums, int count, int channels,
                           int factor, float scale, uint8_t *out)
{
    if (channels == 3)
        mean_pixels(sums, count, 3, factor, scale, out);
    else if (channels == 4)
        mean_pixels(sums, count, 4, factor, scale, out);
    else
        mean_pixels(sums, count, 1, factor, scale, out);
}

/* channels is a constant in every call. */
static inline void mix_pixels(const hp_column_run *run, int channels,
                              int16_t *restrict out)
{
    for (int x = 0; x < run->count; x++) {
        const hp_column *c = &run->columns[x];
        const uint8_t *left = run->row + c->offset;
        const uint8_t *right = left + run->right_offset;

        for (int k = 0; k < channels; k++)
            out[x * channels + k] =
                (int16_t)((left[k] * c->left + right[k] * c->right) >> 4);
    }
}

void hp_mix_columns_scalar(const hp_column_run *run, int16_t *out)
{
    if (run->channels == 3)
        mix_pixels(run, 3, out);
    else if (run->channels == 4)
        mix_pixels(run, 4, out);
    else
        mix_pixels(run, 1, out);
}

/* The weights add up to 2048 at most by one more, so 255 is never passed. */
void hp_blend_rows_scalar(const int16_t *restrict upper,
                          const int16_t *restrict lower, int count,
                          int16_t upper_weight, int16_t lower_weight,
                          uint8_t *restrict out)
{
    for (int i = 0; i < count; i++) {
        int a = upper[i] * upper_weight >> 16;
        int b = lower[i] * lower_weight >> 16;

        out[i] = (uint8_t)((a + b + 2) >> 2);
    }
}
