/* finish_stored.h - rows of sums of products become pixels: bias,
 * activation, addend, rounding. Included after STORAGE, SPLIT or BF16, and
 * PARTS. */
#include "stored_avx512.h"
#include "panel.h"

enum { PIXEL_BYTES = 64 * PARTS };

typedef struct finish {
    hp_view addend, out;
    const float *bias;
    const float *scale; /* one, of all sums */
    hp_activation activation, sum_activation;
} finish;

/* All views in the table's storage, no sum_activation. */
static inline __attribute__((always_inline)) void
finish_as(const finish *f, const sum_block *block, int from, int end,
          const hp_activation activation, const bool add)
{
    const float *bias = f->bias + block->panel * HP_PANEL_OUTPUTS;
    const vec low = vec_load(bias), high = vec_load(bias + LANES);
    const vec scale = vec_all(*f->scale);
    const size_t first = (size_t)block->first * PIXEL_BYTES;
    const float *sums = (const float *)block->sums;
    const unsigned char *addend = NULL;
    unsigned char *out =
        f->out.data + (size_t)block->panel * f->out.block_stride + first;

    if (add)
        addend = f->addend.data +
                 (size_t)block->panel * f->addend.block_stride + first;
    for (int i = from; i < end; i++) {
        const float *row = sums + i * HP_PANEL_OUTPUTS;
        vec_pair value = {
            activate(vec_fma(vec_load(row), scale, low), activation),
            activate(vec_fma(vec_load(row + LANES), scale, high), activation)};
        if (add) {
            vec_pair more = stored_load_pair(STORAGE, addend + i * PIXEL_BYTES);
            value.low = vec_add(value.low, more.low);
            value.high = vec_add(value.high, more.high);
        }
        stored_store_pair(STORAGE, out + i * PIXEL_BYTES, value);
    }
}

static vec_pair view_load(const hp_view *view, int panel, size_t pixel)
{
    const unsigned char *block = view->data + pixel * 64;
    vec_pair value = {vec_all(0.0f), vec_all(0.0f)};

    if (view->storage == STORAGE)
        return stored_load_pair(
            STORAGE, view->data + (size_t)panel * view->block_stride +
                         pixel * PIXEL_BYTES);
    block += 2 * (size_t)panel * view->block_stride;
    value.low = vec_load((const float *)block);
    if (2 * panel + 1 < view->block_count)
        value.high = vec_load((const float *)(block + view->block_stride));
    return value;
}

static void view_store(const hp_view *view, int panel, size_t pixel,
                       vec_pair value)
{
    unsigned char *block = view->data + pixel * 64;

    if (view->storage == STORAGE) {
        stored_store_pair(STORAGE,
                          view->data + (size_t)panel * view->block_stride +
                              pixel * PIXEL_BYTES,
                          value);
        return;
    }
    block += 2 * (size_t)panel * view->block_stride;
    vec_store((float *)block, value.low);
    if (2 * panel + 1 < view->block_count)
        vec_store((float *)(block + view->block_stride), value.high);
}

static void finish_any(const finish *f, const sum_block *block, int from,
                       int end)
{
    const float *bias = f->bias + block->panel * HP_PANEL_OUTPUTS;
    const float *sums = (const float *)block->sums;
    const vec scale = vec_all(*f->scale);

    for (int i = from; i < end; i++) {
        const float *row = sums + i * HP_PANEL_OUTPUTS;
        const size_t pixel = (size_t)(block->first + i);
        vec_pair value = {
            activate(vec_fma(vec_load(row), scale, vec_load(bias)),
                     f->activation),
            activate(
                vec_fma(vec_load(row + LANES), scale, vec_load(bias + LANES)),
                f->activation)};
        if (f->addend.data != NULL) {
            vec_pair addend = view_load(&f->addend, block->panel, pixel);
            value.low =
                activate(vec_add(value.low, addend.low), f->sum_activation);
            value.high =
                activate(vec_add(value.high, addend.high), f->sum_activation);
        }
        view_store(&f->out, block->panel, pixel, value);
    }
}

static void finish_rows(const finish *f, const sum_block *block, int from,
                        int end)
{
    const bool add = f->addend.data != NULL;

    if (f->out.storage != STORAGE ||
        (add && (f->sum_activation != HP_ACTIVATION_NONE ||
                 f->activation != HP_ACTIVATION_RELU)))
        finish_any(f, block, from, end);
    else if (add)
        finish_as(f, block, from, end, HP_ACTIVATION_RELU, true);
    else if (f->activation == HP_ACTIVATION_RELU)
        finish_as(f, block, from, end, HP_ACTIVATION_RELU, false);
    else if (f->activation == HP_ACTIVATION_ELU)
        finish_as(f, block, from, end, HP_ACTIVATION_ELU, false);
    else
        finish_as(f, block, from, end, HP_ACTIVATION_NONE, false);
}

/* A panel that has no weights: the addend, if any. */
static void finish_empty(const finish *f, int panel, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        vec_pair value = {vec_all(0.0f), vec_all(0.0f)};
        if (f->addend.data != NULL) {
            value = view_load(&f->addend, panel, (size_t)i);
            value.low = activate(value.low, f->sum_activation);
            value.high = activate(value.high, f->sum_activation);
        }
        view_store(&f->out, panel, (size_t)i, value);
    }
}
