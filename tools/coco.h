/* coco.h - COCO's 17 keypoints and its numbers of pictures. */
#ifndef COCO_H
#define COCO_H

#include <stdbool.h>

#include "answer.h"
#include "bytes.h"

typedef struct coco_ids {
    int64_t *ids; /* one an item */
    size_t count;
} coco_ids;

/* From the names' digits, or from the "images" of a COCO annotation file.
 * False: a picture has none, or two have the same; the user was told, with
 * the option that wants them. */
bool coco_ids_find(coco_ids *found, const char *option,
                   const char *annotations_path, const source_list *sources);
void coco_ids_release(coco_ids *found);

/* Elements of the array of results; *entry_count is how many it has. */
void coco_append(bytes *out, const answer *a, int64_t image_id, bool compat,
                 uint64_t *entry_count);

#endif
