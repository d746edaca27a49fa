/* envelope.c - what the old service wrapped its answers in. Compact, as it
 * was without debugging; with it the same was indented. */
#include "envelope.h"

static void begin(hps_buffer *body, hps_code_form form, int status)
{
    const char *quote = form == HPS_CODE_TEXT ? "\"" : "";

    hps_buffer_print(body, "{\"code\":%s%d%s,\"data\":[", quote, status, quote);
}

void hps_envelope_begin(hps_buffer *body, hps_code_form form)
{
    begin(body, form, 200);
}

void hps_envelope_end(hps_buffer *body, const char *message)
{
    hps_buffer_text(body, "],\"message\":\"");
    hps_buffer_json(body, message);
    hps_buffer_text(body, "\"}\n");
}

void hps_envelope_error(hps_buffer *body, hps_code_form form, int status,
                        const char *message)
{
    begin(body, form, status);
    hps_envelope_end(body, message);
}
