/* json.h - a result as the native JSON line (without file and frame). */
#ifndef HP_JSON_H
#define HP_JSON_H

#include "result/result.h"

/* Writes at most capacity bytes with the final zero; *needed is the size of
 * all of it, zero included. Numbers do not depend on the locale. */
hatpose_status hp_result_to_json(const hatpose_result *result, uint32_t flags,
                                 char *text, size_t capacity, size_t *needed);

#endif
