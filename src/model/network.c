/* network.c - the list of operations. In: the keys of a model file. Out: ops
 * and values that the engine runs without another look: every range lies in
 * its value, everything is written once and before it is read. */
#include "model/network.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "model/keys.h"

#define KEY(name) HP_ARCHITECTURE "." name

enum {
    MAX_VALUES = 1024,
    MAX_OPS = 1024,
    MAX_CHANNELS = 4096,
    /* Nothing enlarges again, and maps lie at stride 8: what is coarser could
     * never be used. */
    MAP_STRIDE = 8
};

/* The u32 columns of the list. */
enum {
    INPUT,
    INPUT_FIRST,
    INPUT_COUNT,
    ADDEND,
    ADDEND_FIRST,
    OUTPUT,
    OUTPUT_FIRST,
    OUTPUT_COUNT,
    KERNEL,
    STRIDE,
    DILATION,
    COLUMN_COUNT
};

static const char *const column_keys[COLUMN_COUNT] = {
    KEY("op.input"),        KEY("op.input_first"),  KEY("op.input_count"),
    KEY("op.addend"),       KEY("op.addend_first"), KEY("op.output"),
    KEY("op.output_first"), KEY("op.output_count"), KEY("op.kernel"),
    KEY("op.stride"),       KEY("op.dilation")};

/* Kinds and activations are words: as many of the one as of the other. */
enum { WORD_COUNT = 3, SHOWN_BYTES = 32 };

static const char *const kind_names[WORD_COUNT] = {[HP_OP_CONV] = "conv",
                                                   [HP_OP_DEPTHWISE] =
                                                       "depthwise",
                                                   [HP_OP_ADD] = "add"};
static const char *const activation_names[WORD_COUNT] = {
    [HP_ACTIVATION_NONE] = "none",
    [HP_ACTIVATION_RELU] = "relu",
    [HP_ACTIVATION_ELU] = "elu"};

typedef struct op_list {
    const hp_gguf_value *names, *kinds, *activations;
    const hp_gguf_value *columns[COLUMN_COUNT];
} op_list;

typedef struct checker {
    hatpose_model *model;
    /* One byte per channel, MAX_CHANNELS a value: has it been written? */
    unsigned char *written;
    hatpose_error *err;
} checker;

static hatpose_status read_values(const hp_gguf *gguf, hatpose_model *model,
                                  hatpose_error *err)
{
    const char *key = KEY("value.channels");
    const hp_gguf_value *channels;
    void *block;
    hatpose_status status =
        hp_keys_array(gguf, key, HP_GGUF_U32, 2, MAX_VALUES, &channels, err);

    if (status == HATPOSE_OK)
        status = hp_allocate_array(&model->memory, (size_t)channels->count,
                                   sizeof *model->values, "model values",
                                   &block, err);
    if (status != HATPOSE_OK)
        return status;
    model->values = block;
    model->value_count = (int)channels->count;
    for (int i = 0; i < model->value_count; i++) {
        uint32_t count = hp_gguf_u32_at(channels, (uint64_t)i);
        if (count < 1 || count > MAX_CHANNELS)
            return hp_fail_at(
                err, HATPOSE_E_MODEL_FORMAT, channels->offset_bytes,
                "%s: value %d has %" PRIu32 " channels, 1 to %d expected", key,
                i, count, MAX_CHANNELS);
        model->values[i].channels = (int)count;
    }
    if (model->values[0].channels != 3)
        return hp_fail_at(err, HATPOSE_E_MODEL_FORMAT, channels->offset_bytes,
                          "%s: the input has %d channels, 3 expected", key,
                          model->values[0].channels);
    model->values[0].stride = 1;
    return HATPOSE_OK;
}

static hatpose_status find_list(const hp_gguf *gguf, op_list *list,
                                hatpose_error *err)
{
    hatpose_status status = hp_keys_array(gguf, KEY("op.name"), HP_GGUF_STRING,
                                          1, MAX_OPS, &list->names, err);

    if (status != HATPOSE_OK)
        return status;
    uint64_t count = list->names->count;
    status = hp_keys_array(gguf, KEY("op.kind"), HP_GGUF_STRING, count, count,
                           &list->kinds, err);
    if (status == HATPOSE_OK)
        status = hp_keys_array(gguf, KEY("op.activation"), HP_GGUF_STRING,
                               count, count, &list->activations, err);
    for (int i = 0; i < COLUMN_COUNT && status == HATPOSE_OK; i++)
        status = hp_keys_array(gguf, column_keys[i], HP_GGUF_U32, count, count,
                               &list->columns[i], err);
    return status;
}

static hatpose_status read_name(const op_list *list, int index, hp_op *op,
                                hatpose_error *err)
{
    hp_gguf_string text = hp_gguf_string_at(list->names, (uint64_t)index);
    bool valid = text.bytes >= 1 && text.bytes < sizeof op->name;

    for (size_t i = 0; valid && i < text.bytes; i++)
        valid = text.text[i] > ' ' && text.text[i] <= '~';
    if (!valid)
        return hp_fail_at(err, HATPOSE_E_MODEL_FORMAT,
                          list->names->offset_bytes,
                          "operation %d: a name of 1 to %zu printable ASCII "
                          "characters expected",
                          index, sizeof op->name - 1);
    memcpy(op->name, text.text, text.bytes);
    op->name[text.bytes] = '\0';
    return HATPOSE_OK;
}

/* Index of text among the words; -1 and a message when it is none. */
static int find_word(const hp_gguf_value *texts, int index,
                     const char *const *words, const hp_op *op,
                     const char *what, hatpose_error *err)
{
    hp_gguf_string text = hp_gguf_string_at(texts, (uint64_t)index);

    for (int i = 0; i < WORD_COUNT; i++)
        if (text.bytes == strlen(words[i]) &&
            memcmp(text.text, words[i], text.bytes) == 0)
            return i;
    hp_fail_at(err, HATPOSE_E_MODEL_FORMAT, texts->offset_bytes,
               "%s: %s %.*s is not known", op->name, what,
               text.bytes < SHOWN_BYTES ? (int)text.bytes : SHOWN_BYTES,
               text.text);
    return -1;
}

static hatpose_status read_words(const op_list *list, int index, hp_op *op,
                                 hatpose_error *err)
{
    int kind = find_word(list->kinds, index, kind_names, op, "kind", err);

    if (kind < 0)
        return HATPOSE_E_MODEL_FORMAT;
    int activation = find_word(list->activations, index, activation_names, op,
                               "activation", err);
    if (activation < 0)
        return HATPOSE_E_MODEL_FORMAT;
    op->kind = (hp_op_kind)kind;
    op->activation = (hp_activation)activation;
    return HATPOSE_OK;
}

static hatpose_status read_numbers(const op_list *list, int index, hp_op *op,
                                   hatpose_error *err)
{
    int *const fields[COLUMN_COUNT] = {
        &op->input,        &op->input_first,  &op->input_count,
        &op->addend,       &op->addend_first, &op->output,
        &op->output_first, &op->output_count, &op->kernel,
        &op->stride,       &op->dilation};

    for (int i = 0; i < COLUMN_COUNT; i++) {
        uint32_t number = hp_gguf_u32_at(list->columns[i], (uint64_t)index);
        /* No field can be more: that makes every sum below fit an int. */
        if (number > MAX_CHANNELS)
            return hp_fail_at(err, HATPOSE_E_MODEL_FORMAT,
                              list->columns[i]->offset_bytes,
                              "%s: %s is %" PRIu32 ", at most %d expected",
                              op->name, column_keys[i], number, MAX_CHANNELS);
        *fields[i] = (int)number;
    }
    return HATPOSE_OK;
}

static hatpose_status check_geometry(const hp_op *op, hatpose_error *err)
{
    const char *kind = kind_names[op->kind];
    bool one = op->kernel == 1 && op->kind != HP_OP_DEPTHWISE;
    bool three = op->kernel == 3 && op->kind != HP_OP_ADD;
    bool plain = op->stride == 1 && op->dilation == 1;
    bool reduced = op->stride == 2 && op->dilation == 1;
    bool dilated = op->stride == 1 && op->dilation == 2;

    if (!(one && plain) && !(three && (plain || reduced || dilated)))
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                       "%s: no %s has kernel %d, stride %d and dilation %d",
                       op->name, kind, op->kernel, op->stride, op->dilation);
    if (op->kind != HP_OP_CONV && op->output_count != op->input_count)
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                       "%s: %s reads %d channels and writes %d", op->name, kind,
                       op->input_count, op->output_count);
    if (op->kind != HP_OP_ADD && (op->addend != 0 || op->addend_first != 0))
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                       "%s: %s has no addend, 0 expected", op->name, kind);
    return HATPOSE_OK;
}

/* Channels first .. first + count - 1 of a value must exist. */
static hatpose_status check_range(const checker *check, const char *name,
                                  const char *does, int value, int first,
                                  int count)
{
    const hatpose_model *model = check->model;

    if (value >= model->value_count)
        return hp_fail(check->err, HATPOSE_E_MODEL_FORMAT,
                       "%s: %s value %d, there are %d", name, does, value,
                       model->value_count);
    if (count < 1 || first + count > model->values[value].channels)
        return hp_fail(check->err, HATPOSE_E_MODEL_FORMAT,
                       "%s: %s %d channels from %d on of value %d, which has "
                       "%d",
                       name, does, count, first, value,
                       model->values[value].channels);
    return HATPOSE_OK;
}

static hatpose_status check_read(const checker *check, const char *name,
                                 int value, int first, int count)
{
    hatpose_status status =
        check_range(check, name, "reads", value, first, count);

    if (status != HATPOSE_OK || value == 0)
        return status;
    const unsigned char *written =
        check->written + (size_t)value * MAX_CHANNELS;
    for (int i = first; i < first + count; i++)
        if (!written[i])
            return hp_fail(check->err, HATPOSE_E_MODEL_FORMAT,
                           "%s: reads channel %d of value %d before it is "
                           "written",
                           name, i, value);
    return HATPOSE_OK;
}

static hatpose_status check_write(const checker *check, const hp_op *op)
{
    hatpose_status status = check_range(check, op->name, "writes", op->output,
                                        op->output_first, op->output_count);

    if (status != HATPOSE_OK)
        return status;
    if (op->output == 0)
        return hp_fail(check->err, HATPOSE_E_MODEL_FORMAT,
                       "%s: writes value 0, which is the input", op->name);
    if (op->output == op->input ||
        (op->kind == HP_OP_ADD && op->output == op->addend))
        return hp_fail(check->err, HATPOSE_E_MODEL_FORMAT,
                       "%s: writes value %d, which it reads", op->name,
                       op->output);
    unsigned char *written = check->written + (size_t)op->output * MAX_CHANNELS;
    for (int i = op->output_first; i < op->output_first + op->output_count;
         i++) {
        if (written[i])
            return hp_fail(check->err, HATPOSE_E_MODEL_FORMAT,
                           "%s: writes channel %d of value %d a second time",
                           op->name, i, op->output);
        written[i] = 1;
    }
    return HATPOSE_OK;
}

/* The accumulated stride of what is read decides that of what is written. */
static hatpose_status check_stride(const checker *check, const hp_op *op)
{
    hp_value *values = check->model->values;
    hp_value *output = &values[op->output];
    int stride = values[op->input].stride * op->stride;

    if (op->kind == HP_OP_ADD && values[op->addend].stride != stride)
        return hp_fail(check->err, HATPOSE_E_MODEL_FORMAT,
                       "%s: adds values of strides %d and %d", op->name, stride,
                       values[op->addend].stride);
    if (stride > MAP_STRIDE)
        return hp_fail(check->err, HATPOSE_E_MODEL_FORMAT,
                       "%s: accumulated stride %d, at most %d expected",
                       op->name, stride, MAP_STRIDE);
    if (output->stride != 0 && output->stride != stride)
        return hp_fail(check->err, HATPOSE_E_MODEL_FORMAT,
                       "%s: writes value %d at stride %d, which has stride %d",
                       op->name, op->output, stride, output->stride);
    output->stride = stride;
    return HATPOSE_OK;
}

static hatpose_status check_op(const checker *check, int index)
{
    const hp_op *op = &check->model->ops[index];

    for (int i = 0; i < index; i++)
        if (strcmp(check->model->ops[i].name, op->name) == 0)
            return hp_fail(check->err, HATPOSE_E_MODEL_FORMAT,
                           "%s: two operations have this name", op->name);
    hatpose_status status = check_geometry(op, check->err);
    if (status == HATPOSE_OK)
        status = check_read(check, op->name, op->input, op->input_first,
                            op->input_count);
    if (status == HATPOSE_OK && op->kind == HP_OP_ADD)
        status = check_read(check, op->name, op->addend, op->addend_first,
                            op->input_count);
    if (status == HATPOSE_OK)
        status = check_write(check, op);
    if (status == HATPOSE_OK)
        status = check_stride(check, op);
    return status;
}

static hatpose_status check_all_written(const checker *check)
{
    const hatpose_model *model = check->model;

    for (int v = 1; v < model->value_count; v++) {
        const unsigned char *written =
            check->written + (size_t)v * MAX_CHANNELS;
        for (int i = 0; i < model->values[v].channels; i++)
            if (!written[i])
                return hp_fail(check->err, HATPOSE_E_MODEL_FORMAT,
                               "no operation writes channel %d of value %d", i,
                               v);
    }
    return HATPOSE_OK;
}

static hatpose_status check_list(hatpose_model *model, hatpose_error *err)
{
    checker check = {model, NULL, err};
    void *block;
    hatpose_status status =
        hp_allocate_array(&model->memory, (size_t)model->value_count,
                          MAX_CHANNELS, "model check", &block, err);

    if (status != HATPOSE_OK)
        return status;
    check.written = block;
    for (int i = 0; i < model->op_count && status == HATPOSE_OK; i++)
        status = check_op(&check, i);
    if (status == HATPOSE_OK)
        status = check_all_written(&check);
    hp_deallocate(&model->memory, block);
    return status;
}

static hatpose_status read_ops(const hp_gguf *gguf, hatpose_model *model,
                               hatpose_error *err)
{
    op_list list;
    void *block;
    hatpose_status status = find_list(gguf, &list, err);

    if (status == HATPOSE_OK)
        status = hp_allocate_array(&model->memory, (size_t)list.names->count,
                                   sizeof *model->ops, "model operations",
                                   &block, err);
    if (status != HATPOSE_OK)
        return status;
    model->ops = block;
    model->op_count = (int)list.names->count;
    for (int i = 0; i < model->op_count && status == HATPOSE_OK; i++) {
        status = read_name(&list, i, &model->ops[i], err);
        if (status == HATPOSE_OK)
            status = read_words(&list, i, &model->ops[i], err);
        if (status == HATPOSE_OK)
            status = read_numbers(&list, i, &model->ops[i], err);
    }
    return status == HATPOSE_OK ? check_list(model, err) : status;
}

static hatpose_status read_group(const hp_gguf *gguf, hatpose_model *model,
                                 const char *key, int count,
                                 hp_map_group *group, hatpose_error *err)
{
    uint32_t numbers[3];
    hatpose_status status = hp_keys_u32s(gguf, key, 3, numbers, err);

    if (status != HATPOSE_OK)
        return status;
    if (numbers[2] != (uint32_t)count)
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                       "%s: %" PRIu32 " channels, %d expected", key, numbers[2],
                       count);
    if (numbers[0] >= (uint32_t)model->value_count ||
        (uint64_t)numbers[1] + numbers[2] >
            (uint64_t)model->values[numbers[0]].channels)
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                       "%s: %d channels from %" PRIu32 " on of value %" PRIu32
                       " do not exist",
                       key, count, numbers[1], numbers[0]);
    *group = (hp_map_group){(int)numbers[0], (int)numbers[1], count};
    int stride = model->values[group->value].stride;
    if (stride != MAP_STRIDE)
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                       "%s: value %d has stride %d, %d expected", key,
                       group->value, stride, MAP_STRIDE);
    return HATPOSE_OK;
}

hatpose_status hp_network_read(const hp_gguf *gguf, hatpose_model *model,
                               hatpose_error *err)
{
    const char *hats = KEY("map.hats");
    hatpose_status status = read_values(gguf, model, err);

    if (status == HATPOSE_OK)
        status = read_ops(gguf, model, err);
    if (status == HATPOSE_OK)
        status = read_group(gguf, model, KEY("map.heatmaps"), HP_HEATMAP_COUNT,
                            &model->heatmaps, err);
    if (status == HATPOSE_OK)
        status = read_group(gguf, model, KEY("map.pafs"), HP_PAF_COUNT,
                            &model->pafs, err);
    if (status == HATPOSE_OK && hp_gguf_find_value(gguf, hats) != NULL)
        status =
            read_group(gguf, model, hats, HP_HAT_MAP_COUNT, &model->hats, err);
    return status;
}
