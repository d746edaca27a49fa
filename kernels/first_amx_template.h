/* first_amx_template.h - the first layer on AMX tiles, in one step from the
 * 8-bit picture (hp_first_run in layer.h). Included by first_STORAGE_amx.c
 * after FIRST(verb) and what becomes of sums: finish, finish_rows,
 * finish_empty.
 *
 * Rows of the picture become rows of numbers, three a pixel, each as the sum
 * of two bf16: the layer is small, and all that follow see its errors. The
 * 27 numbers under a pixel of output are then copied together, row by row,
 * 9 and what follows them; so they make a row of a tile. Behind the last of
 * them stand others, which meet weights of 0.
 *
 * Packed: a header, then [panel] the tiles of 32 outputs, both high ones,
 * then both low ones. */
#include "stored_avx512.h"
#include "tile_amx.h"

enum {
    TAP_ROWS = 3,
    PIXEL_BYTES_IN = 3 * 2, /* of numbers */
    TAP_BYTES = 3 * PIXEL_BYTES_IN,
    PATCH_BYTES = 64, /* of the numbers under a pixel of output */
    GROUP_PIXELS = 16,
    /* Numbers that one copy of a row's taps takes with it, in pixels; and
     * one pixel of taps before the row. */
    ROW_MARGIN = 1 + 8,
    NUMBER_PARTS = 2,
    FIRST_PANEL_BYTES = 2 * NUMBER_PARTS * HP_TILE_BYTES
};

/* How 16 neighbours in memory become 48 bytes of their channels: 4 pixels to
 * a quarter of the vector, their bytes to their places, then together. The
 * channels of three vectors of numbers begin with 0, 1 and 2. When all
 * channels have one scale, the sums get it. */
typedef struct pixel_order {
    __m512i words, bytes, together;
    vec mean[3], scale[3];
    float sum_scale;
    bool exact; /* no number has a low part */
} pixel_order;

static size_t row_bytes(int input_width)
{
    return ((size_t)(input_width + ROW_MARGIN) * PIXEL_BYTES_IN + 63) / 64 * 64;
}

/* Whole tiles, and what the copies of the last row touch behind it. */
static size_t patch_bytes(int out_width)
{
    return (size_t)((out_width + HP_TILE_ROWS - 1) / HP_TILE_ROWS *
                        HP_TILE_ROWS +
                    1) *
           PATCH_BYTES;
}

/* Vector `third` of the 48 numbers of 16 pixels. */
static inline vec normalise(const pixel_order *order, int third, __m128i bytes)
{
    vec value = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));

    return vec_mul(vec_sub(value, order->mean[third]), order->scale[third]);
}

/* Is every number that a byte can become a bf16? With the usual mean 128 it
 * is. */
static bool is_exact(const pixel_order *order)
{
    vec lost = vec_all(0.0f);

    for (int i = 0; i < 256; i++) {
        vec number = normalise(order, 0, _mm_set1_epi8((char)i));
        __m512i high = vec_to_halves(number, number);
        lost = vec_max(
            lost, _mm512_abs_ps(vec_sub(number, vec_from_halves(high, 0))));
    }
    return _mm512_cmp_ps_mask(lost, vec_all(0.0f), _CMP_EQ_OQ) == 0xffff;
}

static pixel_order order_pixels(const hp_input *input)
{
    _Alignas(64) int32_t words[16], together[16];
    _Alignas(64) uint8_t bytes[64];
    _Alignas(64) float mean[3 * LANES], scale[3 * LANES];
    const bool one_scale = input->scale[0] == input->scale[1] &&
                           input->scale[0] == input->scale[2];
    pixel_order order;

    for (int i = 0; i < 16; i++) {
        words[i] = i / 4 * input->pixel_bytes +
                   (i % 4 < input->pixel_bytes ? i % 4 : 0);
        together[i] = i < 12 ? i / 3 * 4 + i % 3 : 0;
    }
    for (int i = 0; i < 64; i++) {
        int at = i % 16; /* of 12 bytes of a quarter */
        bytes[i] = (uint8_t)(at < 12 ? at / 3 * input->pixel_bytes +
                                           input->order[at % 3]
                                     : 0);
    }
    for (int i = 0; i < 3 * LANES; i++) {
        mean[i] = input->mean[i % 3];
        scale[i] = one_scale ? 1.0f : input->scale[i % 3];
    }
    order.words = _mm512_load_si512(words);
    order.bytes = _mm512_load_si512(bytes);
    order.together = _mm512_load_si512(together);
    for (int i = 0; i < 3; i++) {
        order.mean[i] = vec_load(mean + i * LANES);
        order.scale[i] = vec_load(scale + i * LANES);
    }
    order.sum_scale = one_scale ? input->scale[0] : 1.0f;
    order.exact = is_exact(&order);
    return order;
}

/* LANES numbers, or as many as the mask has: high parts, and in the row
 * behind them low ones. */
static inline void store_numbers(const pixel_order *order, unsigned char *to,
                                 size_t low_offset, __mmask16 mask, vec number)
{
    __m256i high = (__m256i)_mm512_cvtneps_pbh(number);

    _mm256_mask_storeu_epi16(to, mask, high);
    if (order->exact)
        return;
    vec rest =
        vec_sub(number, vec_from_halves(_mm512_castsi256_si512(high), 0));
    _mm256_mask_storeu_epi16(to + low_offset, mask,
                             (__m256i)_mm512_cvtneps_pbh(rest));
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
    unsigned char *to = row + (size_t)(1 + input->left) * PIXEL_BYTES_IN;
    for (int left = input->picture_width; left > 0; left -= GROUP_PIXELS) {
        int count = left < GROUP_PIXELS ? left : GROUP_PIXELS;
        uint64_t numbers = ~(uint64_t)0 >> (64 - 3 * count);
        __m512i pixels = _mm512_maskz_loadu_epi8(
            ~(uint64_t)0 >> (64 - count * input->pixel_bytes), from);
        pixels = _mm512_permutexvar_epi32(
            order->together,
            _mm512_shuffle_epi8(_mm512_permutexvar_epi32(order->words, pixels),
                                order->bytes));
        store_numbers(order, to, bytes, (__mmask16)numbers,
                      normalise(order, 0, _mm512_castsi512_si128(pixels)));
        store_numbers(
            order, to + 32, bytes, (__mmask16)(numbers >> 16),
            normalise(order, 1, _mm512_extracti32x4_epi32(pixels, 1)));
        store_numbers(
            order, to + 64, bytes, (__mmask16)(numbers >> 32),
            normalise(order, 2, _mm512_extracti32x4_epi32(pixels, 2)));
        from += count * input->pixel_bytes;
        to += GROUP_PIXELS * PIXEL_BYTES_IN;
    }
}

/* The numbers under every pixel of a row of output. Each copy takes what
 * follows the taps along; the next one covers it. */
static void gather_patches(const unsigned char *const rows[TAP_ROWS],
                           int out_width, unsigned char *to)
{
    for (int x = 0; x < out_width; x++, to += PATCH_BYTES)
        for (int i = 0; i < TAP_ROWS; i++)
            _mm256_storeu_si256(
                (__m256i *)(to + i * TAP_BYTES),
                _mm256_loadu_si256(
                    (const __m256i *)(rows[i] + x * 2 * PIXEL_BYTES_IN)));
}

/* 16 pixels of output by 32 outputs; weights are in tiles 4 to 7. */
static inline void multiply(const unsigned char *high, const unsigned char *low)
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_loadd(2, high, PATCH_BYTES);
    _tile_dpbf16ps(0, 2, 4);
    _tile_dpbf16ps(1, 2, 5);
    _tile_dpbf16ps(0, 2, 6);
    _tile_dpbf16ps(1, 2, 7);
    if (low != NULL) {
        _tile_loadd(3, low, PATCH_BYTES);
        _tile_dpbf16ps(0, 3, 4);
        _tile_dpbf16ps(1, 3, 5);
    }
}

typedef struct first_task {
    const hp_first_run *run;
    finish finish;
    int panels;
    const unsigned char *high, *low; /* patches of a row; NULL: no low parts */
} first_task;

/* A row of output. What is multiplied is finished while the next pixels
 * are. */
static void run_panel(const first_task *task, int panel, int row)
{
    const hp_first_run *run = task->run;
    const unsigned char *weights = (const unsigned char *)run->weight +
                                   sizeof(packed_header) +
                                   (size_t)panel * FIRST_PANEL_BYTES;
    _Alignas(64) unsigned char sums[2][HP_SUM_TILE_BYTES];
    sum_block block = {.panel = panel, .count = 0};

    _tile_loadd(4, weights, 64);
    _tile_loadd(5, weights + HP_TILE_BYTES, 64);
    _tile_loadd(6, weights + 2 * HP_TILE_BYTES, 64);
    _tile_loadd(7, weights + 3 * HP_TILE_BYTES, 64);
    for (int x = 0; x < run->out_width; x += HP_TILE_ROWS) {
        unsigned char *to = sums[x / HP_TILE_ROWS % 2];
        int left = run->out_width - x;
        multiply(task->high + x * PATCH_BYTES,
                 task->low != NULL ? task->low + x * PATCH_BYTES : NULL);
        finish_rows(&task->finish, &block, 0, block.count);
        _tile_stored(0, to, HP_SUM_ROW_BYTES);
        _tile_stored(1, to + 64, HP_SUM_ROW_BYTES);
        block = (sum_block){to, panel, row * run->out_pitch + x,
                            left < HP_TILE_ROWS ? left : HP_TILE_ROWS};
    }
    finish_rows(&task->finish, &block, 0, block.count);
}

/* Everything of a row of output but its products' numbers. */
static void run_row(const first_task *task, int row)
{
    const hp_first_run *run = task->run;

    hp_tiles_begin();
    for (int panel = 0; panel < task->panels; panel++)
        run_panel(task, panel, row);
    hp_tiles_end();
    for (int panel = task->panels; panel < view_panels(&run->out); panel++)
        finish_empty(&task->finish, panel, row * run->out_pitch,
                     run->out_width);
    clear_pixels(&run->out, (size_t)(row * run->out_pitch + run->out_width),
                 run->out_pitch - run->out_width);
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
                int number = t * 3 + c;
                size_t at = (size_t)(o / HP_PANEL_OUTPUTS) * FIRST_PANEL_BYTES +
                            (size_t)(o / HP_TILE_ROWS % 2) * HP_TILE_BYTES +
                            (size_t)(number / 2 * 64 + o % HP_TILE_ROWS * 4 +
                                     number % 2 * 2);
                float value = weight[(o * 3 + c) * 9 + t];
                uint16_t high = to_bf16(value);
                tile[at / 2] = high;
                tile[at / 2 + HP_TILE_BYTES] = to_bf16(value - from_bf16(high));
            }
}

size_t FIRST(scratch_bytes)(int input_width)
{
    return NUMBER_PARTS * (TAP_ROWS * row_bytes(input_width) +
                           patch_bytes((input_width - 1) / 2 + 1));
}

void FIRST(run)(const hp_first_run *run)
{
    const hp_input *input = run->input;
    const packed_header *head = run->weight;
    const pixel_order order = order_pixels(input);
    const int room = view_panels(&run->out),
              packed = panel_count(head->outputs);
    const size_t bytes = row_bytes(input->width);
    unsigned char *high = run->scratch;
    unsigned char *low = high + patch_bytes(run->out_width);
    unsigned char *slots = low + patch_bytes(run->out_width);
    const first_task task = {
        .run = run,
        .finish = {.out = run->out,
                   .bias = run->bias,
                   .scale = &order.sum_scale,
                   .activation = run->activation},
        .panels = packed < room ? packed : room,
        .high = high,
        .low = order.exact ? NULL : low,
    };
    int read = 2 * run->first_row - 1; /* the next row of the input */

    for (int row = 0; row < run->row_count; row++) {
        const unsigned char *rows[TAP_ROWS], *low_rows[TAP_ROWS];
        int top = 2 * (run->first_row + row) - 1;
        for (; read < top + TAP_ROWS; read++)
            read_row(input, &order, read,
                     slots +
                         (size_t)((read + 1) % TAP_ROWS) * NUMBER_PARTS * bytes,
                     bytes);
        for (int i = 0; i < TAP_ROWS; i++) {
            rows[i] = slots +
                      (size_t)((top + i + 1) % TAP_ROWS) * NUMBER_PARTS * bytes;
            low_rows[i] = rows[i] + bytes;
        }
        gather_patches(rows, run->out_width, high);
        if (!order.exact)
            gather_patches(low_rows, run->out_width, low);
        run_row(&task, row);
    }
}
