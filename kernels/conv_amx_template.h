/* conv_amx_template.h - the product of pixels and weights (hp_conv_run in
 * layer.h) on AMX tiles. Included by conv_STORAGE_amx.c, which says before:
 *
 *   PRODUCT(sums, pixels, weights)   the instruction
 *   PARTS                            numbers of a value: 2 for SPLIT
 *   finish, begin_finish,            what rows of sums become
 *   finish_rows, finish_empty
 *   packed_tiles                     where they begin
 *
 * No pixel is gathered: at any tap, 16 neighbours of a block are a tile as
 * they lie. Two of those times a panel of two tiles of weights make a block
 * of 32 x 32 sums, in four tiles; that runs over all blocks of channels and
 * all taps. Sums of the block before are stored between the first products
 * of a block, and those of the one before that are finished between its
 * later ones: the tiles do not wait for either.
 *
 * One operand is used again and again and stays in the first cache; the
 * other passes by it (tileloaddt1), else it would push the first one out.
 *
 * Packed: a header, then [panel][block of channels][tap] the tiles of 32
 * outputs; with PARTS 2 both high ones, then both low ones. */
#include <assert.h>

#include "tile_amx.h"

enum {
    BLOCK_ROWS = 2 * HP_TILE_ROWS,
    /* Pixels that pass by a panel before the next one comes: their channels
     * should stay in the second cache. */
    PASS_BYTES = 256 * 1024
};

typedef struct pipeline {
    const hp_conv_run *run;
    finish finish;
    const unsigned char *weight; /* of panel 0 */
    size_t panel_bytes;
    int rows_a_step;
    sum_block ready;   /* stored: finished during this block */
    sum_block summed;  /* in the tiles: stored during this block */
    unsigned char *to; /* where */
    int turn;
    unsigned char *sums[2];
} pipeline;

/* Puts the sums before in a tile away, and begins new ones. */
#define STORE_AND_CLEAR(tile, row, column)                                     \
    do {                                                                       \
        if (store != NULL) {                                                   \
            _tile_stored(tile, store + (row)*HP_SUM_TILE_BYTES + (column)*64,  \
                         HP_SUM_ROW_BYTES);                                    \
            _tile_zero(tile);                                                  \
        }                                                                      \
    } while (0)

#define LOAD_PIXELS(tile, from)                                                \
    do {                                                                       \
        if (weights_pass)                                                      \
            _tile_loadd(tile, from, stride);                                   \
        else                                                                   \
            _tile_stream_loadd(tile, from, stride);                            \
    } while (0)

#define LOAD_WEIGHTS(tile, from)                                               \
    do {                                                                       \
        if (weights_pass)                                                      \
            _tile_stream_loadd(tile, from, 64);                                \
        else                                                                   \
            _tile_loadd(tile, from, 64);                                       \
    } while (0)

/* Sums are tiles 0 .. 3, pixels 4 and 5, weights 6 and 7. The first step of
 * a block gets where to store the sums before; the others NULL. A block of
 * one tile of pixels is not `wide`. */
static inline __attribute__((always_inline)) void
multiply(const unsigned char *pixels, ptrdiff_t stride,
         const unsigned char *weights, unsigned char *store, const bool wide,
         const bool weights_pass)
{
    const unsigned char *more = pixels + HP_TILE_ROWS * stride;

#if PARTS == 2
    /* low * high, high * high, high * low: eight loads for 12 products. */
    LOAD_PIXELS(4, pixels + 64);
    LOAD_WEIGHTS(6, weights);
    STORE_AND_CLEAR(0, 0, 0);
    PRODUCT(0, 4, 6);
    LOAD_WEIGHTS(7, weights + HP_TILE_BYTES);
    STORE_AND_CLEAR(1, 0, 1);
    PRODUCT(1, 4, 7);
    if (wide)
        LOAD_PIXELS(5, more + 64);
    STORE_AND_CLEAR(2, 1, 0);
    STORE_AND_CLEAR(3, 1, 1);
    if (wide) {
        PRODUCT(2, 5, 6);
        PRODUCT(3, 5, 7);
    }
    LOAD_PIXELS(4, pixels);
    PRODUCT(0, 4, 6);
    PRODUCT(1, 4, 7);
    if (wide) {
        LOAD_PIXELS(5, more);
        PRODUCT(2, 5, 6);
        PRODUCT(3, 5, 7);
    }
    LOAD_WEIGHTS(6, weights + 2 * HP_TILE_BYTES);
    PRODUCT(0, 4, 6);
    if (wide)
        PRODUCT(2, 5, 6);
    LOAD_WEIGHTS(7, weights + 3 * HP_TILE_BYTES);
    PRODUCT(1, 4, 7);
    if (wide)
        PRODUCT(3, 5, 7);
#else
    LOAD_PIXELS(4, pixels);
    LOAD_WEIGHTS(6, weights);
    STORE_AND_CLEAR(0, 0, 0);
    PRODUCT(0, 4, 6);
    LOAD_WEIGHTS(7, weights + HP_TILE_BYTES);
    STORE_AND_CLEAR(1, 0, 1);
    PRODUCT(1, 4, 7);
    if (wide)
        LOAD_PIXELS(5, more);
    STORE_AND_CLEAR(2, 1, 0);
    STORE_AND_CLEAR(3, 1, 1);
    if (wide) {
        PRODUCT(2, 5, 6);
        PRODUCT(3, 5, 7);
    }
#endif
}

/* Some rows of the block that is ready; *row is the next. */
static inline __attribute__((always_inline)) void finish_some(pipeline *p,
                                                              int *row)
{
    int end = *row + p->rows_a_step;

    if (end > p->ready.count)
        end = p->ready.count;
    if (*row < end) {
        finish_rows(&p->finish, &p->ready, *row, end);
        *row = end;
    }
}

static inline __attribute__((always_inline)) void
sum_rows(pipeline *p, const unsigned char *in, const unsigned char *weights,
         const bool wide, const bool weights_pass)
{
    const hp_conv_run *run = p->run;
    const ptrdiff_t stride = (ptrdiff_t)run->in_step * PIXEL_BYTES;
    unsigned char *store = p->to;
    int row = 0;

    for (int b = 0; b < run->in.block_count; b++) {
        for (int t = 0; t < run->tap_count; t++) {
            const unsigned char *from = in + run->taps[t] * PIXEL_BYTES;
            if (store != NULL)
                multiply(from, stride, weights, store, wide, weights_pass);
            else
                multiply(from, stride, weights, NULL, wide, weights_pass);
            store = NULL;
            weights += STEP_BYTES;
            finish_some(p, &row);
        }
        in += run->in.block_stride;
    }
}

/* One block of sums through the first stage; moves the two before on. */
static inline __attribute__((always_inline)) void
push(pipeline *p, int panel, int first, int count, const bool weights_pass)
{
    const unsigned char *in =
        p->run->in.data + (ptrdiff_t)first * p->run->in_step * PIXEL_BYTES;
    const unsigned char *weights = p->weight + (size_t)panel * p->panel_bytes;

    if (count > HP_TILE_ROWS)
        sum_rows(p, in, weights, true, weights_pass);
    else
        sum_rows(p, in, weights, false, weights_pass);
    p->ready = p->summed;
    p->to = p->sums[p->turn];
    p->summed = (sum_block){p->to, panel, first, count};
    p->turn ^= 1;
}

static void drain(pipeline *p)
{
    if (p->ready.count > 0)
        finish_rows(&p->finish, &p->ready, 0, p->ready.count);
    _tile_stored(0, p->to, HP_SUM_ROW_BYTES);
    _tile_stored(1, p->to + 64, HP_SUM_ROW_BYTES);
    _tile_stored(2, p->to + HP_SUM_TILE_BYTES, HP_SUM_ROW_BYTES);
    _tile_stored(3, p->to + HP_SUM_TILE_BYTES + 64, HP_SUM_ROW_BYTES);
    finish_rows(&p->finish, &p->summed, 0, p->summed.count);
}

/* Every panel passes by few pixels. */
static void sum_by_pixels(pipeline *p, int panels)
{
    for (int i = 0; i < p->run->count; i += BLOCK_ROWS) {
        int left = p->run->count - i;
        for (int panel = 0; panel < panels; panel++)
            push(p, panel, i, left < BLOCK_ROWS ? left : BLOCK_ROWS, true);
    }
}

/* Many pixels pass by a panel. */
static void sum_by_panels(pipeline *p, int panels, int pass)
{
    for (int first = 0; first < p->run->count; first += pass) {
        int end = p->run->count - first < pass ? p->run->count : first + pass;
        for (int panel = 0; panel < panels; panel++)
            for (int i = first; i < end; i += BLOCK_ROWS)
                push(p, panel, i, end - i < BLOCK_ROWS ? end - i : BLOCK_ROWS,
                     false);
    }
}

static void convolve(const hp_conv_run *run)
{
    const packed_header *head = run->weight;
    const int steps = run->in.block_count * run->tap_count;
    const int room = view_panels(&run->out);
    const int packed = panel_count(head->outputs);
    const int panels = packed < room ? packed : room;
    _Alignas(64) unsigned char sums[2][BLOCK_ROWS * HP_SUM_ROW_BYTES];
    pipeline p = {.run = run,
                  .panel_bytes = (size_t)steps * STEP_BYTES,
                  .rows_a_step = ((BLOCK_ROWS + steps - 1) / steps + 3) / 4 * 4,
                  .to = sums[1],
                  .sums = {sums[0], sums[1]}};

    assert(head->tap_count == run->tap_count);
    begin_finish(&p.finish, run);
    p.weight = packed_tiles(head);
    hp_tiles_begin();
    if (run->tap_count > 1) {
        sum_by_pixels(&p, panels);
    } else {
        int pass = PASS_BYTES /
                   (run->in.block_count * PIXEL_BYTES * run->in_step) /
                   BLOCK_ROWS * BLOCK_ROWS;
        sum_by_panels(&p, panels, pass > BLOCK_ROWS ? pass : BLOCK_ROWS);
    }
    drain(&p);
    hp_tiles_end();
    for (int panel = panels; panel < room; panel++)
        finish_empty(&p.finish, panel, 0, run->count);
}
