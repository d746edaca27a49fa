/* conv_int8_amx.c - product of pixels and weights in 8 bits, sums of whole
 * numbers. */
#include "conv_int8.h"
#include "layers_amx.h"

#define PARTS 1

#define sum_load(from)          _mm512_cvtepi32_ps(_mm512_load_si512(from))
#define scale_load(scale, part) vec_load((scale) + (part)*LANES)

#include "finish_codes_amx.h"

#define PRODUCT(sums, pixels, weights) _tile_dpbusd(sums, pixels, weights)

enum { STEP_BYTES = INT8_STEP_BYTES };

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

#include "conv_amx_template.h"

size_t hp_conv_pack_bytes_int8_amx(int outputs, int inputs, int tap_count)
{
    return packed_bytes(outputs, inputs, tap_count);
}

void hp_conv_pack_int8_amx(const hp_conv_weights *weights, void *packed)
{
    pack_weights(weights, packed);
}

size_t hp_conv_scratch_bytes_int8_amx(int outputs, int inputs, int tap_count,
                                      int count)
{
    (void)inputs;
    (void)tap_count;
    (void)count;
    return (size_t)hp_packed_channels(outputs) * sizeof(float);
}

void hp_conv_run_int8_amx(const hp_conv_run *run)
{
    convolve(run);
}
