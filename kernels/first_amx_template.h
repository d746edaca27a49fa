/* first_amx_template.h - the first layer on AMX tiles, in one step from the
 * 8-bit picture (hp_first_run in layer.h). Included by first_STORAGE_amx.c
 * after FIRST(verb) and what becomes of sums: finish, finish_rows,
 * finish_empty.
 *
 * Rows of the picture become rows of four numbers a pixel, the last 0, each
 * as the sum of two bf16: the layer is small, and all that follow see its
 * errors. From any pixel on, 32 of those numbers are a row of a tile; the
 * first 12 meet weights, the others zeros. So 16 pixels of output are three
 * tiles, one a row of taps, that no one gathers.
 *
 * Packed: a header, then [panel][row of taps] the tiles of 32 outputs, both
 * high ones, then both low ones. */
#include "stored_avx512.h"
#include "tile_amx.h"

enum {
    TAP_ROWS = 3,
    PIXEL_NUMBERS = 4,
    NUMBER_BYTES = 2,
    INPUT_PIXEL_BYTES = PIXEL_NUMBERS * NUMBER_BYTES,
    /* Before a row one pixel of taps; behind it what tiles of a last pixel
     * still touch. */
    ROW_MARGIN = 2 * 2 * HP_TILE_ROWS + 8,
    NUMBER_PARTS = 2,
    TAP_ROW_BYTES = 2 * NUMBER_PARTS * HP_TILE_BYTES,
    FIRST_PANEL_BYTES = TAP_ROWS * TAP_ROW_BYTES,
    BLOCK_PIXELS = 2 * HP_TILE_ROWS
};

/* How 16 neighbours in memory become 16 x 4 bytes: 4 pixels to a quarter of
 * the vector, then their bytes to their places. */
typedef struct pixel_order {
    __m512i words, bytes;
    vec mean, scale;
    bool exact; /* no number has a low part */
} pixel_order;

static size_t row_bytes(int input_width)
{
    return ((size_t)input_width + ROW_MARGIN + 7) / 8 * 8 * INPUT_PIXEL_BYTES;
}

/* Numbers of four pixels from a quarter of the bytes. */
static inline vec normalise(const pixel_order *order, __m128i bytes)
{
    vec value = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));

    return vec_mul(vec_sub(value, order->mean), order->scale);
}

/* Is every number that a byte can become a bf16? With the usual mean 128 and
 * scale 1/256 it is. */
static bool is_exact(const pixel_order *order)
{
    vec lost = vec_all(0.0f);

    for (int i = 0; i < 256; i++) {
        vec number = normalise(order, _mm_set1_epi8((char)i));
        __m512i high = vec_to_halves(number, number);
        lost = vec_max(
            lost, _mm512_abs_ps(vec_sub(number, vec_from_halves(high, 0))));
    }
    return _mm512_cmp_ps_mask(lost, vec_all(0.0f), _CMP_EQ_OQ) == 0xffff;
}

static pixel_order order_pixels(const hp_input *input)
{
    _Alignas(64) int32_t words[16];
    _Alignas(64) uint8_t bytes[64];
    _Alignas(64) float mean[16], scale[16];

    for (int i = 0; i < 16; i++) {
        words[i] = i / 4 * input->pixel_bytes +
                   (i % 4 < input->pixel_bytes ? i % 4 : 0);
        mean[i] = i % 4 < 3 ? input->mean[i % 4] : 0.0f;
        scale[i] = i % 4 < 3 ? input->scale[i % 4] : 0.0f;
    }
    for (int i = 0; i < 64; i++) /* the top bit makes 0 */
        bytes[i] = i % 4 < 3 ? (uint8_t)(i / 4 % 4 * input->pixel_bytes +
                                         input->order[i % 4])
                             : 0x80;
    pixel_order order = {
        .words = _mm512_load_si512(words),
        .bytes = _mm512_load_si512(bytes),
        .mean = vec_load(mean),
        .scale = vec_load(scale),
    };
    order.exact = is_exact(&order);
    return order;
}

/* Up to 8 pixels: high parts, and in the row behind them low ones. */
static inline void store_numbers(const pixel_order *order, unsigned char *to,
                                 size_t low_offset, int pixels, vec first,
                                 vec second)
{
    const __mmask8 mask =
        (__mmask8)((1u << (pixels < 8 ? pixels > 0 ? pixels : 0 : 8)) - 1);
    __m512i high = vec_to_halves(first, second);

    _mm512_mask_storeu_epi64(to, mask, high);
    if (order->exact)
        return;
    _mm512_mask_storeu_epi64(
        to + low_offset, mask,
        vec_to_halves(vec_sub(first, vec_from_halves(high, 0)),
                      vec_sub(second, vec_from_halves(high, 16))));
}

/* Row y of the input, from the pixel left of it on. */
static void read_row(const hp_input *input, const pixel_order *order, int y,
                     unsigned char *row, size_t bytes)
{
    const int picture_y = y - input->top;

    memset(row, 0, (order->exact ? 1 : NUMBER_PARTS) * bytes);
    if (picture_y < 0 || picture_y >= input->picture_height)
        return;
    const uint8_t *from =
        input->pixels + (size_t)picture_y * input->stride_bytes;
    unsigned char *to = row + (size_t)(1 + input->left) * INPUT_PIXEL_BYTES;
    for (int left = input->picture_width; left > 0; left -= 16) {
        int count = (left < 16 ? left : 16) * input->pixel_bytes;
        __mmask64 mask = ~(uint64_t)0 >> (64 - count);
        __m512i pixels = _mm512_maskz_loadu_epi8(mask, from);
        pixels = _mm512_shuffle_epi8(
            _mm512_permutexvar_epi32(order->words, pixels), order->bytes);
        store_numbers(order, to, bytes, left,
                      normalise(order, _mm512_castsi512_si128(pixels)),
                      normalise(order, _mm512_extracti32x4_epi32(pixels, 1)));
        store_numbers(order, to + 8 * INPUT_PIXEL_BYTES, bytes, left - 8,
                      normalise(order, _mm512_extracti32x4_epi32(pixels, 2)),
                      normalise(order, _mm512_extracti32x4_epi32(pixels, 3)));
        from += count;
        to += 16 * INPUT_PIXEL_BYTES;
    }
}

#define ADD_PRODUCTS()                                                         \
    do {                                                                       \
        _tile_dpbf16ps(0, 4, 6);                                               \
        _tile_dpbf16ps(1, 4, 7);                                               \
        _tile_dpbf16ps(2, 5, 6);                                               \
        _tile_dpbf16ps(3, 5, 7);                                               \
    } while (0)

/* 32 pixels of output by 32 outputs, all taps. low_offset 0: no low parts. */
static inline void multiply(const unsigned char *const rows[TAP_ROWS],
                            size_t low_offset, const unsigned char *weights,
                            unsigned char *sums)
{
    enum { STRIDE = 2 * INPUT_PIXEL_BYTES, MORE = HP_TILE_ROWS * STRIDE };

    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int i = 0; i < TAP_ROWS; i++, weights += TAP_ROW_BYTES) {
        _tile_loadd(6, weights, 64);
        _tile_loadd(7, weights + HP_TILE_BYTES, 64);
        if (low_offset != 0) {
            _tile_loadd(4, rows[i] + low_offset, STRIDE);
            _tile_loadd(5, rows[i] + low_offset + MORE, STRIDE);
            ADD_PRODUCTS();
        }
        _tile_loadd(4, rows[i], STRIDE);
        _tile_loadd(5, rows[i] + MORE, STRIDE);
        ADD_PRODUCTS();
        _tile_loadd(6, weights + 2 * HP_TILE_BYTES, 64);
        _tile_loadd(7, weights + 3 * HP_TILE_BYTES, 64);
        ADD_PRODUCTS();
    }
    _tile_stored(0, sums, HP_SUM_ROW_BYTES);
    _tile_stored(1, sums + 64, HP_SUM_ROW_BYTES);
    _tile_stored(2, sums + HP_SUM_TILE_BYTES, HP_SUM_ROW_BYTES);
    _tile_stored(3, sums + HP_SUM_TILE_BYTES + 64, HP_SUM_ROW_BYTES);
}

typedef struct first_task {
    const hp_first_run *run;
    finish finish;
    int panels;
    size_t row_bytes, low_offset;
} first_task;

/* A row of output from three rows of numbers. */
static void run_row(const first_task *task,
                    const unsigned char *const rows[TAP_ROWS], int row)
{
    const hp_first_run *run = task->run;
    const packed_header *head = run->weight;
    _Alignas(64) unsigned char sums[2 * HP_SUM_TILE_BYTES];

    for (int x = 0; x < run->out_width; x += BLOCK_PIXELS) {
        const unsigned char *from[TAP_ROWS];
        const unsigned char *weights = (const unsigned char *)(head + 1);
        sum_block block = {.sums = sums,
                           .first = row * run->out_pitch + x,
                           .count = run->out_width - x};
        if (block.count > BLOCK_PIXELS)
            block.count = BLOCK_PIXELS;
        for (int i = 0; i < TAP_ROWS; i++)
            from[i] = rows[i] + 2 * x * INPUT_PIXEL_BYTES;
        for (block.panel = 0; block.panel < task->panels; block.panel++) {
            multiply(from, task->low_offset, weights, sums);
            finish_rows(&task->finish, &block, 0, block.count);
            weights += FIRST_PANEL_BYTES;
        }
    }
}

size_t FIRST(pack_bytes)(int outputs)
{
    return sizeof(packed_header) +
           (size_t)panel_count(outputs) * FIRST_PANEL_BYTES;
}

void FIRST(pack)(const float *weight, int outputs, void *packed)
{
    packed_header *head = packed;
    uint16_t *tile = (uint16_t *)(head + 1);

    memset(packed, 0, FIRST(pack_bytes)(outputs));
    *head = (packed_header){outputs, 3, 9, {0}};
    for (int o = 0; o < outputs; o++)
        for (int c = 0; c < 3; c++)
            for (int t = 0; t < 9; t++) {
                int step = o / HP_PANEL_OUTPUTS * TAP_ROWS + t / 3;
                int number = t % 3 * PIXEL_NUMBERS + c;
                int half = o / HP_TILE_ROWS % 2;
                size_t at =
                    (size_t)(step * TAP_ROW_BYTES + half * HP_TILE_BYTES) /
                        NUMBER_BYTES +
                    (size_t)(number / 2 * 32 + o % HP_TILE_ROWS * 2 +
                             number % 2);
                float value = weight[(o * 3 + c) * 9 + t];
                tile[at] = to_bf16(value);
                tile[at + HP_TILE_BYTES] = to_bf16(value - from_bf16(tile[at]));
            }
}

size_t FIRST(scratch_bytes)(int input_width)
{
    return TAP_ROWS * NUMBER_PARTS * row_bytes(input_width);
}

void FIRST(run)(const hp_first_run *run)
{
    const hp_input *input = run->input;
    const packed_header *head = run->weight;
    const pixel_order order = order_pixels(input);
    const hp_view *out = &run->out;
    const int room = view_panels(out), panels = panel_count(head->outputs);
    const first_task task = {
        .run = run,
        .finish = {.out = *out,
                   .bias = run->bias,
                   .activation = run->activation},
        .panels = panels < room ? panels : room,
        .row_bytes = row_bytes(input->width),
        .low_offset = order.exact ? 0 : row_bytes(input->width),
    };
    unsigned char *slots[TAP_ROWS];
    int read = 2 * run->first_row - 1; /* the next row of the input */

    for (int i = 0; i < TAP_ROWS; i++)
        slots[i] = (unsigned char *)run->scratch +
                   (size_t)i * NUMBER_PARTS * task.row_bytes;
    for (int row = 0; row < run->row_count; row++) {
        const unsigned char *rows[TAP_ROWS];
        int top = 2 * (run->first_row + row) - 1;
        for (; read < top + TAP_ROWS; read++)
            read_row(input, &order, read, slots[(read + 1) % TAP_ROWS],
                     task.row_bytes);
        for (int i = 0; i < TAP_ROWS; i++)
            rows[i] = slots[(top + i + 1) % TAP_ROWS];
        hp_tiles_begin();
        run_row(&task, rows, row);
        hp_tiles_end();
        for (int panel = task.panels; panel < room; panel++)
            finish_empty(&task.finish, panel, row * run->out_pitch,
                         run->out_width);
        clear_pixels(out, (size_t)(row * run->out_pitch + run->out_width),
                     run->out_pitch - run->out_width);
    }
}
