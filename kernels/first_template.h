/* first_template.h - the dense 3x3 of stride 2 on the 8-bit picture, in float
 * (hp_first_run in layer.h). Included by first_ISA.c after vector_ISA.h.
 *
 * Rows of the input become floats once, in a ring of three: pixels one after
 * the other, so that the nine numbers of a window's row are neighbours, with
 * zeros where there is no picture. Packed weights: a line with the count of
 * blocks, then [panel][27][output], the 27 in the order row, column,
 * channel. */
#include <stdbool.h>
#include <string.h>

#include "activation_vector.h"
#include "block.h"
#include "float_layers.h"
#include "input_row.h"

enum {
    TAPS = 27,
    ROWS = 3,
    STEP = 2 * 3, /* floats from window to window */
    /* Zeros left and right of a row, as far as the largest tile reads. */
    ROW_MORE = 3 * (2 + 2 * TILE_PIXELS)
};

static size_t row_floats(int width)
{
    return ((size_t)width * 3 + ROW_MORE + LANES - 1) / LANES * LANES;
}

size_t FLOAT_LAYER(first_pack_bytes)(int outputs)
{
    return (HEADER_FLOATS + (size_t)block_count(outputs) * BLOCK * TAPS) *
           sizeof(float);
}

void FLOAT_LAYER(first_pack)(const float *weight, int outputs, void *packed)
{
    const int blocks = block_count(outputs);
    float *to = pack_header(packed, blocks);

    for (int first = 0; first < blocks; first += PANEL_BLOCKS) {
        int channels = least(PANEL_BLOCKS, blocks - first) * BLOCK;
        for (int t = 0; t < TAPS; t++, to += channels)
            for (int i = 0; i < channels; i++) {
                int output = first * BLOCK + i;
                to[i] = output < outputs
                            ? weight[output * TAPS + t % 3 * 9 + t / 3]
                            : 0.0f;
            }
    }
}

size_t FLOAT_LAYER(first_scratch_bytes)(int input_width)
{
    return ROWS * row_floats(input_width) * sizeof(float);
}

/* Row y of the input, at any y. */
static void read_row(const hp_input_table *table, const hp_input *input, int y,
                     float *row)
{
    memset(row, 0, (size_t)input->width * 3 * sizeof *row);
    y -= input->top;
    if (y >= 0 && y < input->picture_height)
        hp_input_pixels(table, input, y, 3, row + input->left * 3);
}

/* One tile of TILE_PIXELS, of which `pixels` are stored. */
typedef struct tile {
    const float *in[ROWS];
    const float *weight, *bias;
    float *out;
    ptrdiff_t out_block;
    int out_blocks; /* that are stored */
    int pixels;
    bool relu;
} tile;

/* vectors is a constant where this is inlined. */
static inline __attribute__((always_inline)) void
convolve_tile(const tile *p, const int vectors)
{
    const float *weight = p->weight;
    vec sum[TILE_PIXELS][PANEL_VECTORS];

    UNROLL
    for (int i = 0; i < TILE_PIXELS; i++)
        UNROLL
    for (int v = 0; v < vectors; v++)
        sum[i][v] = vec_load(p->bias + v * LANES);
    for (int row = 0; row < ROWS; row++) {
        const float *in = p->in[row];
        for (int t = 0; t < TAPS / ROWS; t++, weight += vectors * LANES) {
            UNROLL
            for (int i = 0; i < TILE_PIXELS; i++) {
                vec x = vec_all(in[i * STEP + t]);
                UNROLL
                for (int v = 0; v < vectors; v++)
                    sum[i][v] =
                        vec_fma(vec_load(weight + v * LANES), x, sum[i][v]);
            }
        }
    }
    if (p->relu) {
        UNROLL
        for (int i = 0; i < TILE_PIXELS; i++)
            UNROLL
        for (int v = 0; v < vectors; v++)
            sum[i][v] = vec_max(sum[i][v], vec_all(0.0f));
    }
    UNROLL
    for (int i = 0; i < TILE_PIXELS; i++) {
        if (i >= p->pixels)
            break;
        UNROLL
        for (int v = 0; v < vectors; v++)
            if (v / BLOCK_VECTORS < p->out_blocks)
                vec_store(p->out + v / BLOCK_VECTORS * p->out_block +
                              i * BLOCK + v % BLOCK_VECTORS * LANES,
                          sum[i][v]);
    }
}

static void convolve_panel(const tile *p)
{
    convolve_tile(p, PANEL_VECTORS);
}

static void convolve_block(const tile *p)
{
    convolve_tile(p, BLOCK_VECTORS);
}

/* A row of a panel that begins at an output's block. */
static void convolve_row(const hp_first_run *run, const float *const rows[ROWS],
                         int block, int packed, ptrdiff_t pixel)
{
    tile p = {.weight = packed_weights(run->weight) + block * BLOCK * TAPS,
              .bias = run->bias + block * BLOCK,
              .out_block = (ptrdiff_t)(run->out.block_stride / sizeof(float)),
              .out_blocks = least(PANEL_BLOCKS, run->out.block_count - block),
              .relu = run->activation == HP_ACTIVATION_RELU};

    for (int x = 0; x < run->out_width; x += TILE_PIXELS) {
        for (int i = 0; i < ROWS; i++)
            p.in[i] = rows[i] + x * STEP;
        p.pixels = least(TILE_PIXELS, run->out_width - x);
        p.out = block_at(&run->out, block, pixel + x);
        if (packed - block >= PANEL_BLOCKS)
            convolve_panel(&p);
        else
            convolve_block(&p);
    }
}

/* What a row of every block still lacks. */
static void finish_row(const hp_first_run *run, int blocks, ptrdiff_t pixel)
{
    const int width = run->out_width * BLOCK;

    for (int b = 0; b < run->out.block_count; b++) {
        float *out = block_at(&run->out, b, pixel);
        if (b >= blocks)
            memset(out, 0, (size_t)width * sizeof(float));
        else if (run->activation == HP_ACTIVATION_ELU)
            elu_floats(out, width);
        memset(out + width, 0,
               (size_t)(run->out_pitch - run->out_width) * BLOCK *
                   sizeof(float));
    }
}

void FLOAT_LAYER(first)(const hp_first_run *run)
{
    const size_t floats = row_floats(run->input->width);
    const int packed = packed_blocks(run->weight);
    const int blocks = least(packed, run->out.block_count);
    float *const ring = run->scratch;
    hp_input_table table;
    int done = 2 * run->first_row - 2; /* the last row that is in the ring */

    hp_input_table_fill(&table, run->input);
    memset(ring, 0, ROWS * floats * sizeof(float));
    for (int i = 0; i < run->row_count; i++) {
        const int y = 2 * (run->first_row + i) - 1;
        const ptrdiff_t pixel = (ptrdiff_t)i * run->out_pitch;
        const float *rows[ROWS];

        while (done < y + 2) {
            done++;
            read_row(&table, run->input, done,
                     ring + (size_t)((done + ROWS) % ROWS) * floats + 3);
        }
        for (int r = 0; r < ROWS; r++)
            rows[r] = ring + (size_t)((y + r + ROWS) % ROWS) * floats;
        for (int b = 0; b < blocks; b += PANEL_BLOCKS)
            convolve_row(run, rows, b, packed, pixel);
        finish_row(run, blocks, pixel);
    }
}
