/* conv_stored_amx.h - conv of the storages whose sums are floats, SPLIT and
 * BF16. Included by conv_STORAGE_amx.c after STORAGE, PARTS and CONV. */
#include "finish_stored.h"
#include "square.h"

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

enum { MOST_TAPS = 9, OUTPUTS = HP_TILE_ROWS };

/* Weights of 16 outputs from `output` on and of a block of inputs, those of
 * the 16 side by side: [input][tap][output]. 0 where there is no output. */
static void order_weights(const hp_conv_weights *weights, int output, int block,
                          float *ordered)
{
    const size_t count = (size_t)(BLOCK_CHANNELS * weights->tap_count);
    const size_t stride = (size_t)(weights->inputs * weights->tap_count);
    const float *from =
        weights->weight + (size_t)output * stride + (size_t)block * count;

    for (size_t i = 0; i < count; i += SQUARE) {
        float *square = ordered + i * OUTPUTS;
        for (int o = 0; o < OUTPUTS; o++)
            if (output + o < weights->outputs)
                memcpy(square + o * SQUARE, from + (size_t)o * stride + i,
                       SQUARE * sizeof *square);
            else
                memset(square + o * SQUARE, 0, SQUARE * sizeof *square);
        transpose_square(square);
    }
}

/* 16 numbers as bf16, the lower halves of elements, and what is left. */
static inline __m512i round_off(__m512 value, __m512 *rest)
{
    __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(value));

    *rest =
        _mm512_sub_ps(value, _mm512_castsi512_ps(_mm512_slli_epi32(high, 16)));
    return high;
}

/* A tile of a tap: inputs in pairs. The low parts, if any, lie two tiles
 * further. */
static void pack_tile(const float *ordered, int tap_count, unsigned char *tile)
{
    for (int r = 0; r < HP_TILE_ROWS; r++, tile += BLOCK_CHANNELS * 2) {
        const float *first = ordered + 2 * r * tap_count * OUTPUTS;
        __m512 even = _mm512_loadu_ps(first);
        __m512 odd = _mm512_loadu_ps(first + tap_count * OUTPUTS);
        for (int part = 0; part < PARTS; part++) {
            __m512i low = round_off(even, &even), high = round_off(odd, &odd);
            _mm512_storeu_si512(
                tile + part * 2 * HP_TILE_BYTES,
                _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
        }
    }
}

void CONV(pack)(const hp_conv_weights *weights, void *packed)
{
    const int blocks = weights->inputs / BLOCK_CHANNELS;
    const int taps = weights->tap_count;
    packed_header *head = packed;
    unsigned char *step = (unsigned char *)(head + 1);
    float ordered[BLOCK_CHANNELS * MOST_TAPS * OUTPUTS];

    *head = (packed_header){weights->outputs, weights->inputs, taps, {0}};
    for (int p = 0; p < panel_count(weights->outputs); p++)
        for (int b = 0; b < blocks; b++, step += taps * STEP_BYTES)
            for (int half = 0; half < 2; half++) {
                order_weights(weights,
                              p * HP_PANEL_OUTPUTS + half * HP_TILE_ROWS, b,
                              ordered);
                for (int t = 0; t < taps; t++)
                    pack_tile(ordered + t * OUTPUTS, taps,
                              step + t * STEP_BYTES + half * HP_TILE_BYTES);
            }
}

void CONV(run)(const hp_conv_run *run)
{
    convolve(run);
}
