/* coco.c - results as COCO's evaluation reads them. In: answers, and where
 * the numbers of pictures come from. Out: one object a person. */
#include "coco.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "console.h"
#include "heap.h"
#include "keypoint_json.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* The last run of digits before the ending: COCO_val2014_000000000139.jpg
 * is 139. */
static bool id_from_name(const char *path, int64_t *id)
{
    const char *name = base_name(path);
    const char *dot = strrchr(name, '.');
    const char *end = dot != NULL ? dot : name + strlen(name);
    const char *start;

    while (end > name && (end[-1] < '0' || end[-1] > '9'))
        end--;
    start = end;
    while (start > name && start[-1] >= '0' && start[-1] <= '9')
        start--;
    if (start == end)
        return false;
    errno = 0;
    *id = strtoll(start, NULL, 10);
    return errno == 0;
}

/* File names to numbers, from {"images":[{"id":1,"file_name":".."}]}. */
static json_t *load_annotations(const char *path)
{
    json_error_t error;
    json_t *file = json_load_file(path, JSON_DISABLE_EOF_CHECK, &error);
    json_t *images = json_object_get(file, "images");
    json_t *image, *ids;
    size_t i;

    if (file == NULL) {
        console_usage("--coco-ids %s: %s", path, error.text);
        return NULL;
    }
    if (!json_is_array(images)) {
        console_usage("--coco-ids %s: has no \"images\"", path);
        json_decref(file);
        return NULL;
    }
    ids = json_object();
    json_array_foreach(images, i, image)
    {
        const char *name =
            json_string_value(json_object_get(image, "file_name"));
        json_t *id = json_object_get(image, "id");

        if (name != NULL && json_is_integer(id))
            json_object_set(ids, base_name(name), id);
    }
    json_decref(file);
    return ids;
}

static int compare_ids(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return a < b ? -1 : a > b;
}

static bool told_of_twins(const coco_ids *found, const char *option)
{
    int64_t *sorted = heap_allocate(found->count * sizeof *sorted);
    bool twins = false;

    if (found->count > 0) {
        memcpy(sorted, found->ids, found->count * sizeof *sorted);
        qsort(sorted, found->count, sizeof *sorted, compare_ids);
    }
    for (size_t i = 1; i < found->count && !twins; i++) {
        twins = sorted[i] == sorted[i - 1] && sorted[i] >= 0;
        if (twins)
            console_usage("%s: two pictures have the id %" PRId64, option,
                          sorted[i]);
    }
    free(sorted);
    return twins;
}

static bool find_id(const source *item, const char *option,
                    const char *annotations_path, const json_t *annotations,
                    int64_t *id)
{
    const json_t *listed;

    if (item->error != NULL) {
        *id = -1; /* there will be no result */
        return true;
    }
    if (item->is_stdin) {
        console_usage("%s: stdin has no image id", option);
        return false;
    }
    if (annotations_path == NULL) {
        if (id_from_name(item->path, id))
            return true;
        console_usage("%s: no digits for COCO's image id; give --coco-ids "
                      "FILE",
                      item->path);
        return false;
    }
    listed = json_object_get(annotations, base_name(item->path));
    *id = json_integer_value(listed);
    if (listed == NULL)
        console_usage("%s: not among the images of %s", item->path,
                      annotations_path);
    return listed != NULL;
}

bool coco_ids_find(coco_ids *found, const char *option,
                   const char *annotations_path, const source_list *sources)
{
    json_t *annotations = NULL;
    bool right = true;

    *found = (coco_ids){0};
    if (annotations_path != NULL) {
        annotations = load_annotations(annotations_path);
        if (annotations == NULL)
            return false;
    }
    found->ids = heap_allocate(sources->count * sizeof *found->ids);
    for (size_t i = 0; i < sources->count && right; i++)
        right = find_id(&sources->items[i], option, annotations_path,
                        annotations, &found->ids[found->count++]);
    json_decref(annotations);
    return right && !told_of_twins(found, option);
}

void coco_ids_release(coco_ids *found)
{
    free(found->ids);
    *found = (coco_ids){0};
}

void coco_append(bytes *out, const answer *a, int64_t image_id, bool compat,
                 uint64_t *entry_count)
{
    uint32_t count = hatpose_result_person_count(a->result);

    for (uint32_t i = 0; i < count; i++) {
        hatpose_person person = {.struct_size = sizeof person};
        hps_buffer text = {0};

        hatpose_result_person(a->result, i, &person);
        bytes_text(out, (*entry_count)++ == 0 ? "" : ",\n");
        hps_coco_person_write(&text, &person, image_id, compat);
        bytes_take(out, &text);
    }
}
