/* number.c - numbers as JSON wants them, whatever the locale. */
#include "result/number.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

/* Above this a double has no decimals left, and readers of whole numbers in
 * 64 bits are told by ".0" that it is none. */
static const double exact_limit = 9007199254740992.0; /* 2^53 */

/* "%.0f" has no decimal point that a locale could change, and snprintf groups
 * no digits unless it is asked to. */
static size_t write_large(double value, char *text)
{
    return (size_t)snprintf(text, HP_NUMBER_BYTES, "%.0f%s", value,
                            fabs(value) < exact_limit ? "" : ".0");
}

size_t hp_number_write(double value, int decimals, char text[HP_NUMBER_BYTES])
{
    static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

    assert(decimals >= 0 && decimals <= HP_NUMBER_MAX_DECIMALS);
    if (!isfinite(value))
        return (size_t)snprintf(text, HP_NUMBER_BYTES, "null");
    double scaled = round(fabs(value) * powers[decimals]);
    if (!(scaled < exact_limit))
        return write_large(value, text);
    uint64_t digits = (uint64_t)scaled;
    uint32_t power = powers[decimals];
    const char *sign = value < 0 && digits > 0 ? "-" : "";
    uint64_t fraction = digits % power;
    if (fraction == 0)
        return (size_t)snprintf(text, HP_NUMBER_BYTES, "%s%" PRIu64, sign,
                                digits / power);
    while (fraction % 10 == 0) {
        fraction /= 10;
        decimals--;
    }
    return (size_t)snprintf(text, HP_NUMBER_BYTES, "%s%" PRIu64 ".%0*" PRIu64,
                            sign, digits / power, decimals, fraction);
}
