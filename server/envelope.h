/* envelope.h - what the old service wrapped its answers in: code, data,
 * message, keys sorted, one line feed at the end. */
#ifndef HPS_ENVELOPE_H
#define HPS_ENVELOPE_H

#include "buffer.h"

typedef enum hps_code_form { HPS_CODE_TEXT, HPS_CODE_NUMBER } hps_code_form;

/* Elements of data, with commas between them, go between these two. */
void hps_envelope_begin(hps_buffer *body, hps_code_form form);
void hps_envelope_end(hps_buffer *body, const char *message);

void hps_envelope_error(hps_buffer *body, hps_code_form form, int status,
                        const char *message);

#endif
