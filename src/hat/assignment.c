/* assignment.c - shortest augmenting paths (Jonker and Volgenant's way) over
 * the few pairs that there are. Each row may also stay alone at leave_cost.
 * A search only walks over rows and columns that are joined by pairs, so
 * groups of people that share no hat do not touch each other. */
#include "hat/assignment.h"

#include <math.h>
#include <string.h>

typedef struct search {
    const hp_assignment *problem;
    int32_t *column_of_row;
    int32_t *row_of_column; /* -1 = free */
    int32_t *row_before;    /* of a reached column: whence it was reached */
    uint32_t *reached;      /* columns, in the order they were reached */
    uint32_t reached_count;
    double *row_price, *column_price;
    double *distance; /* of columns; INFINITY = not reached */
    bool *is_settled; /* of columns */
} search;

/* ---- Memory ----------------------------------------------------------- */

static bool add_bytes(size_t *total, size_t count, size_t element_bytes)
{
    size_t bytes;

    return hp_size_multiply(count, element_bytes, &bytes) &&
           hp_size_add(*total, bytes, total);
}

static hatpose_status reserve(hp_memory *memory, hp_buffer *scratch,
                              const hp_assignment *problem, search *out,
                              hatpose_error *err)
{
    size_t rows = problem->row_count, columns = problem->column_count;
    /* One more than needed: there is a block even for nobody. */
    size_t bytes = 1;

    if (!add_bytes(&bytes, rows, sizeof(double)) ||
        !add_bytes(&bytes, columns,
                   2 * sizeof(double) + 2 * sizeof(int32_t) + sizeof(uint32_t) +
                       sizeof(bool)))
        bytes = SIZE_MAX;
    hatpose_status status =
        hp_buffer_reserve(memory, scratch, bytes, "assignment of hats", err);
    if (status != HATPOSE_OK)
        return status;
    /* The widest elements first, so that each array is aligned. */
    memset(scratch->data, 0, bytes);
    out->row_price = scratch->data;
    out->column_price = out->row_price + rows;
    out->distance = out->column_price + columns;
    out->row_of_column = (int32_t *)(void *)(out->distance + columns);
    out->row_before = out->row_of_column + columns;
    out->reached = (uint32_t *)(void *)(out->row_before + columns);
    out->is_settled = (bool *)(void *)(out->reached + columns);
    return HATPOSE_OK;
}

/* ---- One search ------------------------------------------------------- */

/* A way to the end of a search: a free column, or a row left alone. */
typedef struct ending {
    double distance;
    int32_t row;    /* that stays alone, or -1 */
    int32_t column; /* that was free, or -1 */
} ending;

/* Reaches the columns of a row that lies `so_far` from the start. */
static void relax(search *s, int32_t row, double so_far, ending *alone)
{
    const hp_assignment *problem = s->problem;
    double base = so_far - s->row_price[row];

    if (base + problem->leave_cost < alone->distance) {
        alone->distance = base + problem->leave_cost;
        alone->row = row;
    }
    for (size_t i = problem->first[row]; i < problem->first[row + 1]; i++) {
        uint32_t column = problem->pairs[i].column;
        double d = base + problem->pairs[i].cost - s->column_price[column];
        if (s->is_settled[column] || !(d < s->distance[column]))
            continue;
        if (isinf(s->distance[column]))
            s->reached[s->reached_count++] = column;
        s->distance[column] = d;
        s->row_before[column] = row;
    }
}

/* The nearest column that is reached and not settled; -1: none. */
static int32_t nearest_column(const search *s)
{
    int32_t nearest = -1;

    for (uint32_t i = 0; i < s->reached_count; i++) {
        uint32_t column = s->reached[i];
        if (!s->is_settled[column] &&
            (nearest < 0 || s->distance[column] < s->distance[nearest]))
            nearest = (int32_t)column;
    }
    return nearest;
}

static ending find_end(search *s, int32_t row)
{
    ending alone = {INFINITY, -1, -1};

    relax(s, row, 0, &alone);
    for (;;) {
        int32_t column = nearest_column(s);
        if (column < 0 || alone.distance < s->distance[column])
            return alone;
        s->is_settled[column] = true;
        if (s->row_of_column[column] < 0)
            return (ending){s->distance[column], -1, column};
        relax(s, s->row_of_column[column], s->distance[column], &alone);
    }
}

/* Keeps the reduced costs at 0 or above for the next search. */
static void update_prices(search *s, int32_t start, double end_distance)
{
    s->row_price[start] += end_distance;
    for (uint32_t i = 0; i < s->reached_count; i++) {
        uint32_t column = s->reached[i];
        double saved = end_distance - s->distance[column];
        if (!s->is_settled[column] || saved < 0)
            continue;
        s->column_price[column] -= saved;
        if (s->row_of_column[column] >= 0)
            s->row_price[s->row_of_column[column]] += saved;
    }
}

/* Each row on the way gives up its column for the one found. */
static void turn_over(search *s, int32_t start, const ending *end)
{
    int32_t column = end->column;

    if (end->row >= 0) {
        column = s->column_of_row[end->row];
        s->column_of_row[end->row] = -1;
        if (end->row == start)
            return;
    }
    for (;;) {
        int32_t row = s->row_before[column];
        int32_t given_up = s->column_of_row[row];
        s->column_of_row[row] = column;
        s->row_of_column[column] = row;
        if (row == start)
            return;
        column = given_up;
    }
}

static void forget(search *s)
{
    for (uint32_t i = 0; i < s->reached_count; i++) {
        s->distance[s->reached[i]] = INFINITY;
        s->is_settled[s->reached[i]] = false;
    }
    s->reached_count = 0;
}

hatpose_status hp_assign(hp_memory *memory, hp_buffer *scratch,
                         const hp_assignment *problem, int32_t *column_of_row,
                         hatpose_error *err)
{
    search s = {.problem = problem, .column_of_row = column_of_row};
    hatpose_status status = reserve(memory, scratch, problem, &s, err);

    if (status != HATPOSE_OK)
        return status;
    for (uint32_t j = 0; j < problem->column_count; j++) {
        s.row_of_column[j] = -1;
        s.distance[j] = INFINITY;
    }
    for (uint32_t i = 0; i < problem->row_count; i++)
        column_of_row[i] = -1;
    for (int32_t i = 0; i < (int32_t)problem->row_count; i++) {
        ending end = find_end(&s, i);
        update_prices(&s, i, end.distance);
        turn_over(&s, i, &end);
        forget(&s);
    }
    return HATPOSE_OK;
}
