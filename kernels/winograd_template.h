/* winograd_template.h - dense 3x3 of stride 1 by F(4x4, 3x3), in float
 * (hp_winograd_run in layer.h). Included by winograd_ISA.c after
 * vector_ISA.h.
 *
 * Tiles go in groups whose 36 transformed elements stay in the L2 cache. The
 * weights, which do not fit beside them, pass by once per group: a panel of
 * outputs at a time is multiplied, element by element, and transformed back.
 *
 * Packed weights: a line with the count of blocks, then
 * [panel][element][input][output of the panel]. */
#include <stdbool.h>
#include <string.h>

#include "activation_vector.h"
#include "block.h"
#include "float_layers.h"
#include "product.h"
#include "winograd_tile.h"

enum {
    SIDE = 6, /* of a tile's input */
    OUT_SIDE = 4,
    ELEMENTS = SIDE * SIDE,
    GROUP_PRODUCTS = 42 / TILE_PIXELS,
    GROUP = GROUP_PRODUCTS * TILE_PIXELS /* Winograd's tiles */
};

/* Floats from an element to the next, for a number of blocks: one line more
 * than there is, since powers of two would fall on the same lines of L1. */
static size_t element_stride(int blocks)
{
    return (size_t)(blocks * GROUP + 1) * BLOCK;
}

size_t FLOAT_LAYER(winograd_pack_bytes)(int outputs, int inputs)
{
    return (HEADER_FLOATS + (size_t)block_count(outputs) * BLOCK * ELEMENTS *
                                (size_t)block_count(inputs) * BLOCK) *
           sizeof(float);
}

size_t FLOAT_LAYER(winograd_scratch_bytes)(int outputs, int inputs)
{
    (void)outputs;
    /* Products of small tiles read a little more than there is. */
    return (ELEMENTS * (element_stride(block_count(inputs)) +
                        element_stride(PANEL_BLOCKS)) +
            TILE_PIXELS * BLOCK) *
           sizeof(float);
}

/* Half a vector's lanes, as doubles and as floats. */
typedef double wide __attribute__((vector_size(LANES / 2 * sizeof(double))));
typedef float narrow __attribute__((vector_size(LANES / 2 * sizeof(float))));

static inline wide widen(const float *from)
{
    narrow x;

    memcpy(&x, from, sizeof x);
    return __builtin_convertvector(x, wide);
}

/* G w: three weights to six. */
static inline void transform_weight(wide w0, wide w1, wide w2, wide out[SIDE])
{
    wide even = (w0 + w2) * (-1.0 / 6), odd = w1 * (1.0 / 6);
    wide far = w0 * (1.0 / 24) + w2 * (1.0 / 6), far_odd = w1 * (1.0 / 12);

    out[0] = w0 * 0.25;
    out[1] = even - odd;
    out[2] = even + odd;
    out[3] = far + far_odd;
    out[4] = far - far_odd;
    out[5] = w2;
}

/* Weights of four inputs and a panel's outputs, as order_block leaves them,
 * to elements, which are `element` floats apart. The columns of all come
 * first: a row of elements is then written at a time, since all 36 would
 * fall on the same lines of L1. */
enum { FOUR_INPUTS = 4 * PANEL_BLOCKS * BLOCK };

static void pack_four(const float *weights, int outputs, float *packed,
                      size_t element)
{
    const int count = 4 * outputs;
    const size_t tap = (size_t)(BLOCK * outputs);
    wide half[SIDE][FOUR_INPUTS / (LANES / 2)][3], line[SIDE];

    for (int x = 0; x < 3; x++)
        for (int i = 0; i < count; i += LANES / 2) {
            const float *w = weights + (size_t)x * tap + i;
            transform_weight(widen(w), widen(w + 3 * tap), widen(w + 6 * tap),
                             line);
            UNROLL
            for (int y = 0; y < SIDE; y++)
                half[y][i / (LANES / 2)][x] = line[y];
        }
    for (int y = 0; y < SIDE; y++, packed += SIDE * element)
        for (int i = 0; i < count; i += LANES / 2) {
            const wide *three = half[y][i / (LANES / 2)];
            transform_weight(three[0], three[1], three[2], line);
            UNROLL
            for (size_t x = 0; x < SIDE; x++) {
                narrow rounded = __builtin_convertvector(line[x], narrow);
                memcpy(packed + x * element + i, &rounded, sizeof rounded);
            }
        }
}

void FLOAT_LAYER(winograd_pack)(const hp_conv_weights *weights, void *packed)
{
    const int out_blocks = block_count(weights->outputs);
    const int inputs = weights->inputs;
    float *panel = pack_header(packed, out_blocks);
    _Alignas(64) float ordered[9 * BLOCK * PANEL_BLOCKS * BLOCK];

    for (int first = 0; first < out_blocks; first += PANEL_BLOCKS) {
        const int outputs = least(PANEL_BLOCKS, out_blocks - first) * BLOCK;
        const size_t element = (size_t)(outputs * inputs);
        for (int i = 0; i < inputs; i += 4) {
            if (i % BLOCK == 0)
                order_block(weights, first * BLOCK, outputs, i / BLOCK,
                            ordered);
            pack_four(ordered + i % BLOCK * outputs, outputs,
                      panel + i * outputs, element);
        }
        panel += ELEMENTS * element;
    }
}

/* B^T: six of the input to six. */
static inline __attribute__((always_inline)) void enter_line(const vec d[SIDE],
                                                             vec out[SIDE])
{
    const vec minus_4 = vec_all(-4.0f), minus_5 = vec_all(-5.0f);
    vec even = vec_fma(minus_4, d[2], d[4]), odd = vec_fma(minus_4, d[1], d[3]);
    vec near = vec_sub(d[4], d[2]), far = vec_sub(d[3], d[1]);

    out[0] = vec_fma(vec_all(4.0f), d[0], vec_fma(minus_5, d[2], d[4]));
    out[1] = vec_add(even, odd);
    out[2] = vec_sub(even, odd);
    out[3] = vec_fma(vec_all(2.0f), far, near);
    out[4] = vec_fma(vec_all(-2.0f), far, near);
    out[5] = vec_fma(vec_all(4.0f), d[1], vec_fma(minus_5, d[3], d[5]));
}

/* A^T: six products to four of the output. */
static inline __attribute__((always_inline)) void leave_line(const vec m[SIDE],
                                                             vec out[OUT_SIDE])
{
    vec sum = vec_add(m[1], m[2]), difference = vec_sub(m[1], m[2]);
    vec far = vec_add(m[3], m[4]), far_difference = vec_sub(m[3], m[4]);

    out[0] = vec_add(m[0], vec_add(sum, far));
    out[1] = vec_fma(vec_all(2.0f), far_difference, difference);
    out[2] = vec_fma(vec_all(4.0f), far, sum);
    out[3] = vec_add(m[5], vec_fma(vec_all(8.0f), far_difference, difference));
}

/* Where a tile's pixels are. */
typedef struct place {
    int x, y; /* of the output's first */
} place;

/* Is every pixel that the tile reads of the picture or of its pad? */
static bool reads_inside(const hp_winograd_run *run, place at)
{
    return at.x + OUT_SIDE * run->dilation < run->width + run->pad &&
           at.y + OUT_SIDE * run->dilation < run->height + run->pad;
}

/* The pixels that a tile at the right or lower edge reads, 0 outside. */
static void gather(const hp_winograd_run *run, const float *block, place at,
                   float pixels[ELEMENTS * BLOCK])
{
    for (int e = 0; e < ELEMENTS; e++) {
        int x = at.x + (e % SIDE - 1) * run->dilation;
        int y = at.y + (e / SIDE - 1) * run->dilation;
        if (x < run->width && y < run->height)
            memcpy(pixels + e * BLOCK,
                   block + ((ptrdiff_t)y * run->pitch + x) * BLOCK,
                   BLOCK * sizeof(float));
        else
            memset(pixels + e * BLOCK, 0, BLOCK * sizeof(float));
    }
}

/* Pixels, `row` and `column` floats apart, to elements. */
static inline void enter_tile(const float *from, ptrdiff_t row,
                              ptrdiff_t column, float *to, size_t element)
{
    vec half[SIDE][SIDE];

    for (int v = 0; v < BLOCK; v += LANES) {
        UNROLL
        for (int j = 0; j < SIDE; j++) {
            vec in[SIDE], out[SIDE];
            UNROLL
            for (int i = 0; i < SIDE; i++)
                in[i] = vec_load(from + i * row + j * column + v);
            enter_line(in, out);
            UNROLL
            for (int i = 0; i < SIDE; i++)
                half[i][j] = out[i];
        }
        UNROLL
        for (int i = 0; i < SIDE; i++) {
            vec out[SIDE];
            enter_line(half[i], out);
            UNROLL
            for (int j = 0; j < SIDE; j++)
                vec_store(to + (size_t)(i * SIDE + j) * element + v, out[j]);
        }
    }
}

static void enter_group(const hp_winograd_run *run, const place *places,
                        int count, float *elements)
{
    const size_t element = element_stride(run->in.block_count);
    const ptrdiff_t column = run->dilation * BLOCK;
    const ptrdiff_t row = column * run->pitch;
    _Alignas(64) float pixels[ELEMENTS * BLOCK];

    for (int b = 0; b < run->in.block_count; b++) {
        const float *block = block_at(&run->in, b, 0);
        float *to = elements + (ptrdiff_t)b * GROUP * BLOCK;
        for (int t = 0; t < count; t++, to += BLOCK) {
            const place at = places[t];
            if (reads_inside(run, at)) {
                enter_tile(block +
                               ((ptrdiff_t)at.y * run->pitch + at.x) * BLOCK -
                               row - column,
                           row, column, to, element);
            } else {
                gather(run, block, at, pixels);
                enter_tile(pixels, SIDE * BLOCK, BLOCK, to, element);
            }
        }
    }
}

/* All elements of one panel. */
static void multiply_group(const float *elements, int in_blocks, int count,
                           const float *weight, int panel_blocks,
                           float *products)
{
    static const _Alignas(64) float no_bias[PANEL_VECTORS * LANES];
    static const ptrdiff_t tap = 0;
    const size_t in_element = element_stride(in_blocks);
    const size_t out_element = element_stride(PANEL_BLOCKS);
    const size_t panel = (size_t)(panel_blocks * BLOCK * in_blocks * BLOCK);
    product p = {.in_block = GROUP * BLOCK,
                 .in_blocks = in_blocks,
                 .in_step = 1,
                 .taps = &tap,
                 .tap_count = 1,
                 .bias = no_bias,
                 .vectors = panel_blocks * BLOCK_VECTORS,
                 .out_block = GROUP * BLOCK,
                 .out_blocks = panel_blocks};

    for (int e = 0; e < ELEMENTS; e++, weight += panel) {
        p.weight = weight;
        for (int first = 0; first < count; first += TILE_PIXELS) {
            p.pixels = least(TILE_PIXELS, count - first);
            p.in = elements + (size_t)e * in_element + first * BLOCK;
            p.out = products + (size_t)e * out_element + first * BLOCK;
            multiply(&p);
        }
    }
}

/* Elements to pixels, `row` and `column` floats apart, up to the bias and
 * ReLU. */
static inline void leave_tile(const float *from, size_t element,
                              const float *bias, bool relu, float *to,
                              ptrdiff_t row, ptrdiff_t column)
{
    vec half[OUT_SIDE][SIDE];

    for (int v = 0; v < BLOCK; v += LANES) {
        const vec b = vec_load(bias + v);
        UNROLL
        for (int j = 0; j < SIDE; j++) {
            vec in[SIDE], out[OUT_SIDE];
            UNROLL
            for (int i = 0; i < SIDE; i++)
                in[i] = vec_load(from + (size_t)(i * SIDE + j) * element + v);
            leave_line(in, out);
            UNROLL
            for (int i = 0; i < OUT_SIDE; i++)
                half[i][j] = out[i];
        }
        UNROLL
        for (int i = 0; i < OUT_SIDE; i++) {
            vec out[OUT_SIDE];
            leave_line(half[i], out);
            UNROLL
            for (int j = 0; j < OUT_SIDE; j++) {
                vec x = vec_add(out[j], b);
                if (relu)
                    x = vec_max(x, vec_all(0.0f));
                vec_store(to + i * row + j * column + v, x);
            }
        }
    }
}

/* What leave_tile leaves to do, on one pixel of one block. */
static inline void finish_pixel(const hp_winograd_run *run, const float *addend,
                                const float *from, float *out)
{
    for (int v = 0; v < BLOCK; v += LANES) {
        vec x = vec_load(from + v);
        if (run->activation == HP_ACTIVATION_ELU)
            x = activate(x, HP_ACTIVATION_ELU);
        if (addend != NULL)
            x = activate(vec_add(x, vec_load(addend + v)), run->sum_activation);
        vec_store(out + v, x);
    }
}

/* The pixels of a tile that are in the picture. */
static void finish_tile(const hp_winograd_run *run, int block, place at,
                        const float *pixels, ptrdiff_t row, ptrdiff_t column)
{
    for (int i = 0; i < OUT_SIDE; i++)
        for (int j = 0; j < OUT_SIDE; j++) {
            int x = at.x + j * run->dilation, y = at.y + i * run->dilation;
            if (x >= run->width || y >= run->height)
                continue;
            ptrdiff_t pixel = (ptrdiff_t)y * run->pitch + x;
            finish_pixel(run,
                         run->addend.data != NULL
                             ? block_at(&run->addend, block, pixel)
                             : NULL,
                         pixels + i * row + j * column,
                         block_at(&run->out, block, pixel));
        }
}

static bool writes_inside(const hp_winograd_run *run, place at)
{
    return at.x + (OUT_SIDE - 1) * run->dilation < run->width &&
           at.y + (OUT_SIDE - 1) * run->dilation < run->height;
}

static void leave_block(const hp_winograd_run *run, const place *places,
                        int count, int block, const float *products)
{
    const size_t element = element_stride(PANEL_BLOCKS);
    const float *bias = run->bias + block * BLOCK;
    const bool relu = run->activation == HP_ACTIVATION_RELU;
    const bool finished =
        run->activation != HP_ACTIVATION_ELU && run->addend.data == NULL;
    const ptrdiff_t column = run->dilation * BLOCK;
    const ptrdiff_t row = column * run->pitch;
    _Alignas(64) float pixels[OUT_SIDE * OUT_SIDE * BLOCK];

    for (int t = 0; t < count; t++, products += BLOCK) {
        const place at = places[t];
        if (writes_inside(run, at)) {
            float *out =
                block_at(&run->out, block, (ptrdiff_t)at.y * run->pitch + at.x);
            leave_tile(products, element, bias, relu, out, row, column);
            if (!finished)
                finish_tile(run, block, at, out, row, column);
        } else {
            leave_tile(products, element, bias, relu, pixels, OUT_SIDE * BLOCK,
                       BLOCK);
            finish_tile(run, block, at, pixels, OUT_SIDE * BLOCK, BLOCK);
        }
    }
}

/* Blocks without weights, from `first` on. */
static void fill_blocks(const hp_winograd_run *run, const place *places,
                        int count, int first)
{
    static const _Alignas(64) float zeros[BLOCK];

    for (int b = first; b < run->out.block_count; b++)
        for (int t = 0; t < count; t++)
            finish_tile(run, b, places[t], zeros, 0, 0);
}

static void run_group(const hp_winograd_run *run, int first, int count)
{
    const int in_blocks = run->in.block_count;
    const int packed = packed_blocks(run->weight);
    const int blocks = least(packed, run->out.block_count);
    const size_t block_weights =
        (size_t)ELEMENTS * BLOCK * BLOCK * (size_t)in_blocks;
    float *elements = run->scratch;
    float *products = elements + ELEMENTS * element_stride(in_blocks);
    place places[GROUP];

    for (int t = 0; t < count; t++)
        hp_winograd_tile_at(run->width, run->height, run->dilation, first + t,
                            &places[t].x, &places[t].y);
    enter_group(run, places, count, elements);
    for (int b = 0; b < blocks; b += PANEL_BLOCKS) {
        multiply_group(elements, in_blocks, count,
                       packed_weights(run->weight) + (size_t)b * block_weights,
                       least(PANEL_BLOCKS, packed - b), products);
        for (int i = 0; i < PANEL_BLOCKS && b + i < blocks; i++)
            leave_block(run, places, count, b + i,
                        products + i * GROUP * BLOCK);
    }
    fill_blocks(run, places, count, blocks);
}

void FLOAT_LAYER(winograd)(const hp_winograd_run *run)
{
    const int products = (run->tile_count - 1) / TILE_PIXELS + 1;
    const int groups = (products - 1) / GROUP_PRODUCTS + 1;

    for (int i = 0; i < groups; i++) {
        int first = part_begin(products, i, groups) * TILE_PIXELS;
        int end = part_begin(products, i + 1, groups) * TILE_PIXELS;
        run_group(run, run->first_tile + first,
                  least(end, run->tile_count) - first);
    }
}
