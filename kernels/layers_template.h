/* layers_template.h - the table of an instruction set's float layers, and its
 * small ones: import, add, export. Included by layers_ISA.c after
 * vector_ISA.h; TABLE_NAME is what the table is called. */
#include "activation_vector.h"
#include "block.h"
#include "float_layers.h"
#include "input_row.h"

void FLOAT_LAYER(import)(const hp_import_run *run)
{
    const hp_input *input = run->input;
    hp_input_table table;

    hp_input_table_fill(&table, input);
    for (int i = 0; i < run->row_count; i++) {
        float *out = block_at(&run->out, 0, (ptrdiff_t)i * run->out_pitch);
        const int y = run->first_row + i - input->top;
        memset(out, 0, (size_t)run->out_pitch * BLOCK * sizeof(float));
        if (y >= 0 && y < input->picture_height)
            hp_input_pixels(&table, input, y, BLOCK, out + input->left * BLOCK);
    }
}

static void add_block(const hp_add_run *run, int block)
{
    const float *a = block_at(&run->a, block, 0);
    const float *b = block_at(&run->b, block, 0);
    float *out = block_at(&run->out, block, 0);

    for (ptrdiff_t i = 0; i < (ptrdiff_t)run->count * BLOCK; i += LANES)
        vec_store(out + i, activate(vec_add(vec_load(a + i), vec_load(b + i)),
                                    run->activation));
}

void FLOAT_LAYER(add)(const hp_add_run *run)
{
    for (int b = 0; b < run->out.block_count; b++)
        add_block(run, b);
}

/* Row by row, so that a row of a block is in the cache for all of its
 * channels. */
void FLOAT_LAYER(export)(const hp_export_run *run)
{
    const size_t width = (size_t)run->width;
    const size_t plane = width * (size_t)run->height;

    for (int y = 0; y < run->height; y++)
        for (int i = 0; i < run->channel_count; i++) {
            const int channel = run->first_channel + i;
            const float *in =
                block_at(&run->in, channel / BLOCK, (ptrdiff_t)y * run->pitch) +
                channel % BLOCK;
            float *out = run->planes + (size_t)i * plane + (size_t)y * width;
            for (size_t x = 0; x < width; x++)
                out[x] = in[x * BLOCK];
        }
}

static const hp_layers float_layers = {
    .name = TABLE_NAME,
    .storage = HP_STORAGE_F32,
    .product_pixels = TILE_PIXELS,
    .conv_pack_bytes = FLOAT_LAYER(conv_pack_bytes),
    .conv_pack = FLOAT_LAYER(conv_pack),
    .conv = FLOAT_LAYER(conv),
    .winograd_pack_bytes = FLOAT_LAYER(winograd_pack_bytes),
    .winograd_pack = FLOAT_LAYER(winograd_pack),
    .winograd_scratch_bytes = FLOAT_LAYER(winograd_scratch_bytes),
    .winograd = FLOAT_LAYER(winograd),
    .depthwise = FLOAT_LAYER(depthwise),
    .first_pack_bytes = FLOAT_LAYER(first_pack_bytes),
    .first_pack = FLOAT_LAYER(first_pack),
    .first_scratch_bytes = FLOAT_LAYER(first_scratch_bytes),
    .first = FLOAT_LAYER(first),
    .import = FLOAT_LAYER(import),
    .add = FLOAT_LAYER(add),
    .export = FLOAT_LAYER(export),
};
