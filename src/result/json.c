/* json.c - the native JSON line: not written yet. */
#include "result/json.h"

hatpose_status hp_result_to_json(const hatpose_result *result, uint32_t flags,
                                 char *text, size_t capacity, size_t *needed)
{
    (void)result, (void)flags, (void)text, (void)capacity;
    *needed = 0;
    return HATPOSE_E_UNSUPPORTED;
}
