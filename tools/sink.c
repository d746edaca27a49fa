/* sink.c - outputs. In: a path and bytes. Out: a file that is renamed into
 * place when it is complete, so that nobody ever reads half of one. */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "heap.h"
#include "interrupt.h"

enum { ASIDE_TRIES = 100, LINKS_MOST = 40 };

static void forget(sink *s)
{
    if (s->aside != NULL)
        interrupt_release(s->aside);
    free(s->aside);
    free(s->target);
    free(s->path);
    s->aside = s->target = s->path = NULL;
    s->descriptor = -1;
}

/* What the link at path points to; NULL: it is none. */
static char *read_link(const char *path)
{
    char text[PATH_MAX];
    ssize_t length = readlink(path, text, sizeof text);
    const char *slash = strrchr(path, '/');
    int folder_length = slash != NULL ? (int)(slash + 1 - path) : 0;

    if (length <= 0 || length == (ssize_t)sizeof text)
        return NULL;
    if (text[0] == '/')
        folder_length = 0;
    return heap_print("%.*s%.*s", folder_length, path, (int)length, text);
}

char *sink_target(const char *path)
{
    char *target = heap_text(path);
    struct stat status;

    for (int i = 0; i < LINKS_MOST; i++) {
        bool exists = stat(target, &status) == 0;
        /* a pipe at /dev/stdout exists and has no path */
        char *next = exists ? realpath(target, NULL) : read_link(target);

        if (next == NULL)
            return target;
        free(target);
        target = next;
        if (exists)
            return target;
    }
    free(target);
    errno = ELOOP;
    return NULL;
}

/* A file beside the target, so that rename stays within its file system. */
static bool open_aside(sink *s, mode_t mode)
{
    const char *slash = strrchr(s->target, '/');
    int folder_length = slash != NULL ? (int)(slash + 1 - s->target) : 0;

    for (int i = 0; i < ASIDE_TRIES; i++) {
        s->aside = heap_print("%.*s.hatpose-%ld-%d", folder_length, s->target,
                              (long)getpid(), i);
        s->descriptor =
            open(s->aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (s->descriptor >= 0 && interrupt_guard(s->aside)) {
            s->error = 0;
            return true;
        }
        s->error = s->descriptor >= 0 ? EMFILE : errno;
        if (s->descriptor >= 0) {
            close(s->descriptor);
            unlink(s->aside);
        }
        free(s->aside);
        s->aside = NULL;
        if (s->error != EEXIST)
            break;
    }
    return false;
}

static bool open_file(sink *s)
{
    struct stat status;

    s->target = sink_target(s->path);
    if (s->target == NULL) {
        s->error = errno;
        return false;
    }
    if (stat(s->target, &status) != 0)
        return open_aside(s, 0666);
    if (S_ISDIR(status.st_mode)) {
        s->error = EISDIR;
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        s->descriptor = open(s->target, O_WRONLY | O_CLOEXEC);
        s->error = s->descriptor >= 0 ? 0 : errno;
        return s->descriptor >= 0;
    }
    if (access(s->target, W_OK) != 0) {
        s->error = errno;
        return false;
    }
    if (!open_aside(s, 0600))
        return false;
    /* keep who may read it */
    (void)fchmod(s->descriptor, status.st_mode & 07777);
    return true;
}

bool sink_open(sink *s, const char *path)
{
    *s = (sink){.descriptor = STDOUT_FILENO};
    if (strcmp(path, "-") == 0)
        return true;
    s->path = heap_text(path);
    s->descriptor = -1;
    if (open_file(s))
        return true;
    forget(s);
    return false;
}

bool sink_write(sink *s, const void *data, size_t count)
{
    const char *rest = data;

    while (count > 0 && s->error == 0) {
        ssize_t written =
            write(s->descriptor, rest, count > SSIZE_MAX ? SSIZE_MAX : count);

        if (written >= 0) {
            rest += written;
            count -= (size_t)written;
        } else if (errno != EINTR) {
            s->error = errno;
        }
    }
    return s->error == 0;
}

bool sink_commit(sink *s)
{
    if (s->path == NULL)
        return s->error == 0;
    if (s->descriptor >= 0 && close(s->descriptor) != 0 && s->error == 0)
        s->error = errno;
    s->descriptor = -1;
    if (s->error == 0 && s->aside != NULL && rename(s->aside, s->target) != 0)
        s->error = errno;
    if (s->error != 0 && s->aside != NULL)
        unlink(s->aside);
    forget(s);
    return s->error == 0;
}

void sink_discard(sink *s)
{
    if (s->path == NULL)
        return;
    if (s->descriptor >= 0)
        close(s->descriptor);
    if (s->aside != NULL)
        unlink(s->aside);
    forget(s);
}

bool sink_reader_gone(const sink *s)
{
    return s->error == EPIPE;
}

int sink_save(const char *path, const void *data, size_t count)
{
    sink s;

    if (!sink_open(&s, path))
        return s.error;
    if (!sink_write(&s, data, count)) {
        int error = s.error;

        sink_discard(&s);
        return error;
    }
    sink_commit(&s);
    return s.error;
}
