/* folder.h - the pictures of a folder. */
#ifndef FOLDER_H
#define FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* img2 before img10: runs of digits compare as numbers. */
int folder_natural_order(const char *a, const char *b);

/* Called for every picture: its path and the part of it below the folder;
 * error is NULL, or why a folder below could not be read. */
typedef void folder_found(void *user, const char *path, const char *below,
                          const char *error);

typedef struct folder_walk {
    bool recursive;
    const char *skip; /* a folder for outputs, not looked into; or NULL */
    folder_found *found;
    void *user;
} folder_walk;

/* Pictures by the ending of their names, in natural order; names that begin
 * with a dot are hidden. Returns how many were found. */
size_t folder_list(const folder_walk *walk, const char *path);

#endif
