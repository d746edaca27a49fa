/* hat_file.h - boxes of hats that any detector wrote down. */
#ifndef HAT_FILE_H
#define HAT_FILE_H

#include <stdbool.h>

#include <hatpose.h>

#include "answer.h"
#include "hat_boxes.h"

enum { HAT_CLASS_ANY = -1 };

typedef struct hat_file { /* all zero: no detector ran */
    const char *path;     /* what --hats named; NULL: nothing */
    bool is_yolo;         /* read when its picture is at hand */
    bool is_folder;
    long hat_class;   /* HAT_CLASS_ANY: not given */
    hat_boxes *items; /* one a source, in pixels; not of YOLO */
    hat_boxes scaled; /* of the picture that was asked for last */
} hat_file;

/* Reads all but YOLO's files. False: the user was told. */
bool hat_file_plan(hat_file *f, const char *path, long hat_class,
                   const char *coco_ids_path, const source_list *sources);
/* The boxes of a picture whose file is `data`; *boxes is NULL when nobody
 * looked for hats in it. */
hatpose_status hat_file_find(hat_file *f, hatpose_context *context,
                             const answer *a, const void *data, size_t count,
                             const hat_boxes **boxes, hatpose_error *err);
void hat_file_release(hat_file *f, size_t source_count);

#endif
