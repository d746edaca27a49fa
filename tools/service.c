/* service.c - answers as the old hard-hat service gave them. In: results of
 * the rule COMPAT. Out: version 3's JSON, keys sorted, people without a
 * visible head or with a tiny box left out. */
#include "service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

/* Both limits are the service's, on the unrounded rate. */
static const double least_rate = 0.001;

enum { FEWEST_DIGITS = 15, MOST_DIGITS = 17, NUMBER_BYTES = 64 };

/* As Python prints a float of this size: the shortest digits that read back,
 * always with a point. */
static void append_float(bytes *out, double value)
{
    char text[NUMBER_BYTES];

    for (int digits = FEWEST_DIGITS; digits <= MOST_DIGITS; digits++) {
        double back;

        snprintf(text, sizeof text, "%.*g", digits, value);
        back = strtod(text, NULL);
        if (back >= value && back <= value)
            break;
    }
    bytes_text(out, text);
    if (strpbrk(text, ".e") == NULL)
        bytes_text(out, ".0");
}

/* Five decimals, then a percentage: the service's own order. */
static double percentage(double rate)
{
    char text[NUMBER_BYTES];

    snprintf(text, sizeof text, "%.5f", rate);
    return strtod(text, NULL) * 100;
}

static void append_people(bytes *out, const hatpose_result *result)
{
    uint32_t count = hatpose_result_person_count(result);
    const char *between = "";

    for (uint32_t i = 0; i < count; i++) {
        hatpose_person p = {.struct_size = sizeof p};

        hatpose_result_person(result, i, &p);
        if (p.area_rate < least_rate)
            continue;
        bytes_print(out, "%s{\"flag\":%s,\"rate\":", between,
                    p.hat_state == HATPOSE_HAT_WORN ? "true" : "false");
        append_float(out, percentage(p.area_rate));
        bytes_print(out, ",\"x1\":%d,\"x2\":%d,\"y1\":%d,\"y2\":%d}",
                    p.compat_x1, p.compat_x2, p.compat_y1, p.compat_y2);
        between = ",";
    }
}

void service_append(bytes *out, const answer *a)
{
    if (a->result == NULL) {
        bytes_text(out, "{\"code\":\"400\",\"data\":[],\"message\":");
        escape_for_json(out, a->error->message);
        bytes_text(out, "}\n");
        return;
    }
    bytes_text(out, "{\"code\":\"200\",\"data\":[");
    append_people(out, a->result);
    bytes_text(out, "],\"message\":\"Success\"}\n");
}
