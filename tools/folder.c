/* folder.c - the pictures of a folder. In: a path. Out: its pictures in
 * natural order, subfolders too when asked for; loops of links end. */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "heap.h"

typedef struct name_list {
    char **names;
    size_t count, capacity;
} name_list;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int folder_natural_order(const char *a, const char *b)
{
    const char *a_start = a, *b_start = b;

    while (*a != '\0' && *b != '\0') {
        size_t a_digits = 0, b_digits = 0;
        int order;

        if (!is_digit(*a) || !is_digit(*b)) {
            if (*a != *b)
                return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
            a++;
            b++;
            continue;
        }
        while (*a == '0')
            a++;
        while (*b == '0')
            b++;
        while (is_digit(a[a_digits]))
            a_digits++;
        while (is_digit(b[b_digits]))
            b_digits++;
        if (a_digits != b_digits)
            return a_digits < b_digits ? -1 : 1;
        order = strncmp(a, b, a_digits);
        if (order != 0)
            return order;
        a += a_digits;
        b += b_digits;
    }
    if (*a != *b)
        return *a == '\0' ? -1 : 1;
    return strcmp(a_start, b_start); /* 01 and 1 */
}

static int compare_names(const void *a, const void *b)
{
    return folder_natural_order(*(char *const *)a, *(char *const *)b);
}

static bool is_picture_name(const char *name)
{
    static const char *const endings[] = {"jpg", "jpeg", "png", "bmp",
                                          "gif", "ppm",  "pgm", "pnm"};
    const char *dot = strrchr(name, '.');

    if (dot == NULL)
        return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot + 1, endings[i]) == 0)
            return true;
    return false;
}

/* False with errno: the folder could not be read to its end. */
static bool read_names(const char *path, name_list *list)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int error;

    if (folder == NULL)
        return false;
    errno = 0;
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        list->names = heap_grow(list->names, &list->capacity, list->count + 1,
                                sizeof *list->names);
        list->names[list->count++] = heap_text(entry->d_name);
        errno = 0;
    }
    error = errno;
    closedir(folder);
    errno = error;
    return error == 0;
}

/* A folder that is being listed, and the one that it lies in: a link back
 * to one of them would never end. */
typedef struct folder_chain {
    dev_t device;
    ino_t inode;
    const struct folder_chain *above;
} folder_chain;

static bool is_above(const folder_chain *chain, const struct stat *status)
{
    for (; chain != NULL; chain = chain->above)
        if (chain->device == status->st_dev && chain->inode == status->st_ino)
            return true;
    return false;
}

static bool same_file(const struct stat *status, const char *path)
{
    struct stat other;

    return path != NULL && stat(path, &other) == 0 &&
           other.st_dev == status->st_dev && other.st_ino == status->st_ino;
}

static size_t list_folder(const folder_walk *walk, const char *path,
                          size_t root_length, const folder_chain *chain);

static size_t visit(const folder_walk *walk, const char *path,
                    size_t root_length, const folder_chain *above)
{
    struct stat status;

    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        folder_chain chain = {status.st_dev, status.st_ino, above};

        if (!walk->recursive || is_above(above, &status) ||
            same_file(&status, walk->skip))
            return 0;
        return list_folder(walk, path, root_length, &chain);
    }
    if (!is_picture_name(path))
        return 0;
    walk->found(walk->user, path, path + root_length, NULL);
    return 1;
}

static size_t list_folder(const folder_walk *walk, const char *path,
                          size_t root_length, const folder_chain *chain)
{
    name_list list = {0};
    size_t found = 0;

    if (!read_names(path, &list)) {
        walk->found(walk->user, path, path, strerror(errno));
        found = 1;
    }
    if (list.count > 0)
        qsort(list.names, list.count, sizeof *list.names, compare_names);
    for (size_t i = 0; i < list.count; i++) {
        char *child = heap_print("%s/%s", path, list.names[i]);

        found += visit(walk, child, root_length, chain);
        free(child);
        free(list.names[i]);
    }
    free(list.names);
    return found;
}

size_t folder_list(const folder_walk *walk, const char *path)
{
    size_t length = strlen(path);
    char *clean = heap_text(path);
    struct stat status;
    folder_chain chain = {0};
    size_t found;

    while (length > 1 && clean[length - 1] == '/')
        clean[--length] = '\0';
    if (stat(clean, &status) == 0)
        chain = (folder_chain){status.st_dev, status.st_ino, NULL};
    /* what lies below begins behind the folder's slash */
    found = list_folder(walk, clean, length + 1, &chain);
    free(clean);
    return found;
}
