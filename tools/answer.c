/* answer.c - what became of one picture. */
#include "answer.h"

#include "heap.h"

char *answer_subject(const answer *a)
{
    if (!a->item->is_stdin)
        return heap_text(a->item->path);
    return a->frame == 0 ? heap_text("stdin")
                         : heap_print("stdin frame %u", a->frame);
}
