/* test_golden.c - every vector of the index can be read, with its size. */
#include "golden.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static int read_arrays(const golden_set *set, const json_t *test_case)
{
    const char *key;
    json_t *value;
    int count = 0;

    json_object_foreach((json_t *)test_case, key, value)
    {
        golden_array array;

        if (json_object_get(value, "file") == NULL)
            continue;
        CHECK_MESSAGE(golden_load(set, test_case, key, &array), "%s %s",
                      golden_name(test_case), key);
        CHECK(array.count > 0);
        golden_unload(&array);
        count++;
    }
    return count;
}

static void read_set(golden_set *set)
{
    const char *group;
    json_t *cases;
    const json_t *test_case;
    size_t i;
    int count = 0;

    json_object_foreach(json_object_get(set->index, "cases"), group, cases)
        json_array_foreach(cases, i, test_case) count +=
        read_arrays(set, test_case);
    CHECK_MESSAGE(count >= 70, "%d arrays", count);
}

static void all_vectors_can_be_read(void)
{
    golden_set set;

    CHECK(golden_open(&set));
    read_set(&set);
    golden_close(&set);
}

static void copy_serves_where_the_full_set_is_absent(void)
{
    golden_set set;

    setenv("HATPOSE_SHARED", "/nonexistent", 1);
    CHECK(golden_open(&set) && !set.complete);
    read_set(&set);
    CHECK(json_array_size(golden_cases(&set, "c_peaks")) == 15);
    CHECK(json_array_size(golden_cases(&set, "e_end_to_end")) == 0);
    golden_close(&set);
}

static void numbers_and_elements_are_found(void)
{
    json_error_t error;
    json_t *test_case = json_loads("{\"factor\":2,\"p\":[0.5,7]}", 0, &error);

    CHECK(golden_number(test_case, "factor") == 2);
    CHECK(golden_element(test_case, "p", 1) == 7);
    CHECK(isnan(golden_number(test_case, "absent")));
    CHECK(isnan(golden_element(test_case, "p", 2)));
    CHECK(strcmp(golden_name(test_case), "unnamed") == 0);
    json_decref(test_case);
}

int main(void)
{
    RUN(all_vectors_can_be_read);
    RUN(copy_serves_where_the_full_set_is_absent);
    RUN(numbers_and_elements_are_found);
    CHECK_EXIT();
}
