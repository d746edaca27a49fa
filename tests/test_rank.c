/* test_rank.c - the one order: higher scores first, among equals the lower
 * index. */
#include "pose/rank.h"

#include <math.h>
#include <stdint.h>

#include "check.h"

enum { MOST = 300 };

static void every_count_is_sorted_and_ties_go_by_index(void)
{
    uint32_t state = 1;

    for (int count = 0; count <= MOST; count++) {
        hp_rank ranks[MOST];
        int sum = 0;
        for (int i = 0; i < count; i++) {
            state = state * 1664525U + 1013904223U;
            /* Few values, so that most are equal to others. */
            ranks[i] = (hp_rank){(double)(state >> 29) - 3, count - 1 - i};
        }
        hp_rank_sort(ranks, count);
        for (int i = 0; i < count; i++) {
            sum += ranks[i].index;
            CHECK(i == 0 || ranks[i].score < ranks[i - 1].score ||
                  (ranks[i].score == ranks[i - 1].score &&
                   ranks[i].index > ranks[i - 1].index));
        }
        CHECK(sum == count * (count - 1) / 2);
    }
}

static void infinite_scores_have_their_place(void)
{
    hp_rank ranks[] = {{1, 0}, {-INFINITY, 1}, {INFINITY, 2}, {1e308, 3}};

    hp_rank_sort(ranks, 4);
    CHECK(ranks[0].index == 2 && ranks[1].index == 3);
    CHECK(ranks[2].index == 0 && ranks[3].index == 1);
}

int main(void)
{
    RUN(every_count_is_sorted_and_ties_go_by_index);
    RUN(infinite_scores_have_their_place);
    CHECK_EXIT();
}
