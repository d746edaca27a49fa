/* old_answer.c - POST / of the hard-hat service: its answer. In: people that
 * the rule COMPAT has judged. Out: its JSON, keys sorted, numbers as Python
 * prints them. Version 3 leaves out people without a visible head or with a
 * tiny box; version 6 does not, and knows clothes too. */
#include "old_answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "envelope.h"
#include "python_float.h"

/* On the unrounded rate. */
static const double least_rate = 0.001;

static bool has_box(const hatpose_person *person)
{
    return person->compat_x2 > 0; /* it is around joints at x > 0 */
}

/* Five decimals, then a percentage: the service's own order. */
static void write_rate(hps_buffer *body, double rate)
{
    char text[HPS_PYTHON_FLOAT_BYTES];

    snprintf(text, sizeof text, "%.5f", rate);
    hps_python_float(strtod(text, NULL) * 100, text);
    hps_buffer_text(body, text);
}

static void write_box(hps_buffer *body, const hatpose_person *p)
{
    hps_buffer_print(body, ",\"x1\":%d,\"x2\":%d,\"y1\":%d,\"y2\":%d}",
                     p->compat_x1, p->compat_x2, p->compat_y1, p->compat_y2);
}

/* Numbers that were never computed are Python's whole ones: 0, and 1 where
 * nobody looked for clothes. */
static void write_score(hps_buffer *body, const hatpose_person *p,
                        hps_old_kind kind, uint32_t box_count)
{
    char text[HPS_PYTHON_FLOAT_BYTES];

    if (kind != HPS_OLD_CLOTHES_V6) {
        hps_buffer_text(body, ",\"score\":1");
    } else if (box_count == 0 || !(p->hat_score > 0)) {
        hps_buffer_text(body, ",\"score\":0");
    } else {
        hps_python_float(p->hat_score, text);
        hps_buffer_print(body, ",\"score\":%s", text);
    }
}

static void write_person(hps_buffer *body, const hatpose_person *p,
                         hps_old_kind kind, uint32_t box_count)
{
    bool worn = p->hat_state == HATPOSE_HAT_WORN;

    hps_buffer_print(body, "{\"flag\":%s,\"rate\":", worn ? "true" : "false");
    if ((kind == HPS_OLD_HATS_V6 || kind == HPS_OLD_HATS_V3) &&
        p->area_rate >= 0)
        write_rate(body, p->area_rate);
    else
        hps_buffer_text(body, "0");
    if (kind != HPS_OLD_HATS_V3)
        write_score(body, p, kind, box_count);
    write_box(body, p);
}

void hps_old_answer(hps_buffer *body, const hatpose_result *result,
                    hps_old_kind kind, uint32_t box_count)
{
    uint32_t count = hatpose_result_person_count(result);
    const char *between = "";

    hps_envelope_begin(body, HPS_CODE_TEXT);
    for (uint32_t i = 0; i < count; i++) {
        hatpose_person p = {.struct_size = sizeof p};

        hatpose_result_person(result, i, &p);
        if (!has_box(&p) ||
            (kind == HPS_OLD_HATS_V3 && p.area_rate < least_rate))
            continue;
        hps_buffer_text(body, between);
        write_person(body, &p, kind, box_count);
        between = ",";
    }
    hps_envelope_end(body, "Success");
}
