/* test_rank.c - the one order: higher scores first, among equals the lower
 * index. */
#include "pose/rank.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check.h"

enum { MOST = 300, MANY = 5000 };

static void every_count_is_sorted_and_ties_go_by_index(void)
{
    uint32_t state = 1;

    for (int count = 0; count <= MOST; count++) {
        hp_rank ranks[MOST], spare[MOST];
        int sum = 0;
        for (int i = 0; i < count; i++) {
            state = state * 1664525U + 1013904223U;
            /* Few values, so that most are equal to others. */
            ranks[i] = (hp_rank){(double)(state >> 29) - 3, count - 1 - i};
        }
        hp_rank_sort(ranks, count, spare);
        for (int i = 0; i < count; i++) {
            sum += ranks[i].index;
            CHECK(i == 0 || ranks[i].score < ranks[i - 1].score ||
                  (ranks[i].score == ranks[i - 1].score &&
                   ranks[i].index > ranks[i - 1].index));
        }
        CHECK(sum == count * (count - 1) / 2);
    }
}

/* Many are sorted by another way: as few, and in the same order. */
static void many_are_sorted_as_few(void)
{
    static hp_rank ranks[MANY], spare[MANY];
    static bool seen[MANY];
    uint32_t state = 1;

    for (int kind = 0; kind < 4; kind++) {
        memset(seen, 0, sizeof seen);
        for (int i = 0; i < MANY; i++) {
            state = state * 1664525U + 1013904223U;
            double score = (double)state - 2e9;
            if (kind == 1) /* few values */
                score = (double)(state >> 29) - 3;
            if (kind == 2) /* near to each other */
                score = 1 + (double)(state >> 20) * 0x1p-52;
            if (kind == 3)
                score = state % 2 == 0 ? 0.0 : -0.0;
            ranks[i] = (hp_rank){score, kind == 1 ? MANY - 1 - i : i};
        }
        hp_rank_sort(ranks, MANY, spare);
        for (int i = 0; i < MANY; i++) {
            CHECK(!seen[ranks[i].index]);
            seen[ranks[i].index] = true;
            CHECK(i == 0 || ranks[i].score < ranks[i - 1].score ||
                  (ranks[i].score == ranks[i - 1].score &&
                   ranks[i].index > ranks[i - 1].index));
        }
    }
}

static void infinite_scores_have_their_place(void)
{
    hp_rank ranks[] = {{1, 0}, {-INFINITY, 1}, {INFINITY, 2}, {1e308, 3}};
    hp_rank spare[4];

    hp_rank_sort(ranks, 4, spare);
    CHECK(ranks[0].index == 2 && ranks[1].index == 3);
    CHECK(ranks[2].index == 0 && ranks[3].index == 1);
}

int main(void)
{
    RUN(every_count_is_sorted_and_ties_go_by_index);
    RUN(many_are_sorted_as_few);
    RUN(infinite_scores_have_their_place);
    CHECK_EXIT();
}
