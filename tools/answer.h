/* answer.h - what became of one picture. */
#ifndef ANSWER_H
#define ANSWER_H

#include <hatpose.h>

#include "source.h"

typedef struct answer {
    const source *item;
    size_t item_index;
    uint32_t frame;               /* in a stream; else 0 */
    const hatpose_result *result; /* without weak joints; NULL: failed */
    const hatpose_result *whole;  /* as found: what --blur hides */
    const hatpose_error *error;   /* of a failed one */
} answer;

/* "a.jpg", "stdin", "stdin frame 3": what the user reads. The caller frees
 * it. */
char *answer_subject(const answer *a);

#endif
