/* naming.c - names of the files in a folder of outputs. In: the inputs. Out:
 * a path for each, none twice, none an input. */
#include "naming.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <jansson.h>

#include "console.h"
#include "heap.h"

bool naming_means_folder(const char *path)
{
    struct stat status;
    size_t length = strlen(path);

    return (length > 0 && path[length - 1] == '/') ||
           (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
}

/* The dot of the name's ending, or its end. */
static const char *find_ending(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash != NULL ? slash + 1 : name;
    const char *dot = strrchr(base, '.');

    return dot != NULL && dot != base ? dot : base + strlen(base);
}

static const char *picture_ending(const char *name)
{
    const char *ending = find_ending(name);

    if (strcasecmp(ending, ".jpg") == 0 || strcasecmp(ending, ".jpeg") == 0 ||
        strcasecmp(ending, ".png") == 0)
        return ending;
    return ".png"; /* as exact as BMP, GIF and PNM are */
}

/* `used` is an object whose keys are the names given so far. */
static char *unused_name(json_t *used, const char *below, const char *ending)
{
    int stem_length = (int)(find_ending(below) - below);
    char *name = heap_print("%.*s%s", stem_length, below, ending);

    for (int i = 2; json_object_get(used, name) != NULL; i++) {
        free(name);
        name = heap_print("%.*s-%d%s", stem_length, below, i, ending);
    }
    json_object_set_new_nocheck(used, name, json_true());
    return name;
}

bool naming_plan(naming *n, const char *option, const char *folder,
                 const char *ending, const source_list *sources,
                 const outputs *others)
{
    size_t length = strlen(folder);
    json_t *used = json_object();
    bool right = true;

    while (length > 1 && folder[length - 1] == '/')
        length--;
    *n = (naming){.folder = heap_print("%.*s", (int)length, folder)};
    n->ending = ending;
    n->names = heap_allocate(sources->count * sizeof *n->names);
    for (size_t i = 0; i < sources->count && right; i++) {
        const source *item = &sources->items[i];
        const char *wanted =
            ending != NULL ? ending : picture_ending(item->below);
        char *path;

        n->names[n->count] = unused_name(used, item->below, wanted);
        path = heap_print("%s/%s", n->folder, n->names[n->count++]);
        if (source_is_input(sources, path)) {
            console_usage("%s %s: %s is an input and would be overwritten",
                          option, folder, path);
            right = false;
        }
        right = right && outputs_free(others, option, path);
        free(path);
    }
    json_decref(used);
    return right;
}

/* mkdir -p of everything before the last slash. */
static bool make_folders(char *path)
{
    for (char *c = path + 1; *c != '\0'; c++) {
        bool made;

        if (*c != '/')
            continue;
        *c = '\0';
        made = mkdir(path, 0777) == 0 || errno == EEXIST;
        *c = '/';
        if (!made)
            return false;
    }
    return true;
}

char *naming_path(const naming *n, const answer *a)
{
    /* OpenPose numbers the pictures of a stream like this */
    char *path = a->item->is_stdin
                     ? heap_print("%s/stdin_%012u%s", n->folder, a->frame,
                                  n->ending != NULL ? n->ending : ".jpg")
                     : heap_print("%s/%s", n->folder, n->names[a->item_index]);

    if (make_folders(path))
        return path;
    free(path);
    return NULL;
}

void naming_release(naming *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->names[i]);
    free(n->names);
    free(n->folder);
    *n = (naming){0};
}
