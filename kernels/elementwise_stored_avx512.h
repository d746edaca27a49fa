/* elementwise_stored_avx512.h - sum of two values, the picture as a value, a
 * value as planes (hp_add_run, hp_import_run, hp_export_run in layer.h).
 * Included by elementwise_STORAGE_amx.c after ADD, IMPORT, EXPORT and:
 *
 *   part_load(view, part, pixel)          LANES channels, from LANES * part on
 *   part_store(view, part, pixel, value)
 *   PARTS_A_BLOCK                         of the storage */

/* The view's channels LANES * part .. of a pixel: F32 or the table's storage.
 */
static inline vec read_any(const hp_view *view, int part, ptrdiff_t pixel)
{
    if (view->storage == HP_STORAGE_F32)
        return vec_load(
            (const float *)(view->data + (size_t)part * view->block_stride) +
            pixel * LANES);
    return part_load(view, part, pixel);
}

static inline __attribute__((always_inline)) void
add_as(const hp_add_run *run, const hp_activation activation)
{
    for (int b = 0; b < run->out.block_count; b++)
        for (int i = 0; i < run->count; i++)
#pragma GCC unroll 4
            for (int p = 0; p < PARTS_A_BLOCK; p++) {
                int part = b * PARTS_A_BLOCK + p;
                vec sum = vec_add(part_load(&run->a, part, i),
                                  part_load(&run->b, part, i));
                part_store(&run->out, part, i, activate(sum, activation));
            }
}

void ADD(const hp_add_run *run)
{
    if (run->activation == HP_ACTIVATION_ELU)
        add_as(run, HP_ACTIVATION_ELU);
    else if (run->activation == HP_ACTIVATION_RELU)
        add_as(run, HP_ACTIVATION_RELU);
    else
        add_as(run, HP_ACTIVATION_NONE);
}

/* rows[i][j] becomes rows[j][i]: neighbours are interleaved, single, in
 * pairs, then in quarters of a vector. */
static inline void transpose(vec rows[LANES])
{
    vec t[LANES];

    for (int i = 0; i < LANES; i += 2) {
        t[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
    }
    for (int i = 0; i < LANES; i += 4)
        for (int j = 0; j < 2; j++) {
            __m512d a = _mm512_castps_pd(t[i + j]);
            __m512d b = _mm512_castps_pd(t[i + 2 + j]);
            rows[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
            rows[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
        }
    for (int i = 0; i < LANES; i += 8)
        for (int j = 0; j < 4; j++) {
            t[i + j] = _mm512_shuffle_f32x4(rows[i + j], rows[i + 4 + j], 0x88);
            t[i + 4 + j] =
                _mm512_shuffle_f32x4(rows[i + j], rows[i + 4 + j], 0xdd);
        }
    for (int j = 0; j < 8; j++) {
        rows[j] = _mm512_shuffle_f32x4(t[j], t[8 + j], 0x88);
        rows[8 + j] = _mm512_shuffle_f32x4(t[j], t[8 + j], 0xdd);
    }
}

/* Up to LANES pixels from (x, y) on, of one part. */
static void export_group(const hp_export_run *run, int part, int x, int y)
{
    const ptrdiff_t at = (ptrdiff_t)y * run->pitch + x;
    const size_t plane = (size_t)run->width * (size_t)run->height;
    const int pixels = run->width - x < LANES ? run->width - x : LANES;
    const __mmask16 mask = (__mmask16)((1u << pixels) - 1);
    vec rows[LANES];

    for (int i = 0; i < LANES; i++)
        rows[i] = read_any(&run->in, part, at + (i < pixels ? i : 0));
    transpose(rows);
    for (int i = 0; i < LANES; i++) {
        int channel = part * LANES + i - run->first_channel;
        if (channel >= 0 && channel < run->channel_count)
            _mm512_mask_storeu_ps(run->planes + plane * (size_t)channel +
                                      (size_t)y * (size_t)run->width +
                                      (size_t)x,
                                  mask, rows[i]);
    }
}

void EXPORT(const hp_export_run *run)
{
    const int end = run->first_channel + run->channel_count;

    for (int part = run->first_channel / LANES; part * LANES < end; part++)
        for (int y = 0; y < run->height; y++)
            for (int x = 0; x < run->width; x += LANES)
                export_group(run, part, x, y);
}

void IMPORT(const hp_import_run *run)
{
    const hp_input *input = run->input;
    const ptrdiff_t pitch = run->out_pitch;

    for (int row = 0; row < run->row_count; row++) {
        const int y = run->first_row + row - input->top;
        const bool inside = y >= 0 && y < input->picture_height;
        for (int x = 0; x < run->out_pitch; x++)
            for (int part = 0; part < PARTS_A_BLOCK; part++)
                part_store(&run->out, part, row * pitch + x, vec_all(0.0f));
        for (int x = 0; inside && x < input->picture_width; x++) {
            const uint8_t *from = input->pixels +
                                  (size_t)y * input->stride_bytes +
                                  (size_t)x * (size_t)input->pixel_bytes;
            _Alignas(64) float channels[LANES] = {0};
            for (int c = 0; c < 3; c++)
                channels[c] = ((float)from[input->order[c]] - input->mean[c]) *
                              input->scale[c];
            part_store(&run->out, 0, row * pitch + input->left + x,
                       vec_load(channels));
        }
    }
}
