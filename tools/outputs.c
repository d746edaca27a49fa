/* outputs.c - outputs that must not be one file. In: paths. Out: which of
 * them will be the same: the same name in the same folder once links are
 * followed, since the file itself may not be there yet. */
#include "outputs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "console.h"
#include "heap.h"
#include "sink.h"

/* False: the folder is not there, so that nothing can be. */
static bool find(output_file *file, const char *path)
{
    char *target = sink_target(path);
    char *slash = target != NULL ? strrchr(target, '/') : NULL;
    struct stat status = {0};
    bool found;

    if (target == NULL)
        return false;
    file->name = heap_text(slash != NULL ? slash + 1 : target);
    if (slash != NULL)
        slash[1] = '\0'; /* "/x" lies in "/" */
    found = stat(slash != NULL ? target : ".", &status) == 0;
    file->folder_device = status.st_dev;
    file->folder_inode = status.st_ino;
    free(target);
    if (!found)
        free(file->name);
    return found;
}

/* Is name "sheet-2.jpg" where first is "sheet.jpg"? */
static bool is_page(const char *first, const char *name)
{
    const char *dot = strrchr(first, '.');
    size_t stem = dot != NULL ? (size_t)(dot - first) : strlen(first);
    size_t digits;

    if (strncmp(first, name, stem) != 0 || name[stem] != '-')
        return false;
    digits = strspn(name + stem + 1, "0123456789");
    return digits > 0 && strcmp(name + stem + 1 + digits, first + stem) == 0;
}

static bool same(const output_file *a, const output_file *b)
{
    if (a->folder_device != b->folder_device ||
        a->folder_inode != b->folder_inode)
        return false;
    return strcmp(a->name, b->name) == 0 ||
           (a->has_pages && is_page(a->name, b->name)) ||
           (b->has_pages && is_page(b->name, a->name));
}

static const char *holder(const outputs *o, const output_file *file)
{
    for (size_t i = 0; i < o->count; i++)
        if (same(&o->files[i], file))
            return o->files[i].option;
    return NULL;
}

static bool add(outputs *o, const char *path, output_file file)
{
    const char *other;

    if (!find(&file, path))
        return true; /* opening it will say what is wrong */
    other = holder(o, &file);
    if (other == NULL) {
        o->files[o->count++] = file;
        return true;
    }
    console_usage("%s %s: %s goes there", file.option, path, other);
    free(file.name);
    return false;
}

bool outputs_add(outputs *o, const char *option, const char *path)
{
    return add(o, path, (output_file){.option = option});
}

bool outputs_add_pages(outputs *o, const char *option, const char *path)
{
    return add(o, path, (output_file){.option = option, .has_pages = true});
}

bool outputs_free(const outputs *o, const char *option, const char *path)
{
    const char *other = outputs_holder(o, path);

    if (other != NULL)
        console_usage("%s: %s is where %s goes", option, path, other);
    return other == NULL;
}

const char *outputs_holder(const outputs *o, const char *path)
{
    output_file file = {0};
    const char *other;

    if (!find(&file, path))
        return NULL;
    other = holder(o, &file);
    free(file.name);
    return other;
}

void outputs_release(outputs *o)
{
    for (size_t i = 0; i < o->count; i++)
        free(o->files[i].name);
    *o = (outputs){0};
}
