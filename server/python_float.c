/* python_float.c - doubles as Python prints them: clients may compare text.
 * The process never sets a locale, so the point is a point. */
#include "python_float.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST_DIGITS = 15, MOST_DIGITS = 17 };

void hps_python_float(double value, char text[HPS_PYTHON_FLOAT_BYTES])
{
    for (int digits = FEWEST_DIGITS; digits <= MOST_DIGITS; digits++) {
        double back;

        snprintf(text, HPS_PYTHON_FLOAT_BYTES, "%.*g", digits, value);
        back = strtod(text, NULL);
        if (back >= value && back <= value)
            break;
    }
    if (strpbrk(text, ".e") == NULL)
        strcat(text, ".0");
}
