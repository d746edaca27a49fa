/* layer.h - how activations lie in memory, and what each kernel of a layer
 * does. Kernels know nothing of plans or models; the engine knows nothing of
 * instruction sets or of how weights are packed.
 *
 * A value is stored in blocks of channels, in a block pixel after pixel, and
 * a pixel of a block is a whole number of cache lines:
 *
 *   storage   channels  bytes a pixel
 *   F32          16         64   floats
 *   SPLIT        32        128   32 bf16 high parts, then 32 bf16 low parts:
 *                                the number is high + low
 *   BF16         32         64   bf16
 *   INT8         64         64   codes 0..255: (code - zero) * step[channel]
 *
 * Channels that fill up a last block are 0 and stay so: their weights and
 * biases are 0, and no activation makes something of 0.
 *
 * Pixels of a plane lie in rows of `pitch` = width + pad pixels. The pad is
 * 0 (INT8: the code of 0) and stands right of every row, where it is also
 * the left pad of the next; `pad` rows of it lie above and below, and `pad`
 * pixels before the first of them. So a window at any pixel, up to `pad`
 * away, reads inside the plane, and a convolution of stride 1 is a product
 * over one flat run of pixels. What it computes for pad pixels on the way is
 * garbage, which the engine puts back to 0 where a window reads it.
 *
 * Kernels trust their caller: counts are positive, buffers that are written
 * overlap no other, data is aligned to 64. Behind the last pixel of a block
 * HP_SLACK_PIXELS more may be read (what is made of them is not stored);
 * nothing else outside is read or written. A result is a function of the
 * arguments alone, and of a pixel the same whatever run it is part of: runs
 * may be cut anywhere. */
#ifndef HP_LAYER_H
#define HP_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum hp_activation {
    HP_ACTIVATION_NONE,
    HP_ACTIVATION_RELU,
    HP_ACTIVATION_ELU /* x > 0 ? x : exp(x) - 1 */
} hp_activation;

typedef enum hp_storage {
    HP_STORAGE_F32,
    HP_STORAGE_SPLIT,
    HP_STORAGE_BF16,
    HP_STORAGE_INT8
} hp_storage;

enum { HP_SLACK_PIXELS = 32 };

static inline int hp_block_channels(hp_storage storage)
{
    return storage == HP_STORAGE_F32    ? 16
           : storage == HP_STORAGE_INT8 ? 64
                                        : 32;
}

static inline size_t hp_pixel_stride(hp_storage storage) /* bytes */
{
    return storage == HP_STORAGE_SPLIT ? 128 : 64;
}

/* Pixels of a plane, and how many of them lie before pixel (0, 0). */
static inline size_t hp_plane_pixels(int width, int height, int pad)
{
    return (size_t)pad +
           ((size_t)height + 2 * (size_t)pad) * ((size_t)width + (size_t)pad);
}

static inline size_t hp_plane_origin(int width, int pad)
{
    return (size_t)pad * ((size_t)width + (size_t)pad) + (size_t)pad;
}

/* INT8 only: what the codes mean. Arrays of whole blocks, from the first
 * channel of the view on; where channels only fill up, step is 1. */
typedef struct hp_codes {
    const float *step;    /* > 0 */
    const float *inverse; /* 1 / step */
    int zero;             /* the code of 0: 0 (nothing negative) or 128 */
} hp_codes;

/* Some whole blocks of a value. data NULL: none. */
typedef struct hp_view {
    unsigned char *data; /* a pixel of the first block; which one, says the
                            kernel */
    size_t block_stride; /* bytes from a block to the next */
    int block_count;
    hp_storage storage;
    hp_codes codes;
} hp_view;

/* --- conv: product of pixels and weights ---------------------------------
 * Output pixel i (0 .. count - 1) of a run is
 *
 *   activation(bias + sum over taps t: weight[t] * in[i * in_step + taps[t]])
 *   [+ addend[i], and then sum_activation of that]
 *
 * 1x1 has the one tap 0; a dense 3x3 nine, row by row, e.g. -pitch - 1.
 * in.data, addend.data and out.data are the pixel i = 0. in.storage is the
 * table's; out.storage too or F32; addend.storage is that of out. Weights
 * are packed for `outputs` channels; out may have more or less blocks than
 * they fill: what has no weights is 0, what has no block is dropped. */
typedef struct hp_conv_run {
    hp_view in, addend, out;
    const void *weight; /* packed by the same table */
    const float *bias;  /* hp_packed_channels(outputs) */
    hp_activation activation, sum_activation;
    const ptrdiff_t *taps; /* in pixels */
    int tap_count;
    int in_step; /* 1 or 2 */
    int count;
    /* Weights of the run after this one, which a kernel may fetch into the
     * second cache meanwhile, where its own come from the third. */
    const unsigned char *ahead;
    size_t ahead_bytes; /* 0: none */
    void *scratch;      /* conv_scratch_bytes, aligned to 64 */
} hp_conv_run;

/* How a table rounds, so that its results follow from its storage:
 *   F32    float products and sums
 *   SPLIT  the weight, too, is high + low; high * high + high * low + low *
 *          high, summed in float
 *   BF16   the weight is rounded to bf16; float sums
 *   INT8   the weight is one of -127..127 times a scale of its output
 *          (int8_weight.h), also depthwise; whole sums, then float
 * Bias, activation and addend are float; what is stored is rounded to the
 * nearest, ties to even, codes cut to 0..255. */

/* Weights of a dense layer as a plain array [outputs][inputs][taps], inputs
 * those of whole blocks (0 where they fill up). */
typedef struct hp_conv_weights {
    const float *weight;
    int outputs, inputs, tap_count;
    const float *in_step; /* INT8: step of each input channel; else NULL */
    int in_zero;          /* INT8: their code of 0 */
} hp_conv_weights;

/* Biases are arrays of this many floats, 0 behind the last output. */
static inline int hp_packed_channels(int outputs)
{
    return (outputs + 63) / 64 * 64;
}

/* --- winograd: a dense 3x3 of stride 1 by F(4x4, 3x3) ---------------------
 * The output is cut into tiles of 4x4 pixels, `dilation` apart: dilation 2
 * makes four interleaved pictures of it, one after the other. Tiles are
 * numbered in reading order, picture after picture. in.data, addend.data and
 * out.data are the pixel (0, 0) of planes with the same pitch. Only pixels
 * inside width x height are written. */
typedef struct hp_winograd_run {
    hp_view in, addend, out;
    const void *weight;
    const float *bias;
    hp_activation activation, sum_activation;
    int width, height, pitch, pad; /* pad of the planes, >= dilation */
    int dilation;
    int first_tile, tile_count;
    void *scratch; /* winograd_scratch_bytes */
} hp_winograd_run;

static inline int hp_winograd_tile_count(int width, int height, int dilation)
{
    int count = 0;

    for (int y = 0; y < dilation && y < height; y++)
        for (int x = 0; x < dilation && x < width; x++)
            count += (((height - y - 1) / dilation + 1 + 3) / 4) *
                     (((width - x - 1) / dilation + 1 + 3) / 4);
    return count;
}

/* --- depthwise: 3x3, a channel by itself ----------------------------------
 * Output rows first_row .. first_row + row_count - 1. in.data is the pixel
 * (0, 0) of its plane; out.data is the first pixel of row first_row. Each
 * row gets out_width results, then 0 up to out_pitch. weight: [block][9]
 * [channels of a block] floats, bias: [block][channels]. */
typedef struct hp_depthwise_run {
    hp_view in, out; /* the table's storage, equal block counts */
    const float *weight, *bias;
    hp_activation activation;
    int in_pitch, out_width, out_pitch;
    int stride, dilation; /* 1 or 2; dilation 1 with stride 2 */
    int first_row, row_count;
} hp_depthwise_run;

/* --- pixels: the 8-bit picture that the network looks at -------------------
 * It lies at (left, top) of the network's input of width x height; around it
 * the input is 0. Channel c of the input is
 * (pixel[order[c]] - mean[c]) * scale[c]. */
typedef struct hp_input {
    const uint8_t *pixels;
    size_t stride_bytes;
    int pixel_bytes; /* 1, 3 or 4 */
    int order[3];
    float mean[3], scale[3];
    int left, top, picture_width, picture_height;
    int width, height;
} hp_input;

/* first: the dense 3x3 of stride 2 on the input, in one step from 8 bits.
 * Rows and out as in hp_depthwise_run; weight packed by first_pack from
 * [outputs][3][9]. */
typedef struct hp_first_run {
    const hp_input *input;
    hp_view out; /* the table's storage */
    const void *weight;
    const float *bias; /* hp_packed_channels(outputs) */
    hp_activation activation;
    int out_width, out_pitch;
    int first_row, row_count;
    void *scratch; /* first_scratch_bytes */
} hp_first_run;

/* import: rows of the input into one block (of F32: 3 of 16 channels). */
typedef struct hp_import_run {
    const hp_input *input;
    hp_view out; /* first pixel of row first_row */
    int out_pitch;
    int first_row, row_count;
} hp_import_run;

/* --- add ------------------------------------------------------------------
 * out[i] = activation(a[i] + b[i]) for `count` pixels of equal views. */
typedef struct hp_add_run {
    hp_view a, b, out; /* the table's storage */
    hp_activation activation;
    int count;
} hp_add_run;

/* --- export: channels of a value, F32 or the table's storage, to planes ---
 * planes[(c - first_channel) * width * height + y * width + x]; in.data is
 * the pixel (0, 0) of the first block; channels count from there. */
typedef struct hp_export_run {
    hp_view in;
    int width, height, pitch;
    int first_channel, channel_count;
    float *planes;
} hp_export_run;

/* One arithmetic on one instruction set. winograd may be NULL (with its
 * companions): not offered; the rest is there. */
typedef struct hp_layers {
    const char *name; /* "avx512", "amx bf16x3" */
    hp_storage storage;

    /* Pixels, or tiles of winograd, that its product computes at a time: a
     * run of a multiple wastes nothing. */
    int product_pixels;

    size_t (*conv_pack_bytes)(int outputs, int inputs, int tap_count);
    void (*conv_pack)(const hp_conv_weights *weights, void *packed);
    size_t (*conv_scratch_bytes)(int outputs, int inputs, int tap_count,
                                 int count); /* NULL: none */
    void (*conv)(const hp_conv_run *run);

    size_t (*winograd_pack_bytes)(int outputs, int inputs);
    void (*winograd_pack)(const hp_conv_weights *weights, void *packed);
    size_t (*winograd_scratch_bytes)(int outputs, int inputs);
    void (*winograd)(const hp_winograd_run *run);

    void (*depthwise)(const hp_depthwise_run *run);

    size_t (*first_pack_bytes)(int outputs);
    void (*first_pack)(const float *weight, int outputs, void *packed);
    size_t (*first_scratch_bytes)(int input_width);
    void (*first)(const hp_first_run *run);
    void (*import)(const hp_import_run *run);

    void (*add)(const hp_add_run *run);
    void (*export)(const hp_export_run *run);
} hp_layers;

#endif
