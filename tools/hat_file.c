/* hat_file.c - boxes of hats that any detector wrote down. In: the old
 * service's JSON, COCO, or YOLO's text files. Out: boxes in pixels for each
 * picture. A file that does not fit is wrong usage: answering without its
 * hats would call people bare. */
#include "hat_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "coco.h"
#include "console.h"
#include "heap.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* ---- The old service's JSON ---------------------------------------------- */

static bool add_service_box(hat_boxes *list, const json_t *hat)
{
    static const char *const names[] = {"left", "top", "width", "height"};
    const json_t *score = json_object_get(hat, "score");
    double sides[4];

    for (int i = 0; i < 4; i++) {
        const json_t *side = json_object_get(hat, names[i]);

        if (!json_is_number(side))
            return false;
        sides[i] = json_number_value(side);
    }
    hat_boxes_add(list, sides,
                  json_is_number(score) ? json_number_value(score) : 1);
    return true;
}

static bool add_service_list(const hat_file *f, hat_boxes *list,
                             const json_t *hats, const char *name)
{
    const json_t *hat;
    size_t i;

    if (!json_is_array(hats)) {
        console_usage("--hats %s: %s has no list of hats", f->path, name);
        return false;
    }
    hat_boxes_begin(list);
    json_array_foreach(hats, i, hat)
    {
        if (add_service_box(list, hat))
            continue;
        console_usage("--hats %s: hat %zu of %s: left, top, width and height "
                      "expected",
                      f->path, i, name);
        return false;
    }
    return true;
}

/* A list without a name is of the only picture there is. */
static bool add_only_list(const hat_file *f, const json_t *hats,
                          const source_list *sources)
{
    if (sources->count != 1) {
        console_usage("--hats %s: its hats name no picture, and there are %zu",
                      f->path, sources->count);
        return false;
    }
    return add_service_list(f, &f->items[0], hats, "the file");
}

/* By the picture's name as it was given, else without its folders. A picture
 * that is not in the file is one that nobody looked at. */
static bool add_named_lists(const hat_file *f, const json_t *file,
                            const source_list *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        const source *item = &sources->items[i];
        const char *name = item->is_stdin ? "stdin" : item->path;
        const json_t *hats = json_object_get(file, name);

        if (hats == NULL) {
            name = base_name(name);
            hats = json_object_get(file, name);
        }
        if (hats != NULL && !add_service_list(f, &f->items[i], hats, name))
            return false;
    }
    return true;
}

/* ---- COCO ---------------------------------------------------------------- */

static bool add_coco_box(const hat_file *f, const json_t *detection,
                         hat_boxes *list)
{
    const json_t *box = json_object_get(detection, "bbox");
    const json_t *score = json_object_get(detection, "score");
    const json_t *kind = json_object_get(detection, "category_id");
    double sides[4];

    if (f->hat_class != HAT_CLASS_ANY && !json_is_integer(kind))
        return false;
    for (size_t i = 0; i < 4; i++) {
        const json_t *side = json_array_get(box, i);

        if (!json_is_number(side))
            return false;
        sides[i] = json_number_value(side);
    }
    if (f->hat_class == HAT_CLASS_ANY ||
        json_integer_value(kind) == f->hat_class)
        hat_boxes_add(list, sides,
                      json_is_number(score) ? json_number_value(score) : 1);
    return true;
}

static bool add_detection(const hat_file *f, const json_t *detection,
                          const coco_ids *ids)
{
    const json_t *id = json_object_get(detection, "image_id");

    if (!json_is_integer(id))
        return false;
    for (size_t i = 0; i < ids->count; i++)
        if (ids->ids[i] == json_integer_value(id))
            return add_coco_box(f, detection, &f->items[i]);
    return true; /* of a picture that was not named */
}

/* Every picture was looked at: detectors write nothing where they see
 * nothing. */
static bool add_coco(const hat_file *f, const json_t *detections,
                     const char *ids_path, const source_list *sources)
{
    const json_t *detection;
    coco_ids ids;
    size_t i;
    bool right = coco_ids_find(&ids, "--hats", ids_path, sources);

    if (right)
        for (size_t k = 0; k < sources->count; k++)
            hat_boxes_begin(&f->items[k]);
    json_array_foreach(detections, i, detection)
    {
        if (!right)
            break;
        right = add_detection(f, detection, &ids);
        if (!right)
            console_usage("--hats %s: entry %zu is no detection of COCO",
                          f->path, i);
    }
    coco_ids_release(&ids);
    return right;
}

/* ---- What kind of file it is --------------------------------------------- */

static bool is_coco(const json_t *list)
{
    return json_object_get(json_array_get(list, 0), "bbox") != NULL;
}

static bool add_json(const hat_file *f, const json_t *file,
                     const char *ids_path, const source_list *sources)
{
    const json_t *list = json_object_get(file, "annotations");

    if (list != NULL && !json_is_array(list)) {
        console_usage("--hats %s: its annotations are no list", f->path);
        return false;
    }
    if (list != NULL) /* a whole COCO file numbers its pictures itself */
        return add_coco(f, list, ids_path != NULL ? ids_path : f->path,
                        sources);
    if (is_coco(file) || (json_is_array(file) && ids_path != NULL))
        return add_coco(f, file, ids_path, sources);
    if (json_is_array(file))
        return add_only_list(f, file, sources);
    list = json_object_get(file, "hat_location");
    if (list == NULL)
        list = json_object_get(file, "location");
    if (list != NULL)
        return add_only_list(f, list, sources);
    return add_named_lists(f, file, sources);
}

static bool plan_json(hat_file *f, const char *ids_path,
                      const source_list *sources)
{
    json_error_t error;
    json_t *file = json_load_file(f->path, 0, &error);

    if (file == NULL) {
        console_usage("--hats %s: %s", f->path, error.text);
        return false;
    }
    f->items = heap_allocate((sources->count + 1) * sizeof *f->items);
    memset(f->items, 0, (sources->count + 1) * sizeof *f->items);
    bool right = add_json(f, file, ids_path, sources);
    json_decref(file);
    return right;
}

bool hat_file_plan(hat_file *f, const char *path, long hat_class,
                   const char *coco_ids_path, const source_list *sources)
{
    struct stat about;

    *f = (hat_file){.path = path, .hat_class = hat_class};
    if (path == NULL)
        return true;
    if (stat(path, &about) != 0) {
        console_usage("--hats %s: %s", path, strerror(errno));
        return false;
    }
    f->is_folder = S_ISDIR(about.st_mode);
    f->is_yolo = f->is_folder || ends_with(path, ".txt");
    if (!f->is_yolo)
        return plan_json(f, coco_ids_path, sources);
    if (f->hat_class == HAT_CLASS_ANY)
        f->hat_class = 0;
    if (!f->is_folder && sources->count != 1) {
        console_usage("--hats %s: is of one picture, and there are %zu: name "
                      "the folder of its kind",
                      path, sources->count);
        return false;
    }
    return true;
}

/* ---- YOLO, when its picture is at hand ----------------------------------- */

/* FOLDER/NAME.txt for NAME.jpg, or the only file. */
static char *yolo_path(const hat_file *f, const answer *a)
{
    const char *name = a->item->is_stdin ? "stdin" : base_name(a->item->path);
    const char *dot = strrchr(name, '.');
    size_t length = dot != NULL ? (size_t)(dot - name) : strlen(name);

    if (!f->is_folder)
        return heap_text(f->path);
    return heap_print("%s/%.*s.txt", f->path, (int)length, name);
}

static hatpose_status failed(hatpose_error *err, hatpose_status status,
                             const char *path, size_t number, const char *what)
{
    err->status = status;
    if (number > 0)
        snprintf(err->message, sizeof err->message, "%s:%zu: %s", path, number,
                 what);
    else
        snprintf(err->message, sizeof err->message, "%s: %s", path, what);
    return status;
}

static hatpose_status read_yolo(hat_file *f, const char *path,
                                const hatpose_image *size, hatpose_error *err)
{
    FILE *file = fopen(path, "r");
    hatpose_status status = HATPOSE_OK;
    char line[512];

    f->scaled.count = 0;
    hat_boxes_begin(&f->scaled);
    /* Detectors write no file where they see nothing. */
    if (file == NULL && errno == ENOENT && f->is_folder)
        return HATPOSE_OK;
    if (file == NULL)
        return failed(err, HATPOSE_E_IO, path, 0, strerror(errno));
    for (size_t n = 1; fgets(line, sizeof line, file) != NULL; n++)
        /* without its end: too long, or with a zero in it */
        if ((strchr(line, '\n') == NULL && !feof(file)) ||
            !hat_boxes_add_yolo(&f->scaled, line, f->hat_class, size->width_px,
                                size->height_px)) {
            status = failed(err, HATPOSE_E_ARGUMENT, path, n,
                            "class, middle and size expected");
            break;
        }
    if (status == HATPOSE_OK && ferror(file))
        status = failed(err, HATPOSE_E_IO, path, 0, strerror(errno));
    fclose(file);
    return status;
}

static hatpose_status find_yolo(hat_file *f, hatpose_context *context,
                                const answer *a, const void *data, size_t count,
                                hatpose_error *err)
{
    hatpose_image size = {.struct_size = sizeof size, .format = HATPOSE_RGB8};
    size_t needed;
    hatpose_status status = hatpose_image_decode(context, data, count, &size,
                                                 NULL, 0, &needed, err);

    if (status != HATPOSE_OK)
        return status;
    char *path = yolo_path(f, a);
    status = read_yolo(f, path, &size, err);
    free(path);
    return status;
}

hatpose_status hat_file_find(hat_file *f, hatpose_context *context,
                             const answer *a, const void *data, size_t count,
                             const hat_boxes **boxes, hatpose_error *err)
{
    *boxes = NULL;
    if (f->path == NULL)
        return HATPOSE_OK;
    if (a->frame > 0)
        return failed(err, HATPOSE_E_ARGUMENT, f->path, 0,
                      "has hats of the first picture only");
    if (f->is_yolo) {
        hatpose_status status = find_yolo(f, context, a, data, count, err);

        *boxes = status == HATPOSE_OK ? &f->scaled : NULL;
        return status;
    }
    if (f->items[a->item_index].looked)
        *boxes = &f->items[a->item_index];
    return HATPOSE_OK;
}

void hat_file_release(hat_file *f, size_t source_count)
{
    for (size_t i = 0; f->items != NULL && i < source_count; i++)
        hat_boxes_release(&f->items[i]);
    free(f->items);
    hat_boxes_release(&f->scaled);
    *f = (hat_file){0};
}
