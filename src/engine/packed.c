/* packed.c - packs weights. In: an operation's weights as the file has them.
 * Out: what the kernels read, for the blocks that the layout gave to its
 * channels; weights of channels that only fill up are 0.
 *
 * Winograd is taken for every dense 3x3 of stride 1 with at least
 * WINOGRAD_CHANNELS inputs and outputs, where the table offers it: with
 * fewer the transforms cost more than the products they save. */
#include "engine/packed.h"

#include <pthread.h>
#include <string.h>

#include "base/error.h"
#include "model/weights.h"

enum { WINOGRAD_CHANNELS = 32 };

typedef struct packing {
    const hatpose_model *model;
    const hp_rows *readers;
    hp_packed *packed;
    size_t *offsets;     /* of an op's weights; its bias comes before them */
    unsigned char *rows; /* a share of row_bytes for each worker */
    size_t row_bytes;
} packing;

static bool takes_winograd(const hp_packed *packed, const hp_op *op)
{
    return packed->layers->winograd != NULL && !packed->direct &&
           op->kind == HP_OP_CONV && op->kernel == 3 && op->stride == 1 &&
           op->input_count >= WINOGRAD_CHANNELS &&
           op->output_count >= WINOGRAD_CHANNELS;
}

static void place_op(const hatpose_model *model, hp_packed *packed, int index)
{
    const hp_op *op = &model->ops[index];
    const hp_placing *in = &packed->layout.values[op->input];
    const hp_placing *out = &packed->layout.values[op->output];
    hp_packed_op *to = &packed->ops[index];

    to->input = hp_layout_blocks(in, op->input_first, op->input_count);
    to->output = hp_layout_blocks(out, op->output_first, op->output_count);
    if (op->kind == HP_OP_ADD)
        to->addend = hp_layout_blocks(&packed->layout.values[op->addend],
                                      op->addend_first, op->input_count);
    to->inputs = to->input.count * hp_block_channels(in->storage);
    to->outputs = out->place[op->output_first + op->output_count - 1] + 1 -
                  out->place[op->output_first];
    if (op->kind == HP_OP_DEPTHWISE)
        to->outputs = to->inputs;
    to->winograd = takes_winograd(packed, op);
}

static bool is_first(const packing *p, const hp_op *op)
{
    return hp_layout_is_first(p->model, op);
}

static size_t weight_bytes(const packing *p, int index)
{
    const hp_op *op = &p->model->ops[index];
    const hp_packed_op *to = &p->packed->ops[index];
    const hp_layers *layers = p->packed->layers;

    switch (op->kind) {
    case HP_OP_ADD:
        return 0;
    case HP_OP_DEPTHWISE:
        return (size_t)to->inputs * 9 * sizeof(float);
    default:
        if (is_first(p, op))
            return layers->first_pack_bytes(to->outputs);
        if (to->winograd)
            return layers->winograd_pack_bytes(to->outputs, to->inputs);
        return layers->conv_pack_bytes(to->outputs, to->inputs,
                                       op->kernel * op->kernel);
    }
}

static size_t bias_bytes(const hp_op *op, const hp_packed_op *to)
{
    if (op->kind == HP_OP_ADD)
        return 0;
    return (size_t)hp_packed_channels(to->outputs) * sizeof(float);
}

/* Offsets of all, and the room to lay out the largest layer as floats. */
static bool measure(packing *p, size_t *total)
{
    size_t at = 0, floats, bytes;

    p->row_bytes = 0;
    for (int i = 0; i < p->model->op_count; i++) {
        const hp_op *op = &p->model->ops[i];
        const hp_packed_op *to = &p->packed->ops[i];
        if (!hp_size_add(at, bias_bytes(op, to), &at))
            return false;
        p->offsets[i] = at;
        if (!hp_size_add(at, weight_bytes(p, i) + 63, &at))
            return false;
        at -= at % 64;
        if (op->kind != HP_OP_CONV)
            continue;
        if (!hp_size_multiply((size_t)to->inputs * 9, (size_t)to->outputs,
                              &floats) ||
            !hp_size_multiply(floats, sizeof(float), &bytes))
            return false;
        bytes = bytes / 9 * (size_t)(op->kernel * op->kernel);
        if (bytes > p->row_bytes)
            p->row_bytes = bytes;
    }
    p->row_bytes += sizeof(float) * 4096 * 9; /* one row as it is stored */
    *total = at;
    return true;
}

/* Do the file's channels lie one behind the other, and nothing else? */
static bool is_one_piece(const hp_placing *value, int first, int count,
                         int placed)
{
    return placed == count && hp_layout_piece(value, first, count) == count;
}

/* A row of the file's channels to one of whole blocks. */
static void spread(const int *place, int count, size_t taps, const float *row,
                   float *line)
{
    for (int i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count; end++)
            if (place[end] != place[end - 1] + 1)
                break;
        memcpy(line + (size_t)(place[i] - place[0]) * taps,
               row + (size_t)i * taps, (size_t)(end - i) * taps * sizeof *row);
    }
}

/* The weights of an operation for whole blocks: those of the file where they
 * are just that, else made in `out`. */
static const float *expand(const packing *p, int index, float *row, float *out)
{
    const hp_op *op = &p->model->ops[index];
    const hp_packed_op *to = &p->packed->ops[index];
    const hp_placing *in = &p->packed->layout.values[op->input];
    const hp_placing *result = &p->packed->layout.values[op->output];
    const int *in_place = in->place + op->input_first;
    const int *out_place = result->place + op->output_first;
    const size_t taps = (size_t)(op->kernel * op->kernel);
    const int inputs = is_first(p, op) ? 3 : to->inputs;
    const size_t width = (size_t)inputs * taps;
    const bool whole_rows =
        is_one_piece(in, op->input_first, op->input_count, inputs);
    const bool whole =
        whole_rows &&
        is_one_piece(result, op->output_first, op->output_count, to->outputs);

    if (whole && op->weight_type == HP_WEIGHT_F32)
        return op->weight;
    if (!whole)
        memset(out, 0, (size_t)to->outputs * width * sizeof *out);
    for (int o = 0; o < op->output_count; o++) {
        float *line = out + (size_t)(out_place[o] - out_place[0]) * width;
        hp_weight_row(p->readers, op, o, whole_rows ? line : row);
        if (!whole_rows)
            spread(in_place, op->input_count, taps, row, line);
    }
    return out;
}

static void pack_conv(const packing *p, int index, float *rows, void *weight)
{
    const hp_op *op = &p->model->ops[index];
    const hp_packed_op *to = &p->packed->ops[index];
    const hp_layers *layers = p->packed->layers;
    const hp_placing *in = &p->packed->layout.values[op->input];
    const float *plain = expand(p, index, rows, rows + 4096 * 9);

    if (is_first(p, op)) {
        layers->first_pack(plain, to->outputs, weight);
        return;
    }
    hp_conv_weights weights = {
        .weight = plain,
        .outputs = to->outputs,
        .inputs = to->inputs,
        .tap_count = op->kernel * op->kernel,
        .in_step =
            in->step == NULL
                ? NULL
                : in->step + to->input.first * hp_block_channels(in->storage),
        .in_zero = in->zero,
    };
    if (to->winograd)
        layers->winograd_pack(&weights, weight);
    else
        layers->conv_pack(&weights, weight);
}

static void pack_depthwise(const packing *p, int index, float *row,
                           float *weight)
{
    const hp_op *op = &p->model->ops[index];
    const hp_packed_op *to = &p->packed->ops[index];
    const hp_placing *out = &p->packed->layout.values[op->output];
    const int *place = out->place + op->output_first;
    const int channels = hp_block_channels(out->storage);

    memset(weight, 0, (size_t)to->inputs * 9 * sizeof *weight);
    for (int c = 0; c < op->output_count; c++) {
        int at = place[c] - place[0];
        float *block = weight + (size_t)(at / channels) * 9 * (size_t)channels;
        hp_weight_row(p->readers, op, c, row);
        for (int t = 0; t < 9; t++)
            block[t * channels + at % channels] = row[t];
    }
}

static void pack_op(void *argument, int index, int worker)
{
    const packing *p = argument;
    const hp_op *op = &p->model->ops[index];
    hp_packed_op *to = &p->packed->ops[index];
    float *rows = (float *)(void *)(p->rows + (size_t)worker * p->row_bytes);

    if (op->kind == HP_OP_ADD)
        return;
    unsigned char *weight =
        (unsigned char *)p->packed->weights + p->offsets[index];
    float *bias = (float *)(void *)(weight - bias_bytes(op, to));
    const int *place =
        p->packed->layout.values[op->output].place + op->output_first;
    memset(bias, 0, bias_bytes(op, to));
    for (int o = 0; o < op->output_count && op->bias != NULL; o++)
        bias[place[o] - place[0]] = op->bias[o];
    if (op->kind == HP_OP_DEPTHWISE)
        pack_depthwise(p, index, rows, (float *)(void *)weight);
    else
        pack_conv(p, index, rows, weight);
    to->bias = bias;
    to->weight = weight;
}

static hatpose_status pack_all(packing *p, hp_memory *memory, hp_pool *pool,
                               hatpose_error *err)
{
    const size_t workers = (size_t)hp_pool_thread_count(pool);
    size_t total, rows_bytes;
    void *rows = NULL;

    if (!measure(p, &total) ||
        !hp_size_multiply(p->row_bytes, workers, &rows_bytes))
        return hp_fail(err, HATPOSE_E_LIMIT,
                       "the network's weights are too many to address");
    hatpose_status status =
        hp_allocate(memory, total, "packed weights", &p->packed->weights, err);
    if (status == HATPOSE_OK)
        status = hp_allocate(memory, rows_bytes, "packed weights", &rows, err);
    if (status != HATPOSE_OK)
        return status;
    p->rows = rows;
    hp_pool_run(pool, p->model->op_count, pack_op, p);
    hp_deallocate(memory, rows);
    return HATPOSE_OK;
}

static void release(hp_memory *memory, hp_packed *packed)
{
    hp_layout_release(memory, &packed->layout);
    hp_deallocate(memory, packed->weights);
    hp_deallocate(memory, packed);
}

static void release_all(hp_memory *memory, void *first)
{
    for (hp_packed *packed = first, *next; packed != NULL; packed = next) {
        next = packed->next;
        release(memory, packed);
    }
}

static hatpose_status make(const hatpose_model *model, hp_memory *memory,
                           const hp_kernels *kernels, bool direct,
                           hp_pool *pool, hp_packed **out, hatpose_error *err)
{
    const size_t ops = (size_t)model->op_count;
    void *block, *offsets;
    hatpose_status status = hp_allocate_array(
        memory, 1, sizeof(hp_packed) + ops * sizeof(hp_packed_op),
        "packed weights", &block, err);

    if (status != HATPOSE_OK)
        return status;
    hp_packed *packed = block;
    packed->layers = kernels->layers;
    packed->direct = direct;
    packed->ops = (hp_packed_op *)(packed + 1);
    packing p = {.model = model, .packed = packed, .readers = kernels->rows};
    status = hp_allocate_array(memory, ops, sizeof *p.offsets, "packed weights",
                               &offsets, err);
    if (status == HATPOSE_OK) {
        p.offsets = offsets;
        status = hp_layout_create(memory, model, kernels->layers->storage,
                                  &packed->layout, err);
    }
    if (status == HATPOSE_OK) {
        for (int i = 0; i < model->op_count; i++)
            place_op(model, packed, i);
        status = pack_all(&p, memory, pool, err);
    }
    hp_deallocate(memory, offsets);
    if (status == HATPOSE_OK)
        *out = packed;
    else
        release(memory, packed);
    return status;
}

hatpose_status hp_packed_get(const hatpose_model *model,
                             const hp_kernels *kernels, bool direct,
                             hp_pool *pool, const hp_packed **out,
                             hatpose_error *err)
{
    const hp_layers *layers = kernels->layers;
    hp_model_cache *cache = hp_model_cache_of(model);
    hatpose_status status = HATPOSE_OK;
    hp_packed *packed = NULL;

    *out = NULL;
    if (layers->storage == HP_STORAGE_INT8 && model->ranges == NULL)
        return hp_fail(err, HATPOSE_E_UNSUPPORTED,
                       "precision int8: the model has no ranges of its "
                       "activations: hatpose-calibrate makes them");
    pthread_mutex_lock(&cache->mutex);
    for (packed = cache->first; packed != NULL; packed = packed->next)
        if (packed->layers == layers && packed->direct == direct)
            break;
    if (packed == NULL)
        status = hp_model_open_weights(model, err);
    if (packed == NULL && status == HATPOSE_OK) {
        status =
            make(model, &cache->memory, kernels, direct, pool, &packed, err);
        hp_model_close_weights(model);
        if (status == HATPOSE_OK) {
            packed->next = cache->first;
            cache->first = packed;
            cache->release = release_all;
        }
    }
    pthread_mutex_unlock(&cache->mutex);
    *out = packed;
    return status;
}
