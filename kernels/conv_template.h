/* conv_template.h - dense layers in float (hp_conv_run in layer.h). Included
 * by conv_ISA.c after vector_ISA.h.
 *
 * Packed: a line with the count of blocks that have weights, then the panels
 * of product.h, the last of them maybe of one block. */
#include <string.h>

#include "activation_vector.h"
#include "float_layers.h"
#include "product.h"

enum { PASS_BYTES = 128 * 1024 };

size_t FLOAT_LAYER(conv_pack_bytes)(int outputs, int inputs, int tap_count)
{
    return (HEADER_FLOATS + (size_t)block_count(outputs) * BLOCK *
                                (size_t)block_count(inputs) * BLOCK *
                                (size_t)tap_count) *
           sizeof(float);
}

void FLOAT_LAYER(conv_pack)(const hp_conv_weights *weights, void *packed)
{
    const int out_blocks = block_count(weights->outputs);
    const int in_blocks = block_count(weights->inputs);
    float *to = pack_header(packed, out_blocks);

    for (int first = 0; first < out_blocks; first += PANEL_BLOCKS) {
        const int channels = least(PANEL_BLOCKS, out_blocks - first) * BLOCK;
        const int floats = channels * BLOCK * weights->tap_count;
        for (int b = 0; b < in_blocks; b++, to += floats)
            order_block(weights, first * BLOCK, channels, b, to);
    }
}

/* What a tile leaves to do, on one block of it. */
static void finish(const hp_conv_run *run, const float *addend, float *out,
                   int pixels)
{
    for (int i = 0; i < pixels * BLOCK; i += LANES) {
        vec x = vec_load(out + i);
        if (run->activation == HP_ACTIVATION_ELU)
            x = activate(x, HP_ACTIVATION_ELU);
        if (addend != NULL)
            x = activate(vec_add(x, vec_load(addend + i)), run->sum_activation);
        vec_store(out + i, x);
    }
}

/* Blocks without weights, from `first` on. */
static void fill_blocks(const hp_conv_run *run, int first)
{
    for (int b = first; b < run->out.block_count; b++) {
        float *out = block_at(&run->out, b, 0);
        memset(out, 0, (size_t)run->count * BLOCK * sizeof(float));
        if (run->addend.data != NULL)
            finish(run, block_at(&run->addend, b, 0), out, run->count);
    }
}

static void finish_tile(const hp_conv_run *run, const product *p, int block,
                        int pixel)
{
    for (int b = block; b < block + p->out_blocks; b++)
        finish(run,
               run->addend.data != NULL ? block_at(&run->addend, b, pixel)
                                        : NULL,
               block_at(&run->out, b, pixel), p->pixels);
}

static int tile_pixels(const hp_conv_run *run)
{
    return run->in_step == 1 ? (int)TILE_PIXELS : (int)STEP_2_PIXELS;
}

/* Tiles first .. end - 1 of the run; all but its last one are full. */
static void run_panel(const hp_conv_run *run, product *p, int block, int first,
                      int end)
{
    const int most = tile_pixels(run);

    for (int t = first; t < end; t++) {
        const int pixel = t * most;
        p->pixels = least(most, run->count - pixel);
        p->in = block_at(&run->in, 0, pixel * run->in_step);
        p->out = block_at(&run->out, block, pixel);
        multiply(p);
        if (run->activation == HP_ACTIVATION_ELU || run->addend.data != NULL)
            finish_tile(run, p, block, pixel);
    }
}

/* Every panel of outputs for tiles first .. end - 1: one pass over the
 * weights. */
static void run_pass(const hp_conv_run *run, int first, int end)
{
    product p = {
        .in_block = (ptrdiff_t)(run->in.block_stride / sizeof(float)),
        .in_blocks = run->in.block_count,
        .in_step = run->in_step,
        .taps = run->taps,
        .tap_count = run->tap_count,
        .out_block = (ptrdiff_t)(run->out.block_stride / sizeof(float)),
        .relu = run->activation == HP_ACTIVATION_RELU,
    };
    const size_t block_weights =
        (size_t)run->in.block_count * BLOCK * (size_t)run->tap_count * BLOCK;
    const int packed = packed_blocks(run->weight);
    const int blocks = least(packed, run->out.block_count);

    for (int b = 0; b < blocks; b += PANEL_BLOCKS) {
        p.weight = packed_weights(run->weight) + (size_t)b * block_weights;
        p.bias = run->bias + b * BLOCK;
        p.vectors = least(PANEL_BLOCKS, packed - b) * BLOCK_VECTORS;
        p.out_blocks = least(PANEL_BLOCKS, blocks - b);
        run_panel(run, &p, b, first, end);
    }
}

/* As many tiles a pass as stay in the L2 cache together with the weights. */
static int pass_count(const hp_conv_run *run, int tiles)
{
    const int tile_bytes =
        run->in.block_count * BLOCK * (int)sizeof(float) * TILE_PIXELS;
    const int most = PASS_BYTES / tile_bytes;

    return most == 0 ? tiles : (tiles + most - 1) / most;
}

void FLOAT_LAYER(conv)(const hp_conv_run *run)
{
    const int tiles = (run->count - 1) / tile_pixels(run) + 1;
    const int passes = pass_count(run, tiles);

    fill_blocks(run, least(packed_blocks(run->weight), run->out.block_count));
    for (int i = 0; i < passes; i++)
        run_pass(run, part_begin(tiles, i, passes),
                 part_begin(tiles, i + 1, passes));
}
