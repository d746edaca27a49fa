/* tally.c - counts people and lone heads by the state of their hats. In:
 * results. Out: numbers and the words for them. */
#include "tally.h"

#include <inttypes.h>

static void add_state(tally *t, int32_t state)
{
    t->worn += state == HATPOSE_HAT_WORN;
    t->not_worn += state == HATPOSE_HAT_NOT_WORN;
    t->unknown += state == HATPOSE_HAT_UNKNOWN;
}

static void add_people(tally *t, const hatpose_result *result)
{
    uint32_t count = hatpose_result_person_count(result);

    for (uint32_t i = 0; i < count; i++) {
        hatpose_person person = {.struct_size = sizeof person};

        if (hatpose_result_person(result, i, &person) != HATPOSE_OK)
            continue;
        t->people++;
        add_state(t, person.hat_state);
        if (person.hat_state != HATPOSE_HAT_UNKNOWN ||
            person.hat_reason != HATPOSE_REASON_NO_EVIDENCE)
            t->judged = true;
    }
}

void tally_add(tally *t, const hatpose_result *result)
{
    uint32_t count = hatpose_result_head_count(result);

    add_people(t, result);
    for (uint32_t i = 0; i < count; i++) {
        hatpose_head head;

        if (hatpose_result_head(result, i, &head) != HATPOSE_OK ||
            head.person_index >= 0)
            continue;
        t->heads++;
        t->judged = true;
        add_state(t, head.hat_state);
    }
}

bool tally_is_empty(const tally *t)
{
    return t->people == 0 && t->heads == 0;
}

void tally_merge(tally *t, const tally *other)
{
    t->people += other->people;
    t->heads += other->heads;
    t->worn += other->worn;
    t->not_worn += other->not_worn;
    t->unknown += other->unknown;
    t->judged = t->judged || other->judged;
}

void tally_people(const tally *t, bytes *out)
{
    if (tally_is_empty(t))
        bytes_text(out, "nobody");
    if (t->people > 0)
        bytes_print(out, "%" PRIu64 " %s", t->people,
                    t->people == 1 ? "person" : "people");
    if (t->heads > 0)
        bytes_print(out, "%s%" PRIu64 " %s", t->people > 0 ? " and " : "",
                    t->heads, t->heads == 1 ? "head" : "heads");
}

void tally_states(const tally *t, bool colored, bytes *out)
{
    /* blue, orange, grey: also told apart without red and green */
    const struct {
        uint64_t count;
        const char *word, *color;
    } states[] = {{t->worn, "hat", "\033[94m"},
                  {t->not_worn, "no hat", "\033[1;38;5;208m"},
                  {t->unknown, "unknown", "\033[90m"}};
    const char *between = "";

    for (int i = 0; i < 3; i++) {
        if (states[i].count == 0)
            continue;
        bytes_print(out, "%s%s%" PRIu64 " %s%s", between,
                    colored ? states[i].color : "", states[i].count,
                    states[i].word, colored ? "\033[0m" : "");
        between = ", ";
    }
}
