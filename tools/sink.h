/* sink.h - an output: stdout, or a file that appears whole or not at all. */
#ifndef SINK_H
#define SINK_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sink {
    int descriptor; /* -1: closed */
    int error;      /* errno of what went wrong, 0 */
    char *path;     /* as the user named it; NULL: stdout */
    char *target;   /* where the file will be, links followed */
    char *aside;    /* where it is written; NULL: written in place */
} sink;

/* "-" is stdout. The file is written aside and renamed by sink_commit;
 * what exists and is no regular file (a pipe, /dev/null) is written in
 * place. On failure error says why. */
bool sink_open(sink *s, const char *path);
bool sink_write(sink *s, const void *data, size_t count);
bool sink_commit(sink *s);
/* Leaves no trace of a file that was not committed. */
void sink_discard(sink *s);
/* The reader has gone: a quiet end, no failure. */
bool sink_reader_gone(const sink *s);

/* Where the file of this path will be: links are followed, also to a file
 * that is not there yet. NULL with errno: they never end. The caller frees
 * it. */
char *sink_target(const char *path);

/* All in one: 0 or an errno. */
int sink_save(const char *path, const void *data, size_t count);

#endif
