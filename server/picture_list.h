/* picture_list.h - pictures in a field of JSON: base64, one or a list. */
#ifndef HPS_PICTURE_LIST_H
#define HPS_PICTURE_LIST_H

#include <jansson.h>

#include "call.h"

enum { HPS_PICTURES_MOST = 32 };

typedef struct hps_picture_list {
    const char *name;   /* of the field */
    const json_t *text; /* a string, or a list of strings */
    size_t count;       /* 1 .. HPS_PICTURES_MOST */
} hps_picture_list;

/* False: the reply tells what is wrong. The list borrows from the object. */
bool hps_picture_list_open(const hps_call *call, const json_t *object,
                           const char *name, hps_picture_list *list);
/* The file's bytes; the buffer is cleared first. */
bool hps_picture_list_decode(const hps_call *call, const hps_picture_list *list,
                             size_t index, hps_buffer *file);

#endif
