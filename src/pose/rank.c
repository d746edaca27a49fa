/* rank.c - sorts one small type: few by merging, many by the digits of their
 * scores. base/sort.h has a heap for any type, and with it a crowd of 30 took
 * a third longer to decode. */
#include "pose/rank.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    DIGIT_BITS = 11,
    DIGIT_VALUES = 1 << DIGIT_BITS,
    DIGITS_PAY = 1000, /* from so many on; about, as measured */
    RUN = 8            /* sorted by insertion */
};

static bool is_before(const hp_rank *a, const hp_rank *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    return a->index < b->index;
}

/* Joins two sorted runs that lie side by side. Which comes next is as good as
 * random: a choice of pointers, not a branch. */
static void merge(const hp_rank *a, const hp_rank *b, const hp_rank *end,
                  hp_rank *out)
{
    const hp_rank *middle = b;

    while (a < middle && b < end) {
        bool second = is_before(b, a);
        *out++ = *(second ? b : a);
        a += !second;
        b += second;
    }
    while (a < middle)
        *out++ = *a++;
    while (b < end)
        *out++ = *b++;
}

static void sort_run(hp_rank *ranks, int count)
{
    for (int i = 1; i < count; i++) {
        hp_rank value = ranks[i];
        int at = i;

        for (; at > 0 && is_before(&value, &ranks[at - 1]); at--)
            ranks[at] = ranks[at - 1];
        ranks[at] = value;
    }
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static void merge_sort(hp_rank *ranks, int count, hp_rank *spare)
{
    hp_rank *from = ranks, *to = spare;

    for (int first = 0; first < count; first += RUN)
        sort_run(ranks + first, least(RUN, count - first));
    for (size_t run = RUN; run < (size_t)count; run *= 2) {
        for (size_t first = 0; first < (size_t)count; first += 2 * run) {
            size_t rest = (size_t)count - first;
            size_t middle = rest < run ? rest : run;
            size_t end = rest < 2 * run ? rest : 2 * run;
            merge(from + first, from + first + middle, from + first + end,
                  to + first);
        }
        hp_rank *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != ranks)
        memcpy(ranks, from, (size_t)count * sizeof *ranks);
}

/* Rises where the score falls. */
static uint64_t key_of(double score)
{
    const uint64_t sign = (uint64_t)1 << 63;
    uint64_t bits;

    score += 0.0; /* -0 equals 0 */
    memcpy(&bits, &score, sizeof bits);
    return (bits & sign) != 0 ? bits : ~(bits | sign);
}

/* By one digit of the keys, stable; false when all have the same one. */
static bool sort_digit(const hp_rank *ranks, int count, int shift, hp_rank *out)
{
    int next[DIGIT_VALUES] = {0};
    int sum = 0;

    for (int i = 0; i < count; i++)
        next[(key_of(ranks[i].score) >> shift) % DIGIT_VALUES]++;
    if (next[(key_of(ranks[0].score) >> shift) % DIGIT_VALUES] == count)
        return false;
    for (int digit = 0; digit < DIGIT_VALUES; digit++) {
        int here = next[digit];
        next[digit] = sum;
        sum += here;
    }
    for (int i = 0; i < count; i++)
        out[next[(key_of(ranks[i].score) >> shift) % DIGIT_VALUES]++] =
            ranks[i];
    return true;
}

/* Runs of equal scores by their indices; most are in order already. */
static void sort_equals(hp_rank *ranks, int count, hp_rank *spare)
{
    for (int first = 0, end; first < count; first = end) {
        bool rising = true;

        for (end = first + 1;
             end < count && ranks[end].score == ranks[first].score; end++)
            rising = rising && ranks[end].index > ranks[end - 1].index;
        if (!rising)
            merge_sort(ranks + first, end - first, spare);
    }
}

void hp_rank_sort(hp_rank *ranks, int count, hp_rank *spare)
{
    hp_rank *from = ranks, *to = spare;

    if (count < DIGITS_PAY) {
        merge_sort(ranks, count, spare);
        return;
    }
    for (int shift = 0; shift < 64; shift += DIGIT_BITS) {
        if (sort_digit(from, count, shift, to)) {
            hp_rank *sorted = to;
            to = from;
            from = sorted;
        }
    }
    if (from != ranks)
        memcpy(ranks, from, (size_t)count * sizeof *ranks);
    sort_equals(ranks, count, spare);
}
