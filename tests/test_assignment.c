/* test_assignment.c - the assignment is the cheapest of all, as trying all
 * of them shows. */
#include "hat/assignment.h"

#include <math.h>
#include <string.h>

#include "check.h"

enum { MOST_ROWS = 6, MOST_COLUMNS = 6, MOST_PAIRS = 36 };

typedef struct table {
    hp_assignment problem;
    hp_pair pairs[MOST_PAIRS];
    size_t first[MOST_ROWS + 1];
    double cost[MOST_ROWS][MOST_COLUMNS]; /* INFINITY: no pair */
    int32_t column_of_row[MOST_ROWS];
} table;

static unsigned seed = 7;

static unsigned random_below(unsigned bound)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % bound;
}

static void fill_table(table *t, uint32_t rows, uint32_t columns)
{
    size_t count = 0;

    for (uint32_t i = 0; i < rows; i++) {
        t->first[i] = count;
        for (uint32_t j = 0; j < columns; j++) {
            t->cost[i][j] = INFINITY;
            if (random_below(3) == 0)
                continue;
            /* Few values, so that there are ties. */
            t->cost[i][j] = 0.25 * random_below(30);
            t->pairs[count++] = (hp_pair){t->cost[i][j], j};
        }
    }
    t->first[rows] = count;
    t->problem = (hp_assignment){rows, columns, t->pairs, t->first, 5};
}

/* The least total from this row on, by trying everything. */
static double least_total(const table *t, uint32_t row, unsigned taken)
{
    if (row == t->problem.row_count)
        return 0;
    double least = t->problem.leave_cost + least_total(t, row + 1, taken);
    for (uint32_t j = 0; j < t->problem.column_count; j++) {
        if (taken >> j & 1 || isinf(t->cost[row][j]))
            continue;
        least = fmin(least, t->cost[row][j] +
                                least_total(t, row + 1, taken | 1u << j));
    }
    return least;
}

static double total_of(const table *t)
{
    double total = 0;
    unsigned taken = 0;

    for (uint32_t i = 0; i < t->problem.row_count; i++) {
        int32_t j = t->column_of_row[i];
        if (j < 0) {
            total += t->problem.leave_cost;
            continue;
        }
        CHECK(!(taken >> j & 1));
        taken |= 1u << j;
        total += t->cost[i][j];
    }
    return total;
}

static void total_is_the_least_of_all(void)
{
    hp_memory memory;
    hp_buffer scratch = {NULL, 0};
    table t;

    hp_memory_init(&memory, NULL, 0);
    for (int run = 0; run < 3000; run++) {
        fill_table(&t, random_below(MOST_ROWS + 1),
                   random_below(MOST_COLUMNS + 1));
        CHECK(hp_assign(&memory, &scratch, &t.problem, t.column_of_row, NULL) ==
              HATPOSE_OK);
        CHECK_MESSAGE(total_of(&t) == least_total(&t, 0, 0), "run %d", run);
    }
    hp_buffer_release(&memory, &scratch);
}

/* Taking the best first would give row 0 its best and row 1 nothing. */
static void best_pair_is_not_taken_first(void)
{
    const hp_pair pairs[] = {{1, 0}, {2, 1}, {1.5, 0}};
    const size_t first[] = {0, 2, 3};
    const hp_assignment problem = {2, 2, pairs, first, 9};
    int32_t column_of_row[2];
    hp_memory memory;
    hp_buffer scratch = {NULL, 0};

    hp_memory_init(&memory, NULL, 0);
    CHECK(hp_assign(&memory, &scratch, &problem, column_of_row, NULL) ==
          HATPOSE_OK);
    CHECK(column_of_row[0] == 1 && column_of_row[1] == 0);
    hp_buffer_release(&memory, &scratch);
}

int main(void)
{
    RUN(total_is_the_least_of_all);
    RUN(best_pair_is_not_taken_first);
    CHECK_EXIT();
}
