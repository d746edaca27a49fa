/* rank.h - the one order of everything that has a score: the higher score
 * first, among equals the lower index. */
#ifndef HP_RANK_H
#define HP_RANK_H

typedef struct hp_rank {
    double score; /* not NaN */
    int index;    /* each once */
} hp_rank;

/* In place, without recursion, in time n log n, and n where the ranks come
 * with rising indices. spare: room for another `count`. */
void hp_rank_sort(hp_rank *ranks, int count, hp_rank *spare);

#endif
