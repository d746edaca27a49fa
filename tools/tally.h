/* tally.h - how many people and heads of people whose pose was not found,
 * and what is known of their hats. */
#ifndef TALLY_H
#define TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include <hatpose.h>

#include "bytes.h"

typedef struct tally {
    uint64_t people, heads; /* heads: of no person in the result */
    uint64_t worn, not_worn, unknown;
    bool judged; /* somebody looked for hats */
} tally;

void tally_add(tally *t, const hatpose_result *result);
void tally_merge(tally *t, const tally *other);
bool tally_is_empty(const tally *t); /* nobody at all */
/* "4 people", "1 person and 2 heads", "nobody". */
void tally_people(const tally *t, bytes *out);
/* "2 hat, 1 no hat, 1 unknown", what is 0 left out; colored for terminals. */
void tally_states(const tally *t, bool colored, bytes *out);

#endif
