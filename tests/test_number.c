/* test_number.c - numbers in JSON: rounded, short, and never of a locale. */
#include "result/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static void expect(double value, int decimals, const char *wanted)
{
    char text[HP_NUMBER_BYTES];
    size_t length = hp_number_write(value, decimals, text);

    CHECK_MESSAGE(strcmp(text, wanted) == 0, "'%s' instead of '%s'", text,
                  wanted);
    CHECK(length == strlen(text));
}

static void zeros_that_say_nothing_are_left_out(void)
{
    expect(316, 2, "316");
    expect(318.25, 2, "318.25");
    expect(92.5, 2, "92.5");
    expect(0, 2, "0");
    expect(100, 0, "100");
    expect(1200.03, 2, "1200.03");
    expect(0.0001, 4, "0.0001");
    expect(-0.25, 2, "-0.25");
    expect(-7, 3, "-7");
}

static void rounding_goes_to_the_nearest(void)
{
    expect(0.126, 2, "0.13");
    expect(0.125, 2, "0.13");
    expect(-0.125, 2, "-0.13");
    expect(0.124, 2, "0.12");
    expect(0.999, 2, "1");
    expect(99.996, 2, "100");
    expect(0.5, 0, "1");
    expect(0.1f, 4, "0.1");
    expect(1.0 / 3, 6, "0.333333");
}

static void zero_has_no_sign(void)
{
    expect(-0.0, 2, "0");
    expect(-0.004, 2, "0");
    expect(-0.4, 0, "0");
    expect(-DBL_MIN, 6, "0");
}

static void what_is_not_finite_is_null(void)
{
    expect(NAN, 2, "null");
    expect(INFINITY, 2, "null");
    expect(-INFINITY, 0, "null");
}

static void large_numbers_keep_all_digits(void)
{
    char text[HP_NUMBER_BYTES];

    expect(4294967295.0, 0, "4294967295");
    expect(9007199254740993.0, 0, "9007199254740992.0");
    expect(123456789012.25, 2, "123456789012.25");
    expect(4503599627370497.0, 4, "4503599627370497");
    expect(1e22, 4, "10000000000000000000000.0");
    expect(-1e22, 4, "-10000000000000000000000.0");
    size_t length = hp_number_write(-DBL_MAX, 4, text);
    CHECK(length == 312 && strtod(text, NULL) == -DBL_MAX);
}

/* Any float of a picture comes back to within half of the last place. */
static void floats_come_back(void)
{
    uint32_t state = 1;

    for (int i = 0; i < 200000; i++) {
        char text[HP_NUMBER_BYTES], *end;
        state = state * 1664525u + 1013904223u;
        float value = (float)((int32_t)state) / 65536.0f;
        size_t length = hp_number_write(value, 2, text);
        double back = strtod(text, &end);
        CHECK_MESSAGE(end == text + length && fabs(back - value) <= 0.00500001,
                      "%a became %s", (double)value, text);
    }
}

static void a_decimal_comma_changes_nothing(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE",
                                        "fr_FR.UTF-8", "fr_FR.utf8"};
    size_t i = 0;

    while (i < 5 && setlocale(LC_ALL, names[i]) == NULL)
        i++;
    if (i == 5)
        printf("     (no locale with a decimal comma here)\n");
    expect(318.25, 2, "318.25");
    expect(1234567.5, 2, "1234567.5");
    expect(1e22, 2, "10000000000000000000000.0");
    setlocale(LC_ALL, "C");
}

int main(void)
{
    RUN(zeros_that_say_nothing_are_left_out);
    RUN(rounding_goes_to_the_nearest);
    RUN(zero_has_no_sign);
    RUN(what_is_not_finite_is_null);
    RUN(large_numbers_keep_all_digits);
    RUN(floats_come_back);
    RUN(a_decimal_comma_changes_nothing);
    CHECK_EXIT();
}
