/* finish_codes.h - rows of sums of products become pixels of INT8 or F32:
 * bias, activation, addend, rounding. Included after
 *
 *   sum_load(from)            LANES sums as floats
 *   scale_load(scale, part)   what each of them is worth
 */
#include "codes_avx512.h"
#include "panel.h"

enum { PIXEL_BYTES = 64 };

typedef struct finish {
    hp_view addend, out;
    const float *scale, *bias; /* hp_packed_channels */
    hp_activation activation, sum_activation;
} finish;

static inline unsigned char *panel_pixel(const hp_view *view, int panel,
                                         ptrdiff_t pixel)
{
    return part_pixel(view, 2 * panel, pixel);
}

/* How sums become units of the output's step, with its zero: rounded and cut
 * they are codes. A code of the addend is worth `addend` units; what its zero
 * adds too much is in bias and least. */
typedef struct unit_scale {
    vec scale[2], bias[2], least[2], addend[2], sum_least;
} unit_scale;

static inline unit_scale scale_to_units(const finish *f, int panel,
                                        const bool add)
{
    const float zero = (float)f->out.codes.zero;
    const vec lowest = vec_all(-1e9f);
    unit_scale units = {.sum_least = f->sum_activation == HP_ACTIVATION_RELU
                                         ? vec_all(zero)
                                         : lowest};

    for (int i = 0; i < 2; i++) {
        const int channel = panel * HP_PANEL_OUTPUTS + i * LANES;
        vec inverse = _mm512_loadu_ps(f->out.codes.inverse + channel);
        vec zeros = vec_all(zero);
        if (add) {
            units.addend[i] = vec_mul(
                _mm512_loadu_ps(f->addend.codes.step + channel), inverse);
            zeros = vec_fma(units.addend[i],
                            vec_all(-(float)f->addend.codes.zero), zeros);
        }
        units.scale[i] =
            vec_mul(scale_load(f->scale, channel / LANES), inverse);
        units.bias[i] = vec_fma(vec_load(f->bias + channel), inverse, zeros);
        units.least[i] = f->activation == HP_ACTIVATION_RELU ? zeros : lowest;
    }
    return units;
}

/* 16 sums, and as many codes of the addend. */
static inline vec to_units(const unit_scale *units, int half,
                           const unsigned char *sums,
                           const unsigned char *addend, const bool add)
{
    vec value = vec_max(vec_fma(sum_load(sums + half * 64), units->scale[half],
                                units->bias[half]),
                        units->least[half]);

    if (!add)
        return value;
    __m512i codes = _mm512_cvtepu8_epi32(
        _mm_load_si128((const __m128i *)(addend + half * LANES)));
    return vec_max(
        vec_fma(_mm512_cvtepi32_ps(codes), units->addend[half], value),
        units->sum_least);
}

/* Codes of two pixels of a block, as vec_to_codes has them; next may be i. */
static inline void store_codes(const finish *f, const sum_block *block, int i,
                               int next, __m512i codes)
{
    const __m512i order =
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    unsigned char *out = panel_pixel(&f->out, block->panel, block->first + i);

    codes = _mm512_permutexvar_epi32(order, codes);
    _mm256_store_si256((__m256i *)out, _mm512_castsi512_si256(codes));
    if (next > i)
        _mm256_store_si256((__m256i *)(out + PIXEL_BYTES),
                           _mm512_extracti64x4_epi64(codes, 1));
}

/* No ELU, and all views of INT8: two pixels at a time. */
static inline __attribute__((always_inline)) void
finish_codes(const finish *f, const sum_block *block, int from, int end,
             const bool add)
{
    const unit_scale units = scale_to_units(f, block->panel, add);

    for (int i = from; i < end; i += 2) {
        const int next = i + 1 < end ? i + 1 : i;
        const unsigned char *a = block->sums + i * HP_SUM_ROW_BYTES;
        const unsigned char *b = block->sums + next * HP_SUM_ROW_BYTES;
        const unsigned char *add_a = NULL, *add_b = NULL;
        if (add) {
            add_a = panel_pixel(&f->addend, block->panel, block->first + i);
            add_b = panel_pixel(&f->addend, block->panel, block->first + next);
        }
        store_codes(f, block, i, next,
                    vec_to_codes(to_units(&units, 0, a, add_a, add),
                                 to_units(&units, 1, a, add_a, add),
                                 to_units(&units, 0, b, add_b, add),
                                 to_units(&units, 1, b, add_b, add)));
    }
}

/* The same for ELU, without addend. */
static void finish_elu_codes(const finish *f, const sum_block *block, int from,
                             int end)
{
    const vec zero = vec_all((float)f->out.codes.zero);
    vec scale[2], bias[2], inverse[2], value[4];

    for (int i = 0; i < 2; i++) {
        const int part = 2 * block->panel + i;
        scale[i] = scale_load(f->scale, part);
        bias[i] = vec_load(f->bias + part * LANES);
        inverse[i] = _mm512_loadu_ps(f->out.codes.inverse + part * LANES);
    }
    for (int i = from; i < end; i += 2) {
        const int next = i + 1 < end ? i + 1 : i;
        for (int v = 0; v < 4; v++) {
            const unsigned char *sums = block->sums +
                                        (v < 2 ? i : next) * HP_SUM_ROW_BYTES +
                                        v % 2 * 64;
            value[v] =
                activate(vec_fma(sum_load(sums), scale[v % 2], bias[v % 2]),
                         HP_ACTIVATION_ELU);
            value[v] = vec_fma(value[v], inverse[v % 2], zero);
        }
        store_codes(f, block, i, next,
                    vec_to_codes(value[0], value[1], value[2], value[3]));
    }
}

static int view_parts(const hp_view *view)
{
    return view->block_count * hp_block_channels(view->storage) / LANES;
}

static vec view_load(const hp_view *view, int part, ptrdiff_t pixel)
{
    if (view->storage == HP_STORAGE_INT8)
        return part_load(view, part, pixel);
    return vec_load(
        (const float *)(view->data + (size_t)part * view->block_stride) +
        pixel * LANES);
}

static void view_store(const hp_view *view, int part, ptrdiff_t pixel,
                       vec value)
{
    if (view->storage == HP_STORAGE_INT8)
        part_store(view, part, pixel, value);
    else
        vec_store((float *)(view->data + (size_t)part * view->block_stride) +
                      pixel * LANES,
                  value);
}

static void finish_any(const finish *f, const sum_block *block, int from,
                       int end)
{
    for (int half = 0; half < 2; half++) {
        const int part = 2 * block->panel + half;
        if (part >= view_parts(&f->out))
            break;
        const vec scale = scale_load(f->scale, part);
        const vec bias = vec_load(f->bias + part * LANES);
        for (int i = from; i < end; i++) {
            const ptrdiff_t pixel = block->first + i;
            vec value =
                activate(vec_fma(sum_load(block->sums + i * HP_SUM_ROW_BYTES +
                                          half * 64),
                                 scale, bias),
                         f->activation);
            if (f->addend.data != NULL)
                value =
                    activate(vec_add(value, view_load(&f->addend, part, pixel)),
                             f->sum_activation);
            view_store(&f->out, part, pixel, value);
        }
    }
}

static void finish_rows(const finish *f, const sum_block *block, int from,
                        int end)
{
    const bool add = f->addend.data != NULL;
    const bool elu = f->activation == HP_ACTIVATION_ELU;

    if (f->out.storage != HP_STORAGE_INT8 ||
        (add && (elu || f->sum_activation == HP_ACTIVATION_ELU)))
        finish_any(f, block, from, end);
    else if (elu)
        finish_elu_codes(f, block, from, end);
    else if (add)
        finish_codes(f, block, from, end, true);
    else
        finish_codes(f, block, from, end, false);
}

/* A panel that has no weights: the addend, if any. */
static void finish_empty(const finish *f, int panel, int first, int count)
{
    if (f->addend.data == NULL && f->out.storage == HP_STORAGE_INT8) {
        const __m256i zero = _mm256_set1_epi8((char)f->out.codes.zero);
        for (int i = first; i < first + count; i++)
            _mm256_store_si256((__m256i *)panel_pixel(&f->out, panel, i), zero);
        return;
    }
    for (int part = 2 * panel; part < 2 * panel + 2; part++)
        for (int i = first; i < first + count && part < view_parts(&f->out);
             i++) {
            vec value = vec_all(0.0f);
            if (f->addend.data != NULL)
                value =
                    activate(view_load(&f->addend, part, i), f->sum_activation);
            view_store(&f->out, part, i, value);
        }
}
