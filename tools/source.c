/* source.c - the pictures that the user named. In: arguments. Out: a list of
 * files in the order of the arguments, folders in natural order; what
 * cannot be found is an item too, so that it is reported in its place. */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "folder.h"
#include "heap.h"
#include "interrupt.h"

enum { READ_BYTES = 1 << 16 };

static source *new_item(source_list *list, const char *path)
{
    source *item;

    list->items = heap_grow(list->items, &list->capacity, list->count + 1,
                            sizeof *list->items);
    item = &list->items[list->count++];
    *item = (source){.path = heap_text(path)};
    return item;
}

static void add_error(source_list *list, const char *path, const char *error)
{
    source *item = new_item(list, path);

    item->below = heap_text(path);
    item->error = heap_text(error);
}

void source_protect(source_list *list, const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return;
    list->files = heap_grow(list->files, &list->file_capacity,
                            list->file_count + 1, sizeof *list->files);
    list->files[list->file_count++] =
        (source_file){status.st_dev, status.st_ino};
}

static void add_file(void *user, const char *path, const char *below,
                     const char *error)
{
    source_list *list = user;

    if (error != NULL) {
        add_error(list, path, error);
        return;
    }
    new_item(list, path)->below = heap_text(below);
    source_protect(list, path);
}

/* False: there is nothing of this name. */
static bool add_path(source_list *list, const char *path)
{
    folder_walk walk = {list->recursive, list->skip, add_file, list};
    const char *slash = strrchr(path, '/');
    struct stat status;

    if (stat(path, &status) != 0)
        return false;
    if (!S_ISDIR(status.st_mode))
        add_file(list, path, slash != NULL ? slash + 1 : path, NULL);
    else if (folder_list(&walk, path) == 0)
        add_error(list, path,
                  list->recursive ? "no pictures in this folder"
                                  : "no pictures in this folder "
                                    "(--recursive looks into subfolders)");
    return true;
}

static int compare_paths(const void *a, const void *b)
{
    return folder_natural_order(*(char *const *)a, *(char *const *)b);
}

static void add_glob(source_list *list, const char *pattern)
{
    glob_t found;
    int status = glob(pattern, GLOB_NOSORT, NULL, &found);

    if (status == 0) {
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv,
              compare_paths);
        for (size_t i = 0; i < found.gl_pathc; i++)
            if (!add_path(list, found.gl_pathv[i]))
                add_error(list, found.gl_pathv[i], strerror(errno));
        globfree(&found);
    } else {
        add_error(list, pattern,
                  status == GLOB_NOMATCH ? "no file matches"
                                         : "cannot be searched");
    }
}

static bool claim_stdin(source_list *list)
{
    if (list->reads_stdin) {
        console_usage("stdin (-) is named twice");
        return false;
    }
    if (isatty(STDIN_FILENO) == 1) {
        console_usage("stdin is a terminal: pipe a picture in, as in "
                      "hatpose detect - < photo.jpg");
        return false;
    }
    list->reads_stdin = true;
    return true;
}

/* One path a line; empty lines are skipped. */
static bool add_list(source_list *list, const char *path)
{
    bool from_stdin = strcmp(path, "-") == 0;
    FILE *file;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;

    if (from_stdin && !claim_stdin(list))
        return false;
    file = from_stdin ? stdin : fopen(path, "r");
    if (file == NULL) {
        add_error(list, path, strerror(errno));
        return true;
    }
    while (errno = 0, (length = getline(&line, &capacity, file)) >= 0) {
        while (length > 0 &&
               (line[length - 1] == '\n' || line[length - 1] == '\r'))
            line[--length] = '\0';
        if (length > 0 && !add_path(list, line))
            add_error(list, line, strerror(errno));
    }
    if (ferror(file))
        add_error(list, path, strerror(errno));
    free(line);
    if (!from_stdin) {
        fclose(file);
        source_protect(list, path);
    }
    return true;
}

bool source_add(source_list *list, const char *argument)
{
    if (strcmp(argument, "-") == 0) {
        source *item;

        if (!claim_stdin(list))
            return false;
        item = new_item(list, "-");
        item->below = heap_text("stdin");
        item->is_stdin = true;
        return true;
    }
    if (argument[0] == '@')
        return add_list(list, argument + 1);
    if (add_path(list, argument))
        return true;
    if (errno == ENOENT && strpbrk(argument, "*?[") != NULL)
        add_glob(list, argument);
    else
        add_error(list, argument, strerror(errno));
    return true;
}

static int compare_files(const void *left, const void *right)
{
    const source_file *a = left, *b = right;

    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    return a->inode == b->inode ? 0 : a->inode < b->inode ? -1 : 1;
}

void source_list_close(source_list *list)
{
    if (list->file_count > 0)
        qsort(list->files, list->file_count, sizeof *list->files,
              compare_files);
}

bool source_is_input(const source_list *list, const char *path)
{
    struct stat status;
    source_file wanted;

    if (list->file_count == 0 || stat(path, &status) != 0)
        return false;
    wanted = (source_file){status.st_dev, status.st_ino};
    return bsearch(&wanted, list->files, list->file_count, sizeof *list->files,
                   compare_files) != NULL;
}

static hatpose_status failed(hatpose_error *err, hatpose_status status,
                             const char *text)
{
    *err = (hatpose_error){.status = status};
    snprintf(err->message, sizeof err->message, "%s", text);
    return status;
}

static hatpose_status read_all(int descriptor, uint64_t limit_bytes, bytes *out,
                               hatpose_error *err)
{
    struct stat status;
    size_t chunk = READ_BYTES;
    ssize_t count = 1;

    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size > 0 && (uint64_t)status.st_size < limit_bytes)
        chunk = (size_t)status.st_size + 1;
    while (count > 0 && out->count <= limit_bytes) {
        if (!interrupt_wait_readable(descriptor))
            return failed(err, HATPOSE_E_IO, strerror(EINTR));
        count = read(descriptor, bytes_reserve(out, chunk), chunk);
        if (count < 0 && errno == EINTR)
            count = 1; /* look at the note again */
        else if (count < 0)
            return failed(err, HATPOSE_E_IO, strerror(errno));
        else
            out->count += (size_t)count;
        chunk = READ_BYTES;
    }
    return out->count <= limit_bytes
               ? HATPOSE_OK
               : failed(err, HATPOSE_E_LIMIT,
                        "more bytes than max_encoded_bytes");
}

hatpose_status source_read(const source *item, uint64_t limit_bytes, bytes *out,
                           hatpose_error *err)
{
    hatpose_status status;
    int descriptor;

    bytes_clear(out);
    if (item->error != NULL)
        return failed(err, HATPOSE_E_IO, item->error);
    descriptor = open(item->path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return failed(err, HATPOSE_E_IO, strerror(errno));
    status = read_all(descriptor, limit_bytes, out, err);
    close(descriptor);
    return status;
}

void source_list_release(source_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].path);
        free(list->items[i].below);
        free(list->items[i].error);
    }
    free(list->items);
    free(list->files);
    *list = (source_list){0};
}
