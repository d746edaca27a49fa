/* digits.c - numbers in results. In: finite numbers. Out: digits. The program
 * never sets a locale, so the point is a point. */
#include "digits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIXEL_DECIMALS = 2, SCORE_DECIMALS = 4 };
/* Six digits at least: fewer would turn 20 into 2e+01. */
enum { FEWEST_DIGITS = 6, FLOAT_DIGITS = 9, DOUBLE_DIGITS = 17 };
enum { DIGITS_BYTES = 40 };

static void put_rounded(bytes *out, double value, int decimals)
{
    size_t start = out->count;

    bytes_print(out, "%.*f", decimals, value);
    while (out->data[out->count - 1] == '0')
        out->count--;
    if (out->data[out->count - 1] == '.')
        out->count--;
    out->data[out->count] = '\0';
    if (strcmp(out->data + start, "-0") == 0) {
        out->count = start;
        bytes_text(out, "0");
    }
}

void digits_px(bytes *out, double value)
{
    put_rounded(out, value, PIXEL_DECIMALS);
}

void digits_score(bytes *out, double value)
{
    put_rounded(out, value, SCORE_DECIMALS);
}

void digits_float(bytes *out, float value)
{
    char text[DIGITS_BYTES];

    for (int digits = FEWEST_DIGITS; digits <= FLOAT_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) >= value && strtof(text, NULL) <= value)
            break;
    }
    bytes_text(out, text);
}

void digits_double(bytes *out, double value)
{
    char text[DIGITS_BYTES];

    for (int digits = FEWEST_DIGITS; digits <= DOUBLE_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) >= value && strtod(text, NULL) <= value)
            break;
    }
    bytes_text(out, text);
}
