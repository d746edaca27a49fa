/* conv_stored_amx.h - conv of the storages whose sums are floats, SPLIT and
 * BF16. Included by conv_STORAGE_amx.c after STORAGE, PARTS and CONV. */
#include "finish_stored.h"

#define PRODUCT(sums, pixels, weights) _tile_dpbf16ps(sums, pixels, weights)

enum { BLOCK_CHANNELS = 32, STEP_BYTES = 2 * PARTS * HP_TILE_BYTES };

static void begin_finish(finish *f, const hp_conv_run *run)
{
    static const float one = 1.0f;

    *f = (finish){run->addend, run->out,        run->bias,
                  &one,        run->activation, run->sum_activation};
}

static const unsigned char *packed_tiles(const packed_header *head)
{
    return (const unsigned char *)(head + 1);
}

#include "conv_amx_template.h"

size_t CONV(pack_bytes)(int outputs, int inputs, int tap_count)
{
    return sizeof(packed_header) + (size_t)panel_count(outputs) *
                                       (size_t)(inputs / BLOCK_CHANNELS) *
                                       (size_t)tap_count * STEP_BYTES;
}

/* The tile of 16 outputs from `output` on, of a block and a tap; its low
 * parts, if any, lie two tiles further. */
static void pack_tile(const hp_conv_weights *weights, int output, int block,
                      int tap, uint16_t *tile)
{
    enum { COUNT = HP_TILE_ROWS * BLOCK_CHANNELS };
    const size_t taps = (size_t)weights->tap_count;
    const size_t inputs = (size_t)weights->inputs;
    float values[COUNT] = {0};

    /* Channels of an output lie side by side there, in pairs here. */
    for (int o = 0; o < HP_TILE_ROWS && output + o < weights->outputs; o++) {
        const float *from =
            weights->weight +
            ((size_t)(output + o) * inputs + (size_t)(block * BLOCK_CHANNELS)) *
                taps +
            (size_t)tap;

        for (int i = 0; i < BLOCK_CHANNELS; i++)
            values[i / 2 * BLOCK_CHANNELS + 2 * o + i % 2] =
                from[(size_t)i * taps];
    }
    for (int i = 0; i < COUNT; i += 16) {
        __m512 value = _mm512_loadu_ps(values + i);
        __m256i high = (__m256i)_mm512_cvtneps_pbh(value);
        __m512 back = _mm512_castsi512_ps(
            _mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16));

        _mm256_storeu_si256((__m256i *)(tile + i), high);
        if (PARTS == 2)
            _mm256_storeu_si256(
                (__m256i *)(tile + HP_TILE_BYTES + i),
                (__m256i)_mm512_cvtneps_pbh(_mm512_sub_ps(value, back)));
    }
}

void CONV(pack)(const hp_conv_weights *weights, void *packed)
{
    const int blocks = weights->inputs / BLOCK_CHANNELS;
    packed_header *head = packed;
    unsigned char *step = (unsigned char *)(head + 1);

    *head = (packed_header){
        weights->outputs, weights->inputs, weights->tap_count, {0}};
    for (int p = 0; p < panel_count(weights->outputs); p++)
        for (int b = 0; b < blocks; b++)
            for (int t = 0; t < weights->tap_count; t++, step += STEP_BYTES)
                for (int half = 0; half < 2; half++)
                    pack_tile(weights,
                              p * HP_PANEL_OUTPUTS + half * HP_TILE_ROWS, b, t,
                              (uint16_t *)(step + half * HP_TILE_BYTES));
}

void CONV(run)(const hp_conv_run *run)
{
    convolve(run);
}
