/* golden.h - test vectors: arrays in raw files, described by an index.json.
 * The full set lies at $HATPOSE_SHARED/golden/algo (../shared unless set);
 * tests/golden holds those of it that show no photo. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

typedef struct golden_set {
    json_t *index;
    char folder[512];
    bool complete; /* false: the copy without photos */
} golden_set;

/* Exactly one of the pointers is set, as the file's type says; 16-bit
 * floats are widened. Axes as in the index, unused ones 1. */
typedef struct golden_array {
    uint8_t *u8;
    int32_t *i32;
    float *f32;
    double *f64;
    size_t count;
    int rank, shape[4];
} golden_array;

/* Opens the full set, or the copy, and says which. False: neither reads, which
 * is a failed check. */
bool golden_open(golden_set *set);
void golden_close(golden_set *set);

/* The cases of a group, such as "c_peaks": a JSON array, empty when the copy
 * has none of it. Borrowed. */
json_t *golden_cases(const golden_set *set, const char *group);

/* Loads case[key]; false (and a line on stderr) when it is no sound array. */
bool golden_load(const golden_set *set, const json_t *test_case,
                 const char *key, golden_array *out);
void golden_unload(golden_array *array);

const char *golden_name(const json_t *test_case);
double golden_number(const json_t *test_case, const char *key);
/* case[key][i] of an array of numbers. */
double golden_element(const json_t *test_case, const char *key, size_t i);

#endif
