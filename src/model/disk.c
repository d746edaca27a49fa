/* disk.c - a whole file into memory. */
#include "model/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* The system's reason in English, whatever locale the program has set. */
static hatpose_status fail_errno(const char *what, int number,
                                 hatpose_error *err)
{
    locale_t english = newlocale(LC_ALL_MASK, "C", (locale_t)0);

    if (english == (locale_t)0)
        return hp_fail(err, HATPOSE_E_IO, "%s: error %d", what, number);
    hp_fail(err, HATPOSE_E_IO, "%s: %s", what, strerror_l(number, english));
    freelocale(english);
    return HATPOSE_E_IO;
}

static hatpose_status check_kind(const struct stat *info, size_t most_bytes,
                                 hatpose_error *err)
{
    if (S_ISDIR(info->st_mode))
        return hp_fail(err, HATPOSE_E_IO, "is a folder, a file expected");
    if (!S_ISREG(info->st_mode))
        return hp_fail(err, HATPOSE_E_IO,
                       "is a pipe, socket or device, a file expected");
    if ((uintmax_t)info->st_size > most_bytes)
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                       "%jd bytes, at most %zu expected",
                       (intmax_t)info->st_size, most_bytes);
    return HATPOSE_OK;
}

static hatpose_status read_all(int file, unsigned char *to, size_t bytes,
                               hatpose_error *err)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t got = read(file, to + done, bytes - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno("cannot be read", errno, err);
        if (got == 0)
            return hp_fail(err, HATPOSE_E_IO,
                           "file ended after %zu of %zu bytes while it was "
                           "read",
                           done, bytes);
        done += (size_t)got;
    }
    return HATPOSE_OK;
}

static hatpose_status read_open(hp_memory *memory, int file, size_t most_bytes,
                                void **out, size_t *bytes, hatpose_error *err)
{
    struct stat info;

    if (fstat(file, &info) != 0)
        return fail_errno("cannot be read", errno, err);
    hatpose_status status = check_kind(&info, most_bytes, err);
    if (status == HATPOSE_OK)
        status =
            hp_allocate(memory, (size_t)info.st_size, "model file", out, err);
    if (status != HATPOSE_OK)
        return status;
    *bytes = (size_t)info.st_size;
    status = read_all(file, *out, *bytes, err);
    if (status != HATPOSE_OK) {
        hp_deallocate(memory, *out);
        *out = NULL;
    }
    return status;
}

hatpose_status hp_disk_read(hp_memory *memory, const char *utf8_path,
                            size_t most_bytes, void **out, size_t *bytes,
                            hatpose_error *err)
{
    *out = NULL;
    *bytes = 0;
    /* O_NONBLOCK: opening a pipe without a writer must not wait for one. */
    int file = open(utf8_path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0)
        return fail_errno("cannot be opened", errno, err);
    hatpose_status status =
        read_open(memory, file, most_bytes, out, bytes, err);
    close(file);
    return status;
}
