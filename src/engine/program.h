/* program.h - which operations are done in one step. */
#ifndef HP_PROGRAM_H
#define HP_PROGRAM_H

#include "engine/packed.h"

/* A chain's links pass their results on in the worker's scratch. */
enum { HP_CHAIN_MOST = 4 };

typedef enum hp_group_kind {
    HP_GROUP_IMPORT, /* the picture becomes value 0 */
    HP_GROUP_FIRST,  /* the picture goes through the first layer */
    HP_GROUP_CHAIN,  /* row strips through one or more operations, all but
                        the head 1x1 */
    HP_GROUP_WINOGRAD,
    HP_GROUP_ADD
} hp_group_kind;

typedef struct hp_group {
    hp_group_kind kind;
    int ops[HP_CHAIN_MOST]; /* indices in the model's list */
    int op_count;
    int add; /* of an `add` that the last one does in passing; -1: none */
} hp_group;

typedef struct hp_program {
    hp_group *groups; /* in the order in which they run */
    int group_count;
    int *leader; /* of each operation: the group that does it */
} hp_program;

/* separate: nothing is joined, for tests. */
hatpose_status hp_program_create(hp_memory *memory, const hatpose_model *model,
                                 const hp_packed *packed, bool separate,
                                 hp_program *program, hatpose_error *err);
void hp_program_release(hp_memory *memory, hp_program *program);

#endif
