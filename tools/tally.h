/* tally.h - how many people, and what is known of their hats. */
#ifndef TALLY_H
#define TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include <hatpose.h>

#include "bytes.h"

typedef struct tally {
    uint64_t people, worn, not_worn, unknown;
    bool judged; /* somebody looked for hats */
} tally;

void tally_add(tally *t, const hatpose_result *result);
void tally_merge(tally *t, const tally *other);
/* "4 people", "1 person", "nobody". */
void tally_people(const tally *t, bytes *out);
/* "2 hat, 1 no hat, 1 unknown", what is 0 left out; colored for terminals. */
void tally_states(const tally *t, bool colored, bytes *out);

#endif
