/* program.c - joins operations. In: the model's list. Out: groups.
 *
 * A depthwise or a convolution whose result only one 1x1 convolution reads
 * hands it over in strips of rows that stay in cache; so does that one to the
 * next. An `add` of which a convolution makes one operand, and which alone
 * reads it, becomes part of it, when the other operand is there before. Only
 * values that are wholly written by one operation and are no maps vanish. */
#include "engine/program.h"

#include "base/memory.h"

typedef struct joiner {
    const hatpose_model *model;
    const hp_packed *packed;
    int *reader;   /* of a value: the only operation that reads it, or -1 */
    int *writer;   /* the only one that writes it, or -1 */
    int *ready;    /* the last one that writes it, -1: none */
    int *next;     /* of an operation: the one that takes its result, or -1 */
    int *previous; /* the other way round */
    int *add;      /* the add that it does, or -1 */
} joiner;

static bool is_map(const hatpose_model *model, int value)
{
    const hp_map_group *groups[] = {&model->heatmaps, &model->pafs,
                                    &model->hats};

    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (groups[i]->count > 0 && groups[i]->value == value)
            return true;
    return false;
}

static void note_reader(int *reader, int op)
{
    enum { NONE = -1, SEVERAL = -2 };

    *reader = *reader == NONE ? op : SEVERAL;
}

static void note_all(const joiner *j)
{
    for (int v = 0; v < j->model->value_count; v++)
        j->reader[v] = j->writer[v] = j->ready[v] = -1;
    for (int i = 0; i < j->model->op_count; i++) {
        const hp_op *op = &j->model->ops[i];
        j->next[i] = j->previous[i] = j->add[i] = -1;
        note_reader(&j->reader[op->input], i);
        if (op->kind == HP_OP_ADD)
            note_reader(&j->reader[op->addend], i);
        note_reader(&j->writer[op->output], i);
        j->ready[op->output] = i;
    }
}

/* The operation that alone makes a value which only one other reads, or -1.
 */
static int maker_for(const joiner *j, int value)
{
    if (value == 0 || j->reader[value] < 0 || j->writer[value] < 0 ||
        is_map(j->model, value))
        return -1;
    return j->writer[value];
}

static bool covers(const joiner *j, int value, int first, int count)
{
    return first == 0 && count == j->model->values[value].channels;
}

static int chain_length(const joiner *j, int op)
{
    int length = 1;

    while (j->previous[op] >= 0) {
        op = j->previous[op];
        length++;
    }
    return length;
}

static void join_chain(const joiner *j, int index)
{
    const hp_op *op = &j->model->ops[index];
    int maker = maker_for(j, op->input);

    if (op->kind != HP_OP_CONV || op->kernel != 1 || maker < 0 ||
        !covers(j, op->input, op->input_first, op->input_count))
        return;
    const hp_op *head = &j->model->ops[maker];
    if (head->kind == HP_OP_ADD || j->packed->ops[maker].winograd ||
        hp_layout_is_first(j->model, head) ||
        chain_length(j, maker) == HP_CHAIN_MOST)
        return;
    j->next[maker] = index;
    j->previous[index] = maker;
}

static bool join_sum(const joiner *j, int index, int value, int first,
                     int other)
{
    const hp_op *sum = &j->model->ops[index];
    const hp_placing *values = j->packed->layout.values;
    int maker = maker_for(j, value);

    if (maker < 0 || j->model->ops[maker].kind != HP_OP_CONV ||
        hp_layout_is_first(j->model, &j->model->ops[maker]) ||
        !covers(j, value, first, sum->input_count) ||
        j->ready[other] >= maker ||
        values[other].storage != values[sum->output].storage)
        return false;
    j->add[maker] = index;
    return true;
}

static void join_all(const joiner *j)
{
    for (int i = 0; i < j->model->op_count; i++)
        join_chain(j, i);
    for (int i = 0; i < j->model->op_count; i++) {
        const hp_op *op = &j->model->ops[i];
        if (op->kind != HP_OP_ADD)
            continue;
        if (join_sum(j, i, op->input, op->input_first, op->addend))
            j->previous[i] = i; /* somebody else's */
        else if (join_sum(j, i, op->addend, op->addend_first, op->input))
            j->previous[i] = i;
    }
}

static hp_group_kind kind_of(const joiner *j, int op)
{
    if (j->model->ops[op].kind == HP_OP_ADD)
        return HP_GROUP_ADD;
    if (hp_layout_is_first(j->model, &j->model->ops[op]))
        return HP_GROUP_FIRST;
    return j->packed->ops[op].winograd ? HP_GROUP_WINOGRAD : HP_GROUP_CHAIN;
}

/* The group that ends with this operation. */
static void put_group(const joiner *j, hp_program *program, int last)
{
    hp_group *group = &program->groups[program->group_count];
    int count = chain_length(j, last);

    group->kind = kind_of(j, last);
    group->op_count = count;
    group->add = j->add[last];
    for (int op = last; count > 0; op = j->previous[op]) {
        group->ops[--count] = op;
        program->leader[op] = program->group_count;
    }
    if (group->add >= 0)
        program->leader[group->add] = program->group_count;
    program->group_count++;
}

static void put_all(const joiner *j, hp_program *program)
{
    bool imported = false;

    for (int i = 0; i < j->model->op_count; i++) {
        const hp_op *op = &j->model->ops[i];
        imported |= op->kind == HP_OP_ADD && op->addend == 0;
        imported |= op->input == 0 && !hp_layout_is_first(j->model, op);
    }
    if (imported)
        program->groups[program->group_count++] =
            (hp_group){.kind = HP_GROUP_IMPORT, .add = -1};
    for (int i = 0; i < j->model->op_count; i++)
        if (j->next[i] < 0 && j->previous[i] != i)
            put_group(j, program, i);
}

hatpose_status hp_program_create(hp_memory *memory, const hatpose_model *model,
                                 const hp_packed *packed, bool separate,
                                 hp_program *program, hatpose_error *err)
{
    const size_t ops = (size_t)model->op_count;
    const size_t values = (size_t)model->value_count;
    void *notes, *groups;
    hatpose_status status =
        hp_allocate_array(memory, 3 * (ops + values), sizeof(int),
                          "network program", &notes, err);

    *program = (hp_program){.groups = NULL};
    if (status != HATPOSE_OK)
        return status;
    status = hp_allocate_array(memory, 1,
                               (ops + 1) * sizeof(hp_group) + ops * sizeof(int),
                               "network program", &groups, err);
    if (status == HATPOSE_OK) {
        int *room = notes;
        joiner j = {.model = model,
                    .packed = packed,
                    .reader = room,
                    .writer = room + values,
                    .ready = room + 2 * values,
                    .next = room + 3 * values,
                    .previous = room + 3 * values + ops,
                    .add = room + 3 * values + 2 * ops};
        program->groups = groups;
        program->leader = (int *)(program->groups + ops + 1);
        note_all(&j);
        if (!separate)
            join_all(&j);
        put_all(&j, program);
    }
    hp_deallocate(memory, notes);
    return status;
}

void hp_program_release(hp_memory *memory, hp_program *program)
{
    hp_deallocate(memory, program->groups);
    program->groups = NULL;
}
