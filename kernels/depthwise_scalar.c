/* depthwise_scalar.c - 3x3 convolution, a channel by itself. */
#include "int8_weight.h"
#include "layers_scalar.h"
#include "pixel_scalar.h"

/* One output pixel of a block of floats: vectors of channels stay in a
 * register over the nine taps. */
static inline void convolve_f32(const float *in, const ptrdiff_t taps[9],
                                const float *weight, const float *bias,
                                float *out)
{
    for (int c = 0; c < 16; c += HP_LANES) {
        hp_lanes sum = hp_lanes_load(bias + c);
        for (int t = 0; t < 9; t++)
            sum += hp_lanes_load(weight + t * 16 + c) *
                   hp_lanes_load(in + taps[t] * 16 + c);
        hp_lanes_store(out + c, sum);
    }
}

static inline void convolve_any(const hp_view *in, int block, ptrdiff_t at,
                                const ptrdiff_t taps[9], const float *weight,
                                const float *bias, float *out)
{
    const int channels = hp_block_channels(in->storage);
    float pixel[HP_LARGEST_BLOCK];

    for (int c = 0; c < channels; c++)
        out[c] = bias[c];
    for (int t = 0; t < 9; t++, weight += channels) {
        hp_view_load(in, block, at + taps[t], pixel);
        for (int c = 0; c < channels; c++)
            out[c] += weight[c] * pixel[c];
    }
}

static void convolve_row(const hp_depthwise_run *run, const float *weight,
                         int block, int row, const ptrdiff_t taps[9])
{
    const int channels = hp_block_channels(run->in.storage);
    const float *bias = run->bias + (size_t)block * (size_t)channels;
    const ptrdiff_t from =
        (ptrdiff_t)(run->first_row + row) * run->stride * run->in_pitch;
    const ptrdiff_t to = (ptrdiff_t)row * run->out_pitch;
    const unsigned char *plane = hp_view_block(&run->in, block);
    float sums[HP_LARGEST_BLOCK];

    for (int x = 0; x < run->out_width; x++) {
        ptrdiff_t at = from + (ptrdiff_t)x * run->stride;
        if (run->in.storage == HP_STORAGE_F32)
            convolve_f32((const float *)(const void *)plane + at * 16, taps,
                         weight, bias, sums);
        else
            convolve_any(&run->in, block, at, taps, weight, bias, sums);
        if (run->activation != HP_ACTIVATION_NONE)
            hp_activate_row((size_t)channels, sums, 0.0f, run->activation);
        hp_view_store(&run->out, block, to + x, sums);
    }
    memset(sums, 0, sizeof sums);
    for (int x = run->out_width; x < run->out_pitch; x++)
        hp_view_store(&run->out, block, to + x, sums);
}

/* A block's weights as INT8 takes them (int8_weight.h). */
static void round_weights(const float *weight, float *rounded)
{
    const int channels = hp_block_channels(HP_STORAGE_INT8);

    for (int c = 0; c < channels; c++) {
        float scale = hp_int8_channel_scale(weight + c, channels);
        for (int i = c; i < 9 * channels; i += channels)
            rounded[i] = scale * (float)hp_int8_weight(weight[i], scale);
    }
}

void hp_depthwise_scalar(const hp_depthwise_run *run)
{
    const int channels = hp_block_channels(run->in.storage);
    float rounded[9 * HP_LARGEST_BLOCK];
    ptrdiff_t taps[9];

    for (int t = 0; t < 9; t++)
        taps[t] = (ptrdiff_t)run->dilation *
                  ((t / 3 - 1) * (ptrdiff_t)run->in_pitch + t % 3 - 1);
    for (int b = 0; b < run->in.block_count; b++) {
        const float *weight = run->weight + (ptrdiff_t)b * 9 * channels;
        if (run->in.storage == HP_STORAGE_INT8) {
            round_weights(weight, rounded);
            weight = rounded;
        }
        for (int row = 0; row < run->row_count; row++)
            convolve_row(run, weight, b, row, taps);
    }
}
