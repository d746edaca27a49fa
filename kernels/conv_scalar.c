/* conv_scalar.c - product of pixels and weights in portable C, the reference
 * for every storage. Some pixels at a time are copied, tap after tap, into
 * rows of floats, which panels of 16 outputs then multiply.
 *
 * Packed weights: a scale per output (INT8), then [panel][tap][input][16];
 * INT8 weights are whole numbers, and so are the rows. */
#include "int8_weight.h"
#include "layers_scalar.h"
#include "product_scalar.h"

enum { CHUNK = 12 }; /* pixels: a multiple of HP_PRODUCT_ROWS */

static int panel_count(int outputs)
{
    return (outputs + HP_PANEL - 1) / HP_PANEL;
}

static size_t row_floats(int inputs, int tap_count)
{
    return (size_t)inputs * (size_t)tap_count;
}

/* What a packed layer begins with. */
typedef struct header {
    int panel_count, inputs;
    bool scaled;
    char pad[64 - 2 * sizeof(int) - sizeof(bool)];
} header;

static const float *packed_scales(const header *packed)
{
    return (const float *)(packed + 1);
}

static const float *packed_panels(const header *packed)
{
    return packed_scales(packed) + packed->panel_count * HP_PANEL;
}

size_t hp_conv_pack_bytes_scalar(int outputs, int inputs, int tap_count)
{
    size_t channels = (size_t)panel_count(outputs) * HP_PANEL;

    return sizeof(header) +
           channels * (1 + row_floats(inputs, tap_count)) * sizeof(float);
}

static float packed_weight(const hp_conv_weights *weights, hp_storage storage,
                           int output, int input, int tap, float scale)
{
    size_t at = ((size_t)output * (size_t)weights->inputs + (size_t)input) *
                    (size_t)weights->tap_count +
                (size_t)tap;

    switch (storage) {
    case HP_STORAGE_BF16:
        return hp_from_bf16(hp_to_bf16(weights->weight[at]));
    case HP_STORAGE_INT8:
        return (float)hp_int8_weight(
            hp_int8_stepped(weights, output, input, tap), scale);
    default:
        return weights->weight[at];
    }
}

static void pack(const hp_conv_weights *weights, hp_storage storage,
                 void *packed)
{
    header *head = packed;
    float *scales = (float *)(head + 1);

    *head = (header){.panel_count = panel_count(weights->outputs),
                     .inputs = weights->inputs,
                     .scaled = storage == HP_STORAGE_INT8};
    const int channels = head->panel_count * HP_PANEL;
    float *panel = scales + channels;
    for (int o = 0; o < channels; o++)
        scales[o] = head->scaled && o < weights->outputs
                        ? hp_int8_scale(weights, o)
                        : 1.0f;
    for (int first = 0; first < channels; first += HP_PANEL)
        for (int t = 0; t < weights->tap_count; t++)
            for (int i = 0; i < weights->inputs; i++, panel += HP_PANEL)
                for (int o = 0; o < HP_PANEL; o++)
                    panel[o] = first + o < weights->outputs
                                   ? packed_weight(weights, storage, first + o,
                                                   i, t, scales[first + o])
                                   : 0.0f;
}

void hp_conv_pack_f32_scalar(const hp_conv_weights *weights, void *packed)
{
    pack(weights, HP_STORAGE_F32, packed);
}

void hp_conv_pack_split_scalar(const hp_conv_weights *weights, void *packed)
{
    pack(weights, HP_STORAGE_SPLIT, packed);
}

void hp_conv_pack_bf16_scalar(const hp_conv_weights *weights, void *packed)
{
    pack(weights, HP_STORAGE_BF16, packed);
}

void hp_conv_pack_int8_scalar(const hp_conv_weights *weights, void *packed)
{
    pack(weights, HP_STORAGE_INT8, packed);
}

size_t hp_conv_scratch_bytes_scalar(int outputs, int inputs, int tap_count,
                                    int count)
{
    (void)outputs;
    (void)count;
    return CHUNK * row_floats(inputs, tap_count) * sizeof(float);
}

/* A pixel of all blocks; INT8: the codes as whole numbers from 0. */
static inline void load_pixel(const hp_view *in, hp_storage storage,
                              ptrdiff_t at, float *restrict row)
{
    const int channels = hp_block_channels(storage);

    for (int b = 0; b < in->block_count; b++, row += channels) {
        const unsigned char *block = hp_view_block(in, b);
        if (storage == HP_STORAGE_INT8) {
            const unsigned char *pixel =
                block + at * (ptrdiff_t)hp_pixel_stride(storage);
            for (int c = 0; c < channels; c++)
                row[c] = (float)(pixel[c] - in->codes.zero);
        } else {
            hp_pixel_load(storage, block, at, NULL, 0, row);
        }
    }
}

void hp_conv_gather_scalar(const hp_conv_run *run, int first, int count,
                           float *row)
{
    const size_t inputs = (size_t)run->in.block_count *
                          (size_t)hp_block_channels(run->in.storage);

    for (int i = 0; i < count; i++)
        for (int t = 0; t < run->tap_count; t++, row += inputs) {
            ptrdiff_t at = (ptrdiff_t)(first + i) * run->in_step + run->taps[t];
            if (run->in.storage == HP_STORAGE_F32)
                load_pixel(&run->in, HP_STORAGE_F32, at, row);
            else
                load_pixel(&run->in, run->in.storage, at, row);
        }
}

/* Pixels first .. first + count - 1 of one block of the output. */
static void convolve_block(const hp_conv_run *run, const hp_finish *finish,
                           int block, int first, int count, int depth)
{
    const header *packed = run->weight;
    const int channels = hp_block_channels(run->out.storage);
    const float *scales = packed_scales(packed);
    float sums[CHUNK * HP_LARGEST_BLOCK] = {0};

    for (int c = 0; c < channels; c += HP_PANEL) {
        int channel = block * channels + c;
        if (channel >= packed->panel_count * HP_PANEL)
            break;
        hp_product(count, depth, run->scratch, (size_t)depth,
                   packed_panels(packed) + (size_t)channel * (size_t)depth,
                   sums + c, (size_t)channels);
        if (packed->scaled)
            for (int i = 0; i < count; i++)
                for (int o = 0; o < HP_PANEL; o++)
                    sums[i * channels + c + o] *= scales[channel + o];
    }
    for (int i = 0; i < count; i++)
        hp_finish_pixel(finish, block, first + i, sums + i * channels);
}

void hp_conv_scalar(const hp_conv_run *run)
{
    const header *packed = run->weight;
    const int depth = packed->inputs * run->tap_count;
    const hp_finish finish = {
        .addend = &run->addend,
        .out = &run->out,
        .bias = run->bias,
        .bias_count = packed->panel_count * HP_PANEL,
        .activation = run->activation,
        .sum_activation = run->sum_activation,
    };

    for (int i = 0; i < run->count; i += CHUNK) {
        int count = run->count - i < CHUNK ? run->count - i : CHUNK;
        hp_conv_gather_scalar(run, i, count, run->scratch);
        for (int b = 0; b < run->out.block_count; b++)
            convolve_block(run, &finish, b, i, count, depth);
    }
}
