/* option.h - reads a command line by a table of options. */
#ifndef OPTION_H
#define OPTION_H

#include <stdbool.h>
#include <stddef.h>

typedef struct option_spec {
    const char *name; /* without its dashes */
    char letter;      /* 0: none */
    bool takes_value;
    int id; /* positive */
} option_spec;

enum { OPTION_END = 0, OPTION_INPUT = -1, OPTION_WRONG = -2 };

typedef struct option_reader {
    const option_spec *specs; /* the last one has no name */
    char **arguments;         /* ends with NULL */
    const char *cluster;      /* rest of "-qv" */
    bool only_inputs;         /* after "--" */
    char spelled[72];         /* the option as the user wrote it */
} option_reader;

/* The next option's id, OPTION_INPUT, or OPTION_END. OPTION_WRONG: the user
 * was told. *value is an input or an option's value. */
int option_next(option_reader *reader, const char **value);

/* Inputs are looked up when all options are known: the last one may say
 * how. */
typedef struct option_inputs {
    const char **names;
    size_t count, capacity;
} option_inputs;

void option_inputs_add(option_inputs *inputs, const char *name);
void option_inputs_release(option_inputs *inputs);

/* The value of the option just read; false: the user was told. */
bool option_integer(const option_reader *reader, const char *value, long least,
                    long most, long *out);
bool option_number(const option_reader *reader, const char *value, double least,
                   double most, double *out);
/* The index of value among `words`, which end with NULL. */
bool option_word(const option_reader *reader, const char *value,
                 const char *const *words, int *out);

/* What the user may have meant among `words`, or NULL. */
const char *option_guess(const char *word, const char *const *words,
                         size_t count);

#endif
