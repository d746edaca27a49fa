/* assignment.h - who gets what: the cheapest one-to-one assignment. */
#ifndef HP_ASSIGNMENT_H
#define HP_ASSIGNMENT_H

#include "base/memory.h"

typedef struct hp_pair {
    double cost;
    uint32_t column;
} hp_pair;

/* Pairs of row i are pairs[first[i]] to pairs[first[i + 1]], without doubles.
 * All costs are at least 0 and finite. */
typedef struct hp_assignment {
    uint32_t row_count, column_count;
    const hp_pair *pairs;
    const size_t *first; /* row_count + 1 */
    double leave_cost;   /* of a row that gets nothing */
} hp_assignment;

/* column_of_row: -1 = nothing. The total is the least possible; equal
 * totals are decided by the order of the input. */
hatpose_status hp_assign(hp_memory *memory, hp_buffer *scratch,
                         const hp_assignment *problem, int32_t *column_of_row,
                         hatpose_error *err);

#endif
