/* layer_case.c - see layer_case.h. Nothing here is taken from the kernels,
 * but for the rule by which INT8 weights are rounded. */
#include "layer_case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "int8_weight.h"

uint64_t random_state;

uint32_t random_u32(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 32);
}

int random_int(int low, int high)
{
    return low + (int)(random_u32() % (uint32_t)(high - low + 1));
}

float random_float(float scale)
{
    return scale * ((float)random_u32() * (2.0f / 4294967296.0f) - 1.0f);
}

bool chance(int one_in)
{
    return random_u32() % (uint32_t)one_in == 0;
}

guarded random_memory(size_t bytes)
{
    return guarded_create(bytes, chance(2));
}

guarded random_floats(size_t count, float scale)
{
    guarded memory = random_memory(count * sizeof(float));
    float *data = memory.data;

    for (size_t i = 0; i < count; i++)
        data[i] = random_float(scale);
    return memory;
}

int blocks_for(hp_storage storage, int channels)
{
    return (channels - 1) / hp_block_channels(storage) + 1;
}

/* --- numbers of a storage ------------------------------------------------ */

static float from_bf16(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float number;

    memcpy(&number, &bits, sizeof number);
    return number;
}

/* To nearest, by trying both neighbours. */
static uint16_t to_bf16(float number)
{
    uint32_t bits;

    memcpy(&bits, &number, sizeof bits);
    uint16_t down = (uint16_t)(bits >> 16), up = (uint16_t)(down + 1);
    double below = fabs((double)number - (double)from_bf16(down));
    double above = fabs((double)number - (double)from_bf16(up));
    if (below != above)
        return below < above ? down : up;
    return down % 2 == 0 ? down : up;
}

static void put_number(const value *v, int channel, ptrdiff_t at, float number)
{
    const int channels = hp_block_channels(v->view.storage);
    const size_t c = (size_t)(channel % channels);
    unsigned char *pixel = v->view.data +
                           (size_t)(channel / channels) * v->view.block_stride +
                           at * (ptrdiff_t)hp_pixel_stride(v->view.storage);
    uint16_t high = to_bf16(number), low = to_bf16(number - from_bf16(high));

    switch (v->view.storage) {
    case HP_STORAGE_F32:
        memcpy(pixel + 4 * c, &number, sizeof number);
        break;
    case HP_STORAGE_SPLIT:
        memcpy(pixel + 64 + 2 * c, &low, sizeof low);
        memcpy(pixel + 2 * c, &high, sizeof high);
        break;
    case HP_STORAGE_BF16:
        memcpy(pixel + 2 * c, &high, sizeof high);
        break;
    case HP_STORAGE_INT8:
        number = rintf(number / v->view.codes.step[channel]) +
                 (float)v->view.codes.zero;
        pixel[c] = (unsigned char)fminf(255, fmaxf(0, number));
    }
}

double value_number(const value *v, int channel, ptrdiff_t at)
{
    const int channels = hp_block_channels(v->view.storage);
    const size_t c = (size_t)(channel % channels);
    const unsigned char *pixel =
        v->view.data + (size_t)(channel / channels) * v->view.block_stride +
        at * (ptrdiff_t)hp_pixel_stride(v->view.storage);
    uint16_t high, low;
    float number;

    switch (v->view.storage) {
    case HP_STORAGE_F32:
        memcpy(&number, pixel + 4 * c, sizeof number);
        return (double)number;
    case HP_STORAGE_SPLIT:
        memcpy(&high, pixel + 2 * c, sizeof high);
        memcpy(&low, pixel + 64 + 2 * c, sizeof low);
        return (double)from_bf16(high) + (double)from_bf16(low);
    case HP_STORAGE_BF16:
        memcpy(&high, pixel + 2 * c, sizeof high);
        return (double)from_bf16(high);
    default:
        return (double)(pixel[c] - v->view.codes.zero) *
               (double)v->view.codes.step[channel];
    }
}

bool number_is_near(const value *v, int channel, ptrdiff_t at, double wanted,
                    double bound)
{
    double found = value_number(v, channel, at), step, low, high;

    switch (v->view.storage) {
    case HP_STORAGE_F32:
        break;
    case HP_STORAGE_SPLIT: /* 8 + 8 bits */
        bound += fabs(wanted) * 0x1p-16 + 1e-37;
        break;
    case HP_STORAGE_BF16: /* 8 bits; what is too small may become 0 */
        bound += (fabs(wanted) + bound) * 0x1p-8 + 1e-37;
        break;
    case HP_STORAGE_INT8: /* half a step inside the range */
        step = (double)v->view.codes.step[channel];
        low = -v->view.codes.zero * step;
        high = (255 - v->view.codes.zero) * step;
        bound += step * 0.5001;
        wanted = fmin(high, fmax(low, wanted));
        break;
    }
    return fabs(found - wanted) <= bound; /* false for NaN */
}

double activate_number(double x, hp_activation activation)
{
    if (activation == HP_ACTIVATION_RELU)
        return x > 0 ? x : 0;
    if (activation == HP_ACTIVATION_ELU)
        return x > 0 ? x : expm1(x);
    return x;
}

/* --- values -------------------------------------------------------------- */

/* Steps that let most numbers within +-scale be told apart, some not. */
static void make_codes(value *v, int known, float scale)
{
    const size_t count = (size_t)v->channels;

    v->codes = random_memory(2 * count * sizeof(float));
    float *step = v->codes.data, *inverse = step + count;
    v->view.codes.zero = chance(2) ? 128 : 0;
    for (size_t i = 0; i < count; i++) {
        step[i] = (int)i < known ? scale / 100.0f * (1.0f + random_float(0.9f))
                                 : 1.0f;
        inverse[i] = 1.0f / step[i];
    }
    v->view.codes.step = step;
    v->view.codes.inverse = inverse;
}

/* `before` pixels lie before (0, 0), `pixels` in all, then the slack. */
static value value_make(hp_storage storage, int channels, size_t before,
                        size_t pixels, float scale)
{
    const int blocks = blocks_for(storage, channels);
    const size_t stride =
        (pixels + HP_SLACK_PIXELS) * hp_pixel_stride(storage) +
        64 * (size_t)random_int(0, 3);
    value v = {.channels = blocks * hp_block_channels(storage)};

    v.memory = random_memory((size_t)blocks * stride);
    v.view = (hp_view){
        .data =
            (unsigned char *)v.memory.data + before * hp_pixel_stride(storage),
        .block_stride = stride,
        .block_count = blocks,
        .storage = storage,
    };
    if (storage == HP_STORAGE_INT8)
        make_codes(&v, channels, scale);
    return v;
}

static void keep_before(value *v)
{
    v->before = malloc(v->memory.bytes);
    if (v->before == NULL) {
        fputs("no memory for a test\n", stderr);
        exit(1);
    }
    memcpy(v->before, v->memory.data, v->memory.bytes);
}

static value value_plane(hp_storage storage, int channels, int width,
                         int height, int pad, float scale)
{
    value v = value_make(storage, channels, hp_plane_origin(width, pad),
                         hp_plane_pixels(width, height, pad), scale);

    v.width = width;
    v.height = height;
    v.pad = pad;
    v.pitch = width + pad;
    return v;
}

value value_create(hp_storage storage, int known, int width, int height,
                   int pad, float scale)
{
    value v = value_plane(storage, known, width, height, pad, scale);
    const ptrdiff_t first = -(ptrdiff_t)hp_plane_origin(width, pad);
    const ptrdiff_t end =
        first + (ptrdiff_t)hp_plane_pixels(width, height, pad);

    for (int c = 0; c < v.channels; c++)
        for (ptrdiff_t at = first; at < end; at++) {
            bool inside = at >= 0 && at % v.pitch < width &&
                          at / v.pitch < height && c < known;
            put_number(&v, c, at, inside ? random_float(scale) : 0.0f);
        }
    keep_before(&v);
    return v;
}

static void fill_randomly(value *v)
{
    unsigned char *bytes = v->memory.data;

    for (size_t i = 0; i < v->memory.bytes; i++)
        bytes[i] = (unsigned char)random_u32();
    keep_before(v);
}

value value_empty(hp_storage storage, int channels, int width, int height,
                  int pad, float scale)
{
    value v = value_plane(storage, channels, width, height, pad, scale);

    fill_randomly(&v);
    return v;
}

value value_strip(hp_storage storage, int channels, int rows, int pitch,
                  float scale)
{
    value v =
        value_make(storage, channels, 0, (size_t)rows * (size_t)pitch, scale);

    v.width = v.pitch = pitch;
    v.height = rows;
    fill_randomly(&v);
    return v;
}

value value_copy(const value *from)
{
    value v = *from;

    v.memory = random_memory(from->memory.bytes);
    memcpy(v.memory.data, from->before, from->memory.bytes);
    v.view.data = (unsigned char *)v.memory.data +
                  (from->view.data - (unsigned char *)from->memory.data);
    v.codes = (guarded){.data = NULL}; /* those of the other */
    keep_before(&v);
    return v;
}

void value_destroy(value *v)
{
    guarded_destroy(&v->memory);
    if (v->codes.data != NULL)
        guarded_destroy(&v->codes);
    free(v->before);
}

size_t changed_outside(const value *v, ptrdiff_t first, int count, int rows)
{
    const size_t stride = hp_pixel_stride(v->view.storage);
    unsigned char *covered = calloc(1, v->memory.bytes);
    const unsigned char *now = v->memory.data;
    size_t changed = 0;

    for (int b = 0; b < v->view.block_count; b++)
        for (int k = 0; k < rows; k++)
            memset(covered + (v->view.data - now) +
                       (size_t)b * v->view.block_stride +
                       (first + (ptrdiff_t)k * v->pitch) * (ptrdiff_t)stride,
                   1, (size_t)count * stride);
    for (size_t i = 0; i < v->memory.bytes; i++)
        changed += !covered[i] && now[i] != v->before[i];
    free(covered);
    return changed;
}

/* --- weights ------------------------------------------------------------- */

static double rounded_weight(const hp_conv_weights *weights, hp_storage storage,
                             bool winograd, int output, int input, int tap)
{
    float plain = weights->weight[((size_t)output * (size_t)weights->inputs +
                                   (size_t)input) *
                                      (size_t)weights->tap_count +
                                  (size_t)tap];

    if (storage == HP_STORAGE_BF16 && !winograd)
        return (double)from_bf16(to_bf16(plain));
    if (storage == HP_STORAGE_INT8) {
        float scale = hp_int8_scale(weights, output);
        int code =
            hp_int8_weight(hp_int8_stepped(weights, output, input, tap), scale);
        return (double)code * (double)scale / (double)weights->in_step[input];
    }
    return (double)plain;
}

dense dense_create(const hp_layers *layers, const value *in, int known,
                   int outputs, int tap_count, bool winograd)
{
    const int inputs = in->channels;
    const size_t row = (size_t)inputs * (size_t)tap_count;
    dense d = {
        .plain = random_memory((size_t)outputs * row * sizeof(float)),
        .bias =
            random_memory((size_t)hp_packed_channels(outputs) * sizeof(float)),
        .rounded = malloc((size_t)outputs * row * sizeof(double)),
    };
    float *plain = d.plain.data, *bias = d.bias.data;

    for (int o = 0; o < outputs; o++)
        for (size_t i = 0; i < row; i++)
            plain[(size_t)o * row + i] = (int)(i / (size_t)tap_count) < known
                                             ? random_float(1.0f)
                                             : 0.0f;
    for (int o = 0; o < hp_packed_channels(outputs); o++)
        bias[o] = o < outputs ? random_float(1.0f) : 0.0f;
    d.weights = (hp_conv_weights){
        .weight = plain,
        .outputs = outputs,
        .inputs = inputs,
        .tap_count = tap_count,
        .in_step =
            layers->storage == HP_STORAGE_INT8 ? in->view.codes.step : NULL,
        .in_zero = in->view.codes.zero,
    };
    for (int o = 0; o < outputs; o++)
        for (int i = 0; i < inputs; i++)
            for (int t = 0; t < tap_count; t++)
                d.rounded[(size_t)o * row + (size_t)i * (size_t)tap_count +
                          (size_t)t] =
                    rounded_weight(&d.weights, layers->storage, winograd, o, i,
                                   t);
    d.packed = random_memory(
        winograd ? layers->winograd_pack_bytes(outputs, inputs)
                 : layers->conv_pack_bytes(outputs, inputs, tap_count));
    if (winograd)
        layers->winograd_pack(&d.weights, d.packed.data);
    else
        layers->conv_pack(&d.weights, d.packed.data);
    return d;
}

void dense_destroy(dense *d)
{
    guarded_destroy(&d->plain);
    guarded_destroy(&d->packed);
    guarded_destroy(&d->bias);
    free(d->rounded);
}

double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
