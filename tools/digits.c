/* digits.c - numbers in results. In: finite numbers. Out: digits. The program
 * never sets a locale, so the point is a point. */
#include "digits.h"

#include <string.h>

enum { PIXEL_DECIMALS = 2, SCORE_DECIMALS = 4 };

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
