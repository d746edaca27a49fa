/* service.c - answers as the old hard-hat service gave them. In: results of
 * the rule COMPAT. Out: version 3's JSON. */
#include "service.h"

#include "escape.h"
#include "old_answer.h"

void service_append(bytes *out, const answer *a)
{
    hps_buffer text = {0};

    if (a->result == NULL) {
        bytes_text(out, "{\"code\":\"400\",\"data\":[],\"message\":");
        escape_for_json(out, a->error->message);
        bytes_text(out, "}\n");
        return;
    }
    hps_old_answer(&text, a->result, HPS_OLD_HATS_V3, 0);
    bytes_take(out, &text);
}
