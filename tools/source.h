/* source.h - the pictures that the user named. */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <hatpose.h>

#include "bytes.h"

typedef struct source {
    char *path;
    char *below; /* its name in a folder of outputs, perhaps with folders */
    char *error; /* why there is nothing to read, or NULL */
    bool is_stdin;
} source;

typedef struct source_file { /* one file by whatever name */
    dev_t device;
    ino_t inode;
} source_file;

typedef struct source_list { /* all zero but the options: empty */
    bool recursive;
    const char *skip; /* a folder for outputs */
    source *items;
    size_t count, capacity;
    source_file *files; /* sorted by source_list_close */
    size_t file_count, file_capacity;
    bool reads_stdin;
} source_list;

/* A file, folder, glob, @list, or - for stdin. What does not exist becomes
 * an item with an error. False: wrong usage, the user was told. */
bool source_add(source_list *list, const char *argument);
/* No output may replace this file either. */
void source_protect(source_list *list, const char *path);
/* After the last source_add. */
void source_list_close(source_list *list);
/* Is this output one of the inputs? */
bool source_is_input(const source_list *list, const char *path);
/* All of a file; more than the limit is HATPOSE_E_LIMIT. */
hatpose_status source_read(const source *item, uint64_t limit_bytes, bytes *out,
                           hatpose_error *err);
void source_list_release(source_list *list);

#endif
