/* option.c - reads a command line by a table of options. In: arguments. Out:
 * ids and values one by one; a wrong one is told in one line that says what
 * would have been right. */
#include "option.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "heap.h"

enum { LONGEST_GUESS = 32 };

/* Edits (insert, delete, change, swap neighbours) from a to b; words longer
 * than LONGEST_GUESS are far from everything. */
static size_t distance(const char *a, const char *b)
{
    size_t row[3][LONGEST_GUESS + 1];
    size_t a_length = strlen(a), b_length = strlen(b);

    if (a_length > LONGEST_GUESS || b_length > LONGEST_GUESS)
        return LONGEST_GUESS;
    for (size_t j = 0; j <= b_length; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *now = row[i % 3], *above = row[(i + 2) % 3];

        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                a[i - 2] == b[j - 1] && row[(i + 1) % 3][j - 2] + 1 < best)
                best = row[(i + 1) % 3][j - 2] + 1;
            now[j] = best;
        }
    }
    return row[a_length % 3][b_length];
}

const char *option_guess(const char *word, const char *const *words,
                         size_t count)
{
    const char *best = NULL;
    size_t length = strlen(word);
    size_t best_distance = length > 5 ? 3 : length > 2 ? 2 : 1;

    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, words[i]);

        if (length > 2 && strncmp(word, words[i], length) == 0)
            d = 1; /* cut short */
        if (d <= best_distance && (best == NULL || d < best_distance)) {
            best = words[i];
            best_distance = d;
        }
    }
    return best;
}

static int unknown_option(const option_reader *reader, const char *name)
{
    const char *names[64];
    const char *guess;
    size_t count = 0;

    for (const option_spec *s = reader->specs; s->name && count < 64; s++)
        names[count++] = s->name;
    guess = option_guess(name, names, count);
    if (guess != NULL)
        console_usage("unknown option --%s, did you mean --%s?", name, guess);
    else
        console_usage("unknown option --%s", name);
    return OPTION_WRONG;
}

static int long_option(option_reader *reader, const char *text,
                       const char **value)
{
    const char *equals = strchr(text, '=');
    size_t length = equals != NULL ? (size_t)(equals - text) : strlen(text);
    const option_spec *spec = reader->specs;
    char name[LONGEST_GUESS * 2];

    snprintf(name, sizeof name, "%.*s",
             length < sizeof name ? (int)length : (int)sizeof name - 1, text);
    while (spec->name != NULL && strcmp(spec->name, name) != 0)
        spec++;
    if (spec->name == NULL)
        return unknown_option(reader, name);
    snprintf(reader->spelled, sizeof reader->spelled, "--%s", name);
    if (!spec->takes_value && equals != NULL) {
        console_usage("--%s takes no value", name);
        return OPTION_WRONG;
    }
    if (spec->takes_value) {
        *value = equals != NULL ? equals + 1 : *reader->arguments;
        if (*value == NULL) {
            console_usage("--%s wants a value", name);
            return OPTION_WRONG;
        }
        reader->arguments += equals == NULL;
    }
    return spec->id;
}

static int letter_option(option_reader *reader, const char **value)
{
    char letter = *reader->cluster++;
    const option_spec *spec = reader->specs;

    while (spec->name != NULL && spec->letter != letter)
        spec++;
    if (spec->name == NULL) {
        console_usage("unknown option -%c", letter);
        return OPTION_WRONG;
    }
    snprintf(reader->spelled, sizeof reader->spelled, "-%c", letter);
    if (!spec->takes_value)
        return spec->id;
    *value = reader->cluster;
    reader->cluster = "";
    if (**value == '\0') {
        *value = *reader->arguments;
        if (*value == NULL) {
            console_usage("-%c wants a value", letter);
            return OPTION_WRONG;
        }
        reader->arguments++;
    }
    return spec->id;
}

int option_next(option_reader *reader, const char **value)
{
    const char *argument;

    *value = NULL;
    if (reader->cluster != NULL && *reader->cluster != '\0')
        return letter_option(reader, value);
    argument = *reader->arguments;
    if (argument == NULL)
        return OPTION_END;
    reader->arguments++;
    if (reader->only_inputs || argument[0] != '-' || argument[1] == '\0') {
        *value = argument;
        return OPTION_INPUT;
    }
    if (strcmp(argument, "--") == 0) {
        reader->only_inputs = true;
        return option_next(reader, value);
    }
    if (argument[1] == '-')
        return long_option(reader, argument + 2, value);
    reader->cluster = argument + 1;
    return letter_option(reader, value);
}

void option_inputs_add(option_inputs *inputs, const char *name)
{
    inputs->names = heap_grow(inputs->names, &inputs->capacity,
                              inputs->count + 1, sizeof *inputs->names);
    inputs->names[inputs->count++] = name;
}

void option_inputs_release(option_inputs *inputs)
{
    free(inputs->names);
    *inputs = (option_inputs){0};
}

bool option_integer(const option_reader *reader, const char *value, long least,
                    long most, long *out)
{
    char *end;

    errno = 0;
    *out = strtol(value, &end, 10);
    if (end != value && *end == '\0' && errno == 0 && *out >= least &&
        *out <= most)
        return true;
    console_usage("%s %s: wants a whole number from %ld to %ld",
                  reader->spelled, value, least, most);
    return false;
}

bool option_number(const option_reader *reader, const char *value, double least,
                   double most, double *out)
{
    char *end;

    *out = strtod(value, &end);
    if (end != value && *end == '\0' && isfinite(*out) && *out >= least &&
        *out <= most)
        return true;
    console_usage("%s %s: wants a number from %g to %g", reader->spelled, value,
                  least, most);
    return false;
}

bool option_word(const option_reader *reader, const char *value,
                 const char *const *words, int *out)
{
    char list[128];
    size_t used = 0;

    list[0] = '\0';
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(value, words[i]) == 0) {
            *out = i;
            return true;
        }
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
                                 i == 0                 ? ""
                                 : words[i + 1] == NULL ? " or "
                                                        : ", ",
                                 words[i]);
        if (used >= sizeof list)
            used = sizeof list - 1;
    }
    console_usage("%s %s: wants %s", reader->spelled, value, list);
    return false;
}
