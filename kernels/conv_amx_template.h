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
 * of 32 x 32 sums, in four tiles, or one of those (PARTS 2) one of 16 x 32;
 * that runs over all blocks of channels and all taps. Sums of the block before
 * are stored between the first products of a block, and those of the one before
 * that are finished between its later ones: the tiles do not wait for either.
 *
 * One operand is used again and again and stays in the first cache; the
 * other passes by it (tileloaddt1), else it would push the first one out.
 *
 * Packed: a header, then [panel][block of channels][tap] the tiles of 32
 * outputs; with PARTS 2 both high ones, then both low ones. */
#include <assert.h>

#include "tile_amx.h"

enum {
    /* Numbers of two parts keep the tiles busy with fewer sums. */
    BLOCK_TILES = 2 / PARTS, /* of pixels */
    BLOCK_ROWS = BLOCK_TILES * HP_TILE_ROWS,
    SUM_BLOCK_BYTES = BLOCK_TILES * HP_SUM_TILE_BYTES,
    /* A panel of so many blocks of channels, its sums and those of the pixels
     * that pass by fit into the first cache; a deeper one is taken in parts,
     * with fewer pixels. */
    PART_STEPS = 32 * 1024 / STEP_BYTES,
    PART_PASS_BLOCKS = 4 * PARTS,
    /* Pixels that pass by a panel before the next one comes: their channels
     * should stay in the second cache. */
    PASS_BYTES = 512 * 1024
};

typedef struct pipeline {
    const hp_conv_run *run;
    finish finish;
    const unsigned char *weight; /* of panel 0 */
    size_t panel_bytes;
    int rows_a_step;
    const unsigned char *ahead; /* of hp_conv_run: what was not yet fetched */
    int ahead_lines;            /* a step */
    sum_block ready;            /* stored: finished during this block */
    sum_block summed;           /* in the tiles: stored during this block */
    unsigned char *to;          /* where */
    int turn;
    unsigned char *sums[2];
} pipeline;

/* Puts the sums before in a tile away, and begins new ones or goes on with
 * those of an earlier part. */
#define CHANGE_SUMS(tile, row, column)                                         \
    do {                                                                       \
        if (store != NULL) {                                                   \
            const size_t at = (row)*HP_SUM_TILE_BYTES + (column)*64;           \
            _tile_stored(tile, store + at, HP_SUM_ROW_BYTES);                  \
            if (resume != NULL)                                                \
                _tile_loadd(tile, resume + at, HP_SUM_ROW_BYTES);              \
            else                                                               \
                _tile_zero(tile);                                              \
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
 * a block gets where to store the sums before, the others NULL. A block of
 * one tile of pixels is not `wide`.
 *
 * What is used for the last time is set to 0: then no register stands behind
 * it. A core whose other hardware thread is busy has about one more of them
 * than there are tiles; with all tiles full, every load and every product
 * would wait for the one before. For the same reason the tiles of the operand
 * that passes by come one at a time. */
static inline __attribute__((always_inline)) void
multiply(const unsigned char *pixels, ptrdiff_t stride,
         const unsigned char *weights, unsigned char *store,
         const unsigned char *resume, const bool wide, const bool weights_pass)
{
#if PARTS == 2
    (void)wide;
    /* low * high, high * high, high * low: six loads for six products. */
    LOAD_PIXELS(4, pixels + 64);
    LOAD_WEIGHTS(6, weights);
    CHANGE_SUMS(0, 0, 0);
    PRODUCT(0, 4, 6);
    LOAD_WEIGHTS(7, weights + HP_TILE_BYTES);
    CHANGE_SUMS(1, 0, 1);
    PRODUCT(1, 4, 7);
    _tile_zero(4);
    LOAD_PIXELS(4, pixels);
    PRODUCT(0, 4, 6);
    _tile_zero(6);
    PRODUCT(1, 4, 7);
    _tile_zero(7);
    LOAD_WEIGHTS(6, weights + 2 * HP_TILE_BYTES);
    PRODUCT(0, 4, 6);
    _tile_zero(6);
    LOAD_WEIGHTS(7, weights + 3 * HP_TILE_BYTES);
    PRODUCT(1, 4, 7);
    _tile_zero(4);
    _tile_zero(7);
#else
    const unsigned char *more = pixels + HP_TILE_ROWS * stride;

    if (weights_pass) {
        LOAD_WEIGHTS(6, weights);
        LOAD_PIXELS(4, pixels);
        CHANGE_SUMS(0, 0, 0);
        PRODUCT(0, 4, 6);
        if (wide)
            LOAD_PIXELS(5, more);
        CHANGE_SUMS(2, 1, 0);
        if (wide)
            PRODUCT(2, 5, 6);
        _tile_zero(6);
        LOAD_WEIGHTS(7, weights + HP_TILE_BYTES);
        CHANGE_SUMS(1, 0, 1);
        PRODUCT(1, 4, 7);
        _tile_zero(4);
        CHANGE_SUMS(3, 1, 1);
    } else {
        LOAD_PIXELS(4, pixels);
        LOAD_WEIGHTS(6, weights);
        CHANGE_SUMS(0, 0, 0);
        PRODUCT(0, 4, 6);
        LOAD_WEIGHTS(7, weights + HP_TILE_BYTES);
        CHANGE_SUMS(1, 0, 1);
        PRODUCT(1, 4, 7);
        _tile_zero(4);
        if (wide)
            LOAD_PIXELS(5, more);
        CHANGE_SUMS(2, 1, 0);
        CHANGE_SUMS(3, 1, 1);
        if (wide)
            PRODUCT(2, 5, 6);
        _tile_zero(6);
    }
    if (wide) {
        PRODUCT(3, 5, 7);
        _tile_zero(5);
    }
    _tile_zero(7);
#endif
}

/* What one block of sums is made of: pixels by a panel, over some blocks of
 * channels. */
typedef struct product {
    int panel, first, count;
    int from, end;          /* blocks of channels */
    unsigned char *partial; /* what the parts before made of it */
} product;

static inline __attribute__((always_inline)) void
sum_rows(pipeline *p, const product *of, const bool wide,
         const bool weights_pass)
{
    const hp_conv_run *run = p->run;
    const ptrdiff_t stride = (ptrdiff_t)run->in_step * PIXEL_BYTES;
    const size_t block_stride = run->in.block_stride;
    const unsigned char *in =
        run->in.data + of->first * stride + (size_t)of->from * block_stride;
    const int tap_count = run->tap_count;
    const ptrdiff_t *const taps = run->taps;
    const unsigned char *weights = p->weight +
                                   (size_t)of->panel * p->panel_bytes +
                                   (size_t)(of->from * tap_count) * STEP_BYTES;
    const sum_block ready = p->ready;
    const int rows = p->rows_a_step, lines = p->ahead_lines;
    const unsigned char *ahead = p->ahead;
    int row = 0;

    multiply(in + taps[0] * PIXEL_BYTES, stride, weights, p->to,
             of->from > 0 ? of->partial : NULL, wide, weights_pass);
    for (int b = of->from, t = 0;;) {
        if (row < ready.count) {
            const int end = row + rows < ready.count ? row + rows : ready.count;
            finish_rows(&p->finish, &ready, row, end);
            row = end;
        }
        for (int i = 0; i < lines; i++, ahead += 64)
            _mm_prefetch((const char *)ahead, _MM_HINT_T1);
        weights += STEP_BYTES;
        if (++t == tap_count) {
            t = 0;
            in += block_stride;
            if (++b == of->end)
                break;
        }
        multiply(in + taps[t] * PIXEL_BYTES, stride, weights, NULL, NULL, wide,
                 weights_pass);
    }
    if (row < ready.count) /* a part of few steps */
        finish_rows(&p->finish, &ready, row, ready.count);
    p->ahead = ahead;
    if (ahead >= run->ahead + run->ahead_bytes)
        p->ahead_lines = 0;
}

/* One block of sums through the first stage; moves the two before on. */
static inline __attribute__((always_inline)) void
push(pipeline *p, const product *of, const bool weights_pass)
{
    if (BLOCK_TILES == 2 && of->count > HP_TILE_ROWS)
        sum_rows(p, of, true, weights_pass);
    else
        sum_rows(p, of, false, weights_pass);
    p->ready = p->summed;
    if (of->end < p->run->in.block_count) {
        p->to = of->partial;
        p->summed.count = 0;
    } else {
        p->to = p->sums[p->turn];
        p->summed = (sum_block){p->to, of->panel, of->first, of->count};
        p->turn ^= 1;
    }
}

static void drain(pipeline *p)
{
    if (p->ready.count > 0)
        finish_rows(&p->finish, &p->ready, 0, p->ready.count);
    _tile_stored(0, p->to, HP_SUM_ROW_BYTES);
    _tile_stored(1, p->to + 64, HP_SUM_ROW_BYTES);
    if (BLOCK_TILES == 2) {
        _tile_stored(2, p->to + HP_SUM_TILE_BYTES, HP_SUM_ROW_BYTES);
        _tile_stored(3, p->to + HP_SUM_TILE_BYTES + 64, HP_SUM_ROW_BYTES);
    }
    finish_rows(&p->finish, &p->summed, 0, p->summed.count);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Every panel passes by few pixels. */
static void sum_by_pixels(pipeline *p, int panels)
{
    const int count = p->run->count;
    product of = {.from = 0, .end = p->run->in.block_count};

    for (of.first = 0; of.first < count; of.first += BLOCK_ROWS) {
        of.count = least(count - of.first, BLOCK_ROWS);
        for (of.panel = 0; of.panel < panels; of.panel++)
            push(p, &of, true);
    }
}

/* The pixels first .. end - 1 pass by all panels, part by part. */
static void sum_pass(pipeline *p, int panels, int first, int end, int part)
{
    const int blocks = p->run->in.block_count;
    _Alignas(64) unsigned char partial[PART_PASS_BLOCKS * SUM_BLOCK_BYTES];
    product of;

    for (of.panel = 0; of.panel < panels; of.panel++)
        for (of.from = 0; of.from < blocks; of.from = of.end) {
            of.end = least(of.from + part, blocks);
            of.partial = partial;
            for (of.first = first; of.first < end; of.first += BLOCK_ROWS) {
                of.count = least(end - of.first, BLOCK_ROWS);
                push(p, &of, false);
                of.partial += SUM_BLOCK_BYTES;
            }
        }
}

static void sum_by_panels(pipeline *p, int panels)
{
    const int blocks = p->run->in.block_count, count = p->run->count;
    const int parts = (blocks + PART_STEPS - 1) / PART_STEPS;
    const int pixel_bytes = blocks * PIXEL_BYTES * p->run->in_step;
    int pass =
        parts > 1 ? PART_PASS_BLOCKS : PASS_BYTES / pixel_bytes / BLOCK_ROWS;

    pass = (pass > 0 ? pass : 1) * BLOCK_ROWS;
    for (int first = 0; first < count; first += pass)
        sum_pass(p, panels, first, least(first + pass, count),
                 (blocks + parts - 1) / parts);
}

/* So many lines a step that the last step fetches the last of them. */
static int lines_a_step(const hp_conv_run *run, int panels, int steps)
{
    const int blocks = (run->count + BLOCK_ROWS - 1) / BLOCK_ROWS;
    const size_t all = (size_t)panels * (size_t)blocks * (size_t)steps;
    const size_t lines = run->ahead_bytes / 64;

    return all > 0 ? (int)((lines + all - 1) / all) : 0;
}

static void convolve(const hp_conv_run *run)
{
    const packed_header *head = run->weight;
    const int steps = run->in.block_count * run->tap_count;
    const int room = view_panels(&run->out);
    const int panels = least(panel_count(head->outputs), room);
    const int least_steps = least(steps, PART_STEPS / 2);
    _Alignas(64) unsigned char sums[2][SUM_BLOCK_BYTES];
    pipeline p = {.run = run,
                  .panel_bytes = (size_t)steps * STEP_BYTES,
                  .rows_a_step = (BLOCK_ROWS + least_steps - 1) / least_steps,
                  .ahead = run->ahead,
                  .ahead_lines = lines_a_step(run, panels, steps),
                  .to = sums[1],
                  .sums = {sums[0], sums[1]}};

    assert(head->tap_count == run->tap_count);
    begin_finish(&p.finish, run);
    p.weight = packed_tiles(head);
    hp_tiles_begin();
    if (run->tap_count > 1)
        sum_by_pixels(&p, panels);
    else
        sum_by_panels(&p, panels);
    drain(&p);
    hp_tiles_end();
    for (int panel = panels; panel < room; panel++)
        finish_empty(&p.finish, panel, 0, run->count);
}
