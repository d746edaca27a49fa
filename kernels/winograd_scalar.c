/* winograd_scalar.c - dense 3x3 by F(4x4, 3x3) in portable C: a quarter of
 * the products. Some tiles at a time are transformed, multiplied element by
 * element of the 6x6, and transformed back.
 *
 * Packed weights: a line with the number of panels, then
 * [36][panel][input][16]. Scratch: tiles [36][TILES][inputs], then products
 * [36][TILES][outputs]. */
#include "layers_scalar.h"
#include "product_scalar.h"
#include "winograd_tile.h"

enum { TILES = 12, ELEMENTS = HP_WINOGRAD_ELEMENTS };

static int panel_count(int outputs)
{
    return (outputs + HP_PANEL - 1) / HP_PANEL;
}

size_t hp_winograd_pack_bytes_scalar(int outputs, int inputs)
{
    return 64 + (size_t)panel_count(outputs) * HP_PANEL * (size_t)inputs *
                    ELEMENTS * sizeof(float);
}

void hp_winograd_pack_scalar(const hp_conv_weights *weights, void *packed)
{
    const int panels = panel_count(weights->outputs);
    const size_t element = (size_t)panels * HP_PANEL * (size_t)weights->inputs;
    float *to = (float *)((unsigned char *)packed + 64);
    float transformed[ELEMENTS];

    memset(packed, 0,
           hp_winograd_pack_bytes_scalar(weights->outputs, weights->inputs));
    memcpy(packed, &panels, sizeof panels);
    for (int o = 0; o < weights->outputs; o++)
        for (int i = 0; i < weights->inputs; i++) {
            size_t from = (size_t)o * (size_t)weights->inputs + (size_t)i;
            size_t at =
                ((size_t)(o / HP_PANEL) * (size_t)weights->inputs + (size_t)i) *
                    HP_PANEL +
                (size_t)(o % HP_PANEL);
            hp_winograd_weight(weights->weight + 9 * from, transformed);
            for (int e = 0; e < ELEMENTS; e++)
                to[(size_t)e * element + at] = transformed[e];
        }
}

size_t hp_winograd_scratch_bytes_scalar(int outputs, int inputs)
{
    return ELEMENTS * TILES * sizeof(float) *
           ((size_t)inputs + (size_t)panel_count(outputs) * HP_PANEL);
}

/* Six of the input, `step` vectors apart, to six: B^T. */
static inline void transform_in(const hp_lanes *in, int step, hp_lanes *out)
{
    hp_lanes d0 = in[0], d1 = in[step], d2 = in[2 * step], d3 = in[3 * step],
             d4 = in[4 * step], d5 = in[5 * step];
    hp_lanes even = d4 - 4.0f * d2, odd = d3 - 4.0f * d1;
    hp_lanes near = d4 - d2, far = 2.0f * (d3 - d1);

    out[0] = 4.0f * d0 - 5.0f * d2 + d4;
    out[step] = even + odd;
    out[2 * step] = even - odd;
    out[3 * step] = near + far;
    out[4 * step] = near - far;
    out[5 * step] = 4.0f * d1 - 5.0f * d3 + d5;
}

/* Six products to four of the output: A^T. */
static inline void transform_out(const hp_lanes *in, int step, hp_lanes *out,
                                 int out_step)
{
    hp_lanes sum = in[step] + in[2 * step],
             difference = in[step] - in[2 * step];
    hp_lanes sum2 = in[3 * step] + in[4 * step];
    hp_lanes difference2 = in[3 * step] - in[4 * step];

    out[0] = in[0] + sum + sum2;
    out[out_step] = difference + 2.0f * difference2;
    out[2 * out_step] = sum + 4.0f * sum2;
    out[3 * out_step] = difference + 8.0f * difference2 + in[5 * step];
}

/* The 6x6 pixels that a tile looks at, 0 outside width x height. */
static void load_tile(const hp_winograd_run *run, int block, int x, int y,
                      float pixels[ELEMENTS][HP_LARGEST_BLOCK])
{
    const int channels = hp_block_channels(run->in.storage);

    for (int e = 0; e < ELEMENTS; e++) {
        int column = x + (e % 6 - 1) * run->dilation;
        int row = y + (e / 6 - 1) * run->dilation;
        if (column >= 0 && column < run->width && row >= 0 && row < run->height)
            hp_view_load(&run->in, block, (ptrdiff_t)row * run->pitch + column,
                         pixels[e]);
        else
            memset(pixels[e], 0, (size_t)channels * sizeof(float));
    }
}

static void enter_tile(const hp_winograd_run *run, int block, int x, int y,
                       size_t element, float *out)
{
    const int channels = hp_block_channels(run->in.storage);
    float pixels[ELEMENTS][HP_LARGEST_BLOCK];
    hp_lanes tile[ELEMENTS];

    load_tile(run, block, x, y, pixels);
    for (int c = 0; c < channels; c += HP_LANES) {
        for (int e = 0; e < ELEMENTS; e++)
            tile[e] = hp_lanes_load(pixels[e] + c);
        for (int i = 0; i < 6; i++)
            transform_in(tile + i, 6, tile + i);
        for (int i = 0; i < 6; i++)
            transform_in(tile + 6 * i, 1, tile + 6 * i);
        for (int e = 0; e < ELEMENTS; e++)
            hp_lanes_store(out + (size_t)e * element + c, tile[e]);
    }
}

/* sums: 4x4 pixels of a block of the output. */
static void leave_tile(const float *products, size_t element, int channels,
                       int known, float sums[16][HP_LARGEST_BLOCK])
{
    hp_lanes tile[ELEMENTS], half[24], out[16];

    for (int c = 0; c < channels && c < known; c += HP_LANES) {
        for (int e = 0; e < ELEMENTS; e++)
            tile[e] = hp_lanes_load(products + (size_t)e * element + c);
        for (int i = 0; i < 6; i++)
            transform_out(tile + i, 6, half + i, 6);
        for (int i = 0; i < 4; i++)
            transform_out(half + 6 * i, 1, out + 4 * i, 1);
        for (int i = 0; i < 16; i++)
            hp_lanes_store(sums[i] + c, out[i]);
    }
    if (known < channels)
        for (int i = 0; i < 16; i++)
            memset(sums[i] + known, 0,
                   (size_t)(channels - known) * sizeof(float));
}

static void store_tile(const hp_winograd_run *run, const hp_finish *finish,
                       int block, int x, int y,
                       float sums[16][HP_LARGEST_BLOCK])
{
    for (int i = 0; i < 16; i++) {
        int column = x + i % 4 * run->dilation;
        int row = y + i / 4 * run->dilation;
        if (column < run->width && row < run->height)
            hp_finish_pixel(finish, block, (ptrdiff_t)row * run->pitch + column,
                            sums[i]);
    }
}

static void convolve_tiles(const hp_winograd_run *run, const hp_finish *finish,
                           int first, int count)
{
    const int in_channels = hp_block_channels(run->in.storage);
    const int out_channels = hp_block_channels(run->out.storage);
    const int outputs = finish->bias_count;
    const size_t inputs = (size_t)run->in.block_count * (size_t)in_channels;
    const float *panels =
        (const float *)((const unsigned char *)run->weight + 64);
    float *tiles = run->scratch, *products = tiles + ELEMENTS * TILES * inputs;
    float sums[16][HP_LARGEST_BLOCK];
    int x = 0, y = 0;

    for (int t = 0; t < count; t++) {
        hp_winograd_tile_at(run->width, run->height, run->dilation, first + t,
                            &x, &y);
        for (int b = 0; b < run->in.block_count; b++)
            enter_tile(run, b, x, y, TILES * inputs,
                       tiles + (size_t)t * inputs +
                           (size_t)b * (size_t)in_channels);
    }
    for (int e = 0; e < ELEMENTS; e++)
        for (int o = 0; o < outputs; o += HP_PANEL, panels += HP_PANEL * inputs)
            hp_product(count, (int)inputs, tiles + (size_t)e * TILES * inputs,
                       inputs, panels,
                       products + (size_t)e * TILES * (size_t)outputs + o,
                       (size_t)outputs);
    for (int t = 0; t < count; t++) {
        hp_winograd_tile_at(run->width, run->height, run->dilation, first + t,
                            &x, &y);
        for (int b = 0; b < run->out.block_count; b++) {
            int known = outputs - b * out_channels;
            leave_tile(products + (size_t)t * (size_t)outputs +
                           b * out_channels,
                       TILES * (size_t)outputs, out_channels,
                       known < 0 ? 0 : known, sums);
            store_tile(run, finish, b, x, y, sums);
        }
    }
}

void hp_winograd_scalar(const hp_winograd_run *run)
{
    hp_finish finish = {
        .addend = &run->addend,
        .out = &run->out,
        .bias = run->bias,
        .activation = run->activation,
        .sum_activation = run->sum_activation,
    };
    int panels;

    memcpy(&panels, run->weight, sizeof panels);
    finish.bias_count = panels * HP_PANEL;
    for (int t = 0; t < run->tile_count; t += TILES)
        convolve_tiles(run, &finish, run->first_tile + t,
                       run->tile_count - t < TILES ? run->tile_count - t
                                                   : TILES);
}
