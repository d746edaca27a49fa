/* picture_list.c - pictures in a field of JSON. In: base64 with or without
 * the head of a data URL, alone or in a list. Out: the files' bytes. */
#include "picture_list.h"

#include "base64.h"
#include "json_text.h"

bool hps_picture_list_open(const hps_call *call, const json_t *object,
                           const char *name, hps_picture_list *list)
{
    const json_t *text = json_object_get(object, name);

    *list = (hps_picture_list){.name = name, .text = text, .count = 1};
    if (text == NULL)
        return hps_call_fail(call, HPS_FAULT_FIELD_MISSING, "%s", name);
    if (json_is_string(text))
        return true;
    if (!json_is_array(text))
        return hps_call_fail(call, HPS_FAULT_FIELD_LIST, "%s", name);
    list->count = json_array_size(text);
    if (list->count == 0)
        return hps_call_fail(call, HPS_FAULT_PICTURE_MISSING, "%s", name);
    if (list->count > HPS_PICTURES_MOST)
        return hps_call_fail(call, HPS_FAULT_TOO_MANY, "%s: %zu > %d", name,
                             list->count, HPS_PICTURES_MOST);
    return true;
}

bool hps_picture_list_decode(const hps_call *call, const hps_picture_list *list,
                             size_t index, hps_buffer *file)
{
    const json_t *value = json_is_string(list->text)
                              ? list->text
                              : json_array_get(list->text, index);
    const char *text;
    size_t count;

    hps_buffer_clear(file);
    if (!hps_json_string(call, value, &text, &count))
        return hps_call_fail(call, HPS_FAULT_FIELD_TEXT, "%s[%zu]", list->name,
                             index);
    if (hps_base64_decode(text, count, file))
        return true;
    if (file->failed)
        return hps_call_fail_plainly(call, HPS_FAULT_MEMORY);
    return hps_call_fail(call, HPS_FAULT_BASE64, "%s[%zu]", list->name, index);
}
