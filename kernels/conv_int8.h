/* conv_int8.h - weights of a dense layer in 8 bits, as the INT8 tables of x86
 * read them, 4 bytes of a pixel times 4 of a weight at a time, and how sums
 * of whole numbers are finished.
 *
 * Packed: a header, for every output its scale and the bias that makes up
 * for the zero of the codes, then [panel of 32 outputs][block of channels]
 * [tap] two tiles of 16 outputs: [channel / 4][output][channel % 4]. */
#ifndef HP_CONV_INT8_H
#define HP_CONV_INT8_H

#include "int8_weight.h"
#include "panel.h"

#define sum_load(from)          _mm512_cvtepi32_ps(_mm512_load_si512(from))
#define scale_load(scale, part) vec_load((scale) + (part)*LANES)

#include "finish_codes.h"

enum { INT8_BLOCK = 64 /* channels */, INT8_STEP_BYTES = 2 * HP_TILE_BYTES };

/* [scales][shifts], hp_packed_channels floats each. */
static inline const float *packed_scales(const packed_header *head)
{
    return (const float *)(head + 1);
}

static inline const float *packed_shifts(const packed_header *head)
{
    return packed_scales(head) + hp_packed_channels(head->outputs);
}

static inline const unsigned char *packed_tiles(const packed_header *head)
{
    return (const unsigned char *)(packed_shifts(head) +
                                   hp_packed_channels(head->outputs));
}

static inline size_t packed_bytes(int outputs, int inputs, int tap_count)
{
    return sizeof(packed_header) +
           2 * (size_t)hp_packed_channels(outputs) * sizeof(float) +
           (size_t)panel_count(outputs) * (size_t)(inputs / INT8_BLOCK) *
               (size_t)tap_count * INT8_STEP_BYTES;
}

/* One output's weights to their places; gives their sum. */
static inline int pack_output(const hp_conv_weights *weights, int output,
                              float scale, signed char *tiles)
{
    const int blocks = weights->inputs / INT8_BLOCK;
    const int panel = output / HP_PANEL_OUTPUTS;
    int sum = 0;

    tiles +=
        output / HP_TILE_ROWS % 2 * HP_TILE_BYTES + output % HP_TILE_ROWS * 4;
    for (int i = 0; i < weights->inputs; i++)
        for (int t = 0; t < weights->tap_count; t++) {
            size_t step = (size_t)(panel * blocks + i / INT8_BLOCK) *
                              (size_t)weights->tap_count +
                          (size_t)t;
            int channel = i % INT8_BLOCK;
            int weight =
                hp_int8_weight(hp_int8_stepped(weights, output, i, t), scale);
            tiles[step * INT8_STEP_BYTES + (size_t)(channel / 4 * 64) +
                  (size_t)(channel % 4)] = (signed char)weight;
            sum += weight;
        }
    return sum;
}

static inline void pack_weights(const hp_conv_weights *weights, void *packed)
{
    packed_header *head = packed;
    const int channels = hp_packed_channels(weights->outputs);

    memset(packed, 0,
           packed_bytes(weights->outputs, weights->inputs, weights->tap_count));
    *head = (packed_header){
        weights->outputs, weights->inputs, weights->tap_count, {0}};
    float *scales = (float *)(head + 1), *shifts = scales + channels;
    signed char *tiles = (signed char *)(shifts + channels);
    for (int o = 0; o < weights->outputs; o++) {
        scales[o] = hp_int8_scale(weights, o);
        int sum = pack_output(weights, o, scales[o], tiles);
        shifts[o] = -scales[o] * (float)(weights->in_zero * sum);
    }
}

/* The scratch holds the biases with the shifts in them. */
static void begin_finish(finish *f, const hp_conv_run *run)
{
    const packed_header *head = run->weight;
    const float *shifts = packed_shifts(head);
    float *bias = run->scratch;

    for (int o = 0; o < hp_packed_channels(head->outputs); o += LANES)
        vec_store(bias + o,
                  vec_add(vec_load(run->bias + o), vec_load(shifts + o)));
    *f = (finish){run->addend, run->out,        packed_scales(head),
                  bias,        run->activation, run->sum_activation};
}

static inline size_t finish_scratch_bytes(int outputs)
{
    return (size_t)hp_packed_channels(outputs) * sizeof(float);
}

#endif
