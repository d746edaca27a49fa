/* conv_int8_vnni.c - product of pixels and weights in 8 bits, sums of whole
 * numbers, with AVX-512 VNNI; packs weights for AMX, too. */
#include "conv_int8.h"
#include "layers_vnni.h"

enum {
    /* 12 pixels x 2 vectors of sums and a step of weights leave registers for
     * the pixels' bytes. */
    TILE_PIXELS_INT8 = 12,
    STEP_ROWS = 16 /* of 4 bytes of a pixel */
};

/* All channels and taps of 12 pixels, to [pixel][32 outputs]. Behind the last
 * pixel of a run it reads the slack. */
static void sum_tile(const hp_conv_run *run, int first,
                     const unsigned char *weights, unsigned char *sums)
{
    const ptrdiff_t stride = (ptrdiff_t)run->in_step * INT8_BLOCK;
    const unsigned char *in = run->in.data + first * stride;
    __m512i low[TILE_PIXELS_INT8], high[TILE_PIXELS_INT8];

#pragma GCC unroll 12
    for (int i = 0; i < TILE_PIXELS_INT8; i++)
        low[i] = high[i] = _mm512_setzero_si512();
    for (int b = 0; b < run->in.block_count; b++, in += run->in.block_stride)
        for (int t = 0; t < run->tap_count; t++, weights += INT8_STEP_BYTES) {
            const unsigned char *from = in + run->taps[t] * INT8_BLOCK;
            for (int r = 0; r < STEP_ROWS; r++, from += 4) {
                __m512i w0 = _mm512_load_si512(weights + r * 64);
                __m512i w1 =
                    _mm512_load_si512(weights + HP_TILE_BYTES + r * 64);
#pragma GCC unroll 12
                for (int i = 0; i < TILE_PIXELS_INT8; i++) {
                    int32_t bytes;
                    memcpy(&bytes, from + i * stride, sizeof bytes);
                    __m512i pixel = _mm512_set1_epi32(bytes);
                    low[i] = _mm512_dpbusd_epi32(low[i], pixel, w0);
                    high[i] = _mm512_dpbusd_epi32(high[i], pixel, w1);
                }
            }
        }
#pragma GCC unroll 12
    for (int i = 0; i < TILE_PIXELS_INT8; i++) {
        _mm512_store_si512(sums + i * HP_SUM_ROW_BYTES, low[i]);
        _mm512_store_si512(sums + i * HP_SUM_ROW_BYTES + 64, high[i]);
    }
}

void hp_conv_run_int8_vnni(const hp_conv_run *run)
{
    const packed_header *head = run->weight;
    const size_t panel_bytes =
        (size_t)run->in.block_count * (size_t)run->tap_count * INT8_STEP_BYTES;
    const int room = view_panels(&run->out),
              packed = panel_count(head->outputs);
    _Alignas(64) unsigned char sums[TILE_PIXELS_INT8 * HP_SUM_ROW_BYTES];
    finish f;

    begin_finish(&f, run);
    for (int panel = 0; panel < packed && panel < room; panel++) {
        const unsigned char *weights =
            packed_tiles(head) + (size_t)panel * panel_bytes;
        for (int i = 0; i < run->count; i += TILE_PIXELS_INT8) {
            int left = run->count - i;
            sum_block block = {
                .sums = sums,
                .panel = panel,
                .first = i,
                .count = left < TILE_PIXELS_INT8 ? left : TILE_PIXELS_INT8};
            sum_tile(run, i, weights, sums);
            finish_rows(&f, &block, 0, block.count);
        }
    }
    for (int panel = packed; panel < room; panel++)
        finish_empty(&f, panel, 0, run->count);
}

size_t hp_conv_pack_bytes_int8_vnni(int outputs, int inputs, int tap_count)
{
    return packed_bytes(outputs, inputs, tap_count);
}

void hp_conv_pack_int8_vnni(const hp_conv_weights *weights, void *packed)
{
    pack_weights(weights, packed);
}

size_t hp_conv_scratch_bytes_int8_vnni(int outputs, int inputs, int tap_count,
                                       int count)
{
    (void)inputs;
    (void)tap_count;
    (void)count;
    return finish_scratch_bytes(outputs);
}
