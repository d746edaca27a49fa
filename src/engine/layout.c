/* layout.c - cuts values into pieces and places them in blocks. */
#include "engine/layout.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

/* More physical channels than that for a range are refused: as many as a
 * value of a file may have are never too many. */
enum { LARGEST_FACTOR = 4, ALWAYS_ALLOWED = 4096 };

typedef unsigned char *const *cut_marks; /* [value][channel]: a piece starts */

static void mark_range(unsigned char *marks, int channels, int first, int count)
{
    marks[first] = 1;
    if (first + count < channels)
        marks[first + count] = 1;
}

static void mark_own_ranges(const hatpose_model *model, cut_marks marks)
{
    for (int i = 0; i < model->op_count; i++) {
        const hp_op *op = &model->ops[i];
        mark_range(marks[op->input], model->values[op->input].channels,
                   op->input_first, op->input_count);
        mark_range(marks[op->output], model->values[op->output].channels,
                   op->output_first, op->output_count);
        if (op->kind == HP_OP_ADD)
            mark_range(marks[op->addend], model->values[op->addend].channels,
                       op->addend_first, op->input_count);
    }
}

/* Both ranges get the cuts of both. */
static bool join(unsigned char *a, unsigned char *b, int count)
{
    unsigned char differs = 0;

    for (int i = 0; i < count; i++) {
        unsigned char both = a[i] | b[i];
        differs |= (unsigned char)(both ^ a[i]) | (unsigned char)(both ^ b[i]);
        a[i] = b[i] = both;
    }
    return differs != 0;
}

static bool join_op(const hp_op *op, cut_marks marks)
{
    unsigned char *in = marks[op->input] + op->input_first;
    unsigned char *out = marks[op->output] + op->output_first;
    bool changed = false;

    if (op->kind == HP_OP_CONV)
        return false;
    changed |= join(in, out, op->input_count);
    if (op->kind == HP_OP_ADD)
        changed |=
            join(marks[op->addend] + op->addend_first, out, op->input_count);
    return changed;
}

/* Down the list and up again until nothing changes. */
static void carry_cuts(const hatpose_model *model, cut_marks marks)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (int i = 0; i < model->op_count; i++)
            changed |= join_op(&model->ops[i], marks);
        for (int i = model->op_count - 1; i >= 0; i--)
            changed |= join_op(&model->ops[i], marks);
    }
}

static void note_readers(const hatpose_model *model, hp_placing *values)
{
    for (int i = 0; i < model->op_count; i++) {
        const hp_op *op = &model->ops[i];
        hp_placing *in = &values[op->input];
        in->read = true;
        in->window_read |= op->kernel == 3;
        if (op->kind == HP_OP_ADD)
            values[op->addend].read = true;
    }
}

static void choose_storage(const hatpose_model *model, hp_storage storage,
                           hp_placing *values)
{
    for (int v = 0; v < model->value_count; v++)
        values[v].storage = values[v].read || v == 0 ? storage : HP_STORAGE_F32;
    for (int i = 0; i < model->op_count; i++) {
        const hp_op *op = &model->ops[i];
        if (op->kind != HP_OP_CONV || hp_layout_is_first(model, op))
            values[op->output].storage = storage;
    }
}

static void place_channels(const unsigned char *marks, int channels,
                           hp_placing *value, int *place)
{
    const int block = hp_block_channels(value->storage);
    int next = 0;

    for (int c = 0; c < channels; c++) {
        if (marks[c])
            next = (next + block - 1) / block * block;
        place[c] = next++;
    }
    value->place = place;
    value->block_count = (next + block - 1) / block;
}

/* Channels without a sign have all 256 codes from 0 on, but one with a sign
 * gives one to the whole value. */
static bool is_signed(const hatpose_model *model, int v)
{
    for (int c = 0; c < model->values[v].channels; c++)
        if (model->values[v].low[c] < 0.0f)
            return true;
    return false;
}

static float code_step(float low, float high, bool is_signed)
{
    float step =
        is_signed ? fmaxf(-low / 128.0f, high / 127.0f) : high / 255.0f;

    /* A channel that was never other than 0 must not take a share of its
     * readers' weights: the smaller the step, the less it weighs. */
    return step > 1e-10f ? step : 1e-10f;
}

/* The steps of the codes, one a channel that is placed. */
static void place_codes(const hatpose_model *model, int v, hp_placing *value,
                        float *step, float *inverse)
{
    const int count = value->block_count * hp_block_channels(value->storage);
    const bool sign = is_signed(model, v);

    for (int i = 0; i < count; i++)
        step[i] = inverse[i] = 1.0f;
    for (int c = 0; c < model->values[v].channels; c++) {
        const int at = value->place[c];
        step[at] =
            code_step(model->values[v].low[c], model->values[v].high[c], sign);
        inverse[at] = 1.0f / step[at];
    }
    value->step = step;
    value->inverse = inverse;
    value->zero = sign ? 128 : 0;
}

static hatpose_status check_range(const hp_layout *layout, const hp_op *op,
                                  int value, int first, int count,
                                  hatpose_error *err)
{
    const hp_placing *placing = &layout->values[value];
    hp_block_range blocks = hp_layout_blocks(placing, first, count);
    int placed = blocks.count * hp_block_channels(placing->storage);

    if (placed <= count * LARGEST_FACTOR + ALWAYS_ALLOWED)
        return HATPOSE_OK;
    return hp_fail(err, HATPOSE_E_LIMIT,
                   "%s: %d channels of value %d lie in too many pieces",
                   op->name, count, value);
}

static hatpose_status check_waste(const hatpose_model *model,
                                  const hp_layout *layout, hatpose_error *err)
{
    hatpose_status status = HATPOSE_OK;

    for (int i = 0; i < model->op_count && status == HATPOSE_OK; i++) {
        const hp_op *op = &model->ops[i];
        status = check_range(layout, op, op->input, op->input_first,
                             op->input_count, err);
        if (status == HATPOSE_OK)
            status = check_range(layout, op, op->output, op->output_first,
                                 op->output_count, err);
    }
    return status;
}

/* Room: placings, marks, places; codes come in a second block, because
 * their number is known only then. */
typedef struct layout_room {
    unsigned char **marks;
    int *places;
} layout_room;

static hatpose_status make_room(hp_memory *memory, const hatpose_model *model,
                                hp_layout *layout, layout_room *room,
                                hatpose_error *err)
{
    const size_t values = (size_t)model->value_count;
    size_t channels = 0;
    void *marks;

    for (int v = 0; v < model->value_count; v++)
        channels += (size_t)model->values[v].channels;
    /* At most 1024 values of 4096 channels: no overflow. */
    hatpose_status status = hp_allocate_array(
        memory, 1, values * sizeof *layout->values + channels * sizeof(int),
        "network layout", &layout->block, err);
    if (status != HATPOSE_OK)
        return status;
    status = hp_allocate_array(memory, 1, values * sizeof(char *) + channels,
                               "network layout", &marks, err);
    if (status != HATPOSE_OK) {
        hp_deallocate(memory, layout->block);
        layout->block = NULL;
        return status;
    }
    layout->values = layout->block;
    room->places = (int *)(layout->values + values);
    room->marks = marks;
    unsigned char *next = (unsigned char *)(room->marks + values);
    for (size_t v = 0; v < values; v++) {
        room->marks[v] = next;
        next += model->values[v].channels;
    }
    return HATPOSE_OK;
}

static hatpose_status make_codes(hp_memory *memory, const hatpose_model *model,
                                 hp_layout *layout, hatpose_error *err)
{
    size_t count = 0;
    void *block;

    if (layout->storage != HP_STORAGE_INT8)
        return HATPOSE_OK;
    for (int v = 0; v < model->value_count; v++)
        count += (size_t)layout->values[v].block_count * 64;
    hatpose_status status = hp_allocate_array(memory, 2 * count, sizeof(float),
                                              "network layout", &block, err);
    if (status != HATPOSE_OK)
        return status;
    layout->codes = block;
    float *step = block, *inverse = step + count;
    for (int v = 0; v < model->value_count; v++) {
        hp_placing *value = &layout->values[v];
        if (value->storage == HP_STORAGE_INT8)
            place_codes(model, v, value, step, inverse);
        step += value->block_count * 64;
        inverse += value->block_count * 64;
    }
    return HATPOSE_OK;
}

hatpose_status hp_layout_create(hp_memory *memory, const hatpose_model *model,
                                hp_storage storage, hp_layout *layout,
                                hatpose_error *err)
{
    layout_room room;

    *layout = (hp_layout){.storage = storage};
    hatpose_status status = make_room(memory, model, layout, &room, err);
    if (status != HATPOSE_OK)
        return status;
    note_readers(model, layout->values);
    choose_storage(model, storage, layout->values);
    mark_own_ranges(model, room.marks);
    carry_cuts(model, room.marks);
    int *place = room.places;
    for (int v = 0; v < model->value_count; v++) {
        place_channels(room.marks[v], model->values[v].channels,
                       &layout->values[v], place);
        place += model->values[v].channels;
    }
    hp_deallocate(memory, room.marks);
    status = check_waste(model, layout, err);
    if (status == HATPOSE_OK)
        status = make_codes(memory, model, layout, err);
    if (status != HATPOSE_OK)
        hp_layout_release(memory, layout);
    return status;
}

void hp_layout_release(hp_memory *memory, hp_layout *layout)
{
    hp_deallocate(memory, layout->codes);
    hp_deallocate(memory, layout->block);
    *layout = (hp_layout){.values = NULL};
}

hp_block_range hp_layout_blocks(const hp_placing *value, int first, int count)
{
    const int channels = hp_block_channels(value->storage);
    hp_block_range range = {.first = value->place[first] / channels};

    range.count = value->place[first + count - 1] / channels + 1 - range.first;
    return range;
}

int hp_layout_piece(const hp_placing *value, int first, int count)
{
    int piece = 1;

    while (piece < count &&
           value->place[first + piece] == value->place[first] + piece)
        piece++;
    return piece;
}

bool hp_layout_is_first(const hatpose_model *model, const hp_op *op)
{
    int readers = 0;

    if (op->kind != HP_OP_CONV || op->kernel != 3 || op->stride != 2 ||
        op->input != 0 || op->input_count != 3)
        return false;
    for (int i = 0; i < model->op_count; i++)
        readers +=
            model->ops[i].input == 0 ||
            (model->ops[i].kind == HP_OP_ADD && model->ops[i].addend == 0);
    return readers == 1;
}
