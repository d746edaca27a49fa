/* golden.c - reads test vectors. Vectors are ours, yet a broken copy must
 * fail with a line that names the file. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static bool open_folder(golden_set *set, const char *root, const char *below)
{
    char path[600];
    json_error_t error;

    if (snprintf(set->folder, sizeof set->folder, "%s%s", root, below) >=
        (int)sizeof set->folder)
        return false;
    snprintf(path, sizeof path, "%s/index.json", set->folder);
    set->index = json_load_file(path, 0, &error);
    return set->index != NULL;
}

bool golden_open(golden_set *set)
{
    const char *shared = getenv("HATPOSE_SHARED");

    memset(set, 0, sizeof *set);
    if (shared == NULL || *shared == '\0')
        shared = HP_SHARED_DIR;
    set->complete = open_folder(set, shared, "/golden/algo");
    if (!set->complete && !open_folder(set, HP_TEST_DIR, "/golden")) {
        CHECK_MESSAGE(false, "%s/index.json cannot be read", set->folder);
        return false;
    }
    printf("vectors: %s\n", set->complete
                                ? "all"
                                : "those without photos; the rest needs "
                                  "HATPOSE_SHARED");
    return true;
}

void golden_close(golden_set *set)
{
    json_decref(set->index);
    set->index = NULL;
}

json_t *golden_cases(const golden_set *set, const char *group)
{
    return json_object_get(json_object_get(set->index, "cases"), group);
}

const char *golden_name(const json_t *test_case)
{
    const char *name = json_string_value(json_object_get(test_case, "name"));

    return name != NULL ? name : "unnamed";
}

double golden_number(const json_t *test_case, const char *key)
{
    const json_t *value = json_object_get(test_case, key);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

double golden_element(const json_t *test_case, const char *key, size_t i)
{
    const json_t *value = json_array_get(json_object_get(test_case, key), i);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static uint64_t little_endian(const uint8_t *bytes, int count)
{
    uint64_t value = 0;

    for (int i = count - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static float half_to_float(uint64_t half)
{
    int exponent = (int)(half >> 10 & 31);
    float mantissa = (float)(half & 1023);
    float value = exponent == 0    ? ldexpf(mantissa, -24)
                  : exponent == 31 ? (mantissa == 0 ? INFINITY : NAN)
                                   : ldexpf(mantissa + 1024, exponent - 25);

    return half >> 15 ? -value : value;
}

/* Reads one element of the file's type into the array's own. */
static void put_element(golden_array *array, size_t i, const uint8_t *bytes,
                        int element_bytes)
{
    uint64_t bits = little_endian(bytes, element_bytes);
    uint32_t low = (uint32_t)bits;

    if (array->u8 != NULL)
        array->u8[i] = (uint8_t)bits;
    else if (array->i32 != NULL)
        memcpy(&array->i32[i], &low, sizeof low);
    else if (array->f64 != NULL)
        memcpy(&array->f64[i], &bits, sizeof bits);
    else if (element_bytes == 2)
        array->f32[i] = half_to_float(bits);
    else
        memcpy(&array->f32[i], &low, sizeof low);
}

/* Bytes an element in the file, 0 for an unknown type. */
static int allocate(golden_array *array, const char *type)
{
    if (strcmp(type, "u8") == 0) {
        array->u8 = calloc(array->count, sizeof *array->u8);
        return array->u8 != NULL ? 1 : 0;
    }
    if (strcmp(type, "i32") == 0) {
        array->i32 = calloc(array->count, sizeof *array->i32);
        return array->i32 != NULL ? 4 : 0;
    }
    if (strcmp(type, "f64") == 0) {
        array->f64 = calloc(array->count, sizeof *array->f64);
        return array->f64 != NULL ? 8 : 0;
    }
    if (strcmp(type, "f16") != 0 && strcmp(type, "f32") != 0)
        return 0;
    array->f32 = calloc(array->count, sizeof *array->f32);
    return array->f32 == NULL ? 0 : type[1] == '1' ? 2 : 4;
}

static bool read_elements(golden_array *array, const char *path,
                          int element_bytes)
{
    FILE *file = fopen(path, "rb");
    size_t i = 0;
    uint8_t bytes[8];

    if (file == NULL)
        return false;
    while (i < array->count &&
           fread(bytes, (size_t)element_bytes, 1, file) == 1)
        put_element(array, i++, bytes, element_bytes);
    bool whole = i == array->count && fgetc(file) == EOF;
    fclose(file);
    return whole;
}

bool golden_load(const golden_set *set, const json_t *test_case,
                 const char *key, golden_array *out)
{
    const json_t *array = json_object_get(test_case, key);
    const char *file = json_string_value(json_object_get(array, "file"));
    const char *type = json_string_value(json_object_get(array, "dtype"));
    const json_t *shape = json_object_get(array, "shape");
    char path[600];

    memset(out, 0, sizeof *out);
    if (file == NULL || type == NULL || json_array_size(shape) > 4) {
        fprintf(stderr, "%s: no array %s\n", golden_name(test_case), key);
        return false;
    }
    out->count = 1;
    out->rank = (int)json_array_size(shape);
    for (int i = 0; i < 4; i++) {
        out->shape[i] =
            i < out->rank
                ? (int)json_integer_value(json_array_get(shape, (size_t)i))
                : 1;
        out->count *= (size_t)out->shape[i];
    }
    int element_bytes = allocate(out, type);
    snprintf(path, sizeof path, "%s/%s", set->folder, file);
    if (element_bytes == 0 || !read_elements(out, path, element_bytes)) {
        fprintf(stderr, "%s: not %zu elements of %s\n", path, out->count, type);
        golden_unload(out);
        return false;
    }
    return true;
}

void golden_unload(golden_array *array)
{
    free(array->u8);
    free(array->i32);
    free(array->f32);
    free(array->f64);
    memset(array, 0, sizeof *array);
}
