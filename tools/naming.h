/* naming.h - names of the files in a folder of outputs, one a picture. */
#ifndef NAMING_H
#define NAMING_H

#include <stdbool.h>

#include "answer.h"
#include "outputs.h"

typedef struct naming {
    char *folder; /* without a slash at its end; NULL: not planned */
    const char *ending;
    char **names; /* one an item */
    size_t count;
} naming;

/* Does the user mean a folder? It is one, or its name ends with a slash. */
bool naming_means_folder(const char *path);

/* "photo.jpg" becomes "photo" + ending; ending NULL: .jpg or .png as the
 * picture. Two pictures never share a name. False: one of them is an input
 * or another output; the user was told. */
bool naming_plan(naming *n, const char *option, const char *folder,
                 const char *ending, const source_list *sources,
                 const outputs *others);
/* Where this answer goes; its folders are made. NULL with errno: they could
 * not be. The caller frees it. */
char *naming_path(const naming *n, const answer *a);
void naming_release(naming *n);

#endif
