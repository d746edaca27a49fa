/* json_text.h - JSON from clients: bounded, then read. */
#ifndef HPS_JSON_TEXT_H
#define HPS_JSON_TEXT_H

#include <jansson.h>

#include "call.h"

/* The body as an object that the caller releases. NULL: the reply tells what
 * is wrong: no JSON content type, no JSON, no object, nested too deep, too
 * many values. */
json_t *hps_json_body(const hps_call *call);

/* The letters of a string of that object. Long ones stay in the body, where
 * jansson does not have to go over them; false: no string. */
bool hps_json_string(const hps_call *call, const json_t *value,
                     const char **text, size_t *count);

/* Any JSON value: a form's part, a parameter of the query. */
json_t *hps_json_value(const hps_call *call, const char *text, size_t count);

#endif
