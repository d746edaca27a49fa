/* disk.c - a whole file into memory. */
#include "model/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <stdint.h>
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
        ssize_t got = pread(file, to + done, bytes - done, (off_t)done);
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

hatpose_status hp_disk_open(const char *utf8_path, size_t most_bytes,
                            hp_disk_file *file, hatpose_error *err)
{
    hatpose_status status = HATPOSE_OK;
    struct stat info;

    *file = (hp_disk_file){.open = false};
    /* O_NONBLOCK: opening a pipe without a writer must not wait for one. */
    int descriptor =
        open(utf8_path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0)
        return fail_errno("cannot be opened", errno, err);
    if (fstat(descriptor, &info) != 0)
        status = fail_errno("cannot be read", errno, err);
    else
        status = check_kind(&info, most_bytes, err);
    if (status != HATPOSE_OK) {
        close(descriptor);
        return status;
    }
    *file = (hp_disk_file){.open = true,
                           .descriptor = descriptor,
                           .device = (uint64_t)info.st_dev,
                           .inode = (uint64_t)info.st_ino,
                           .bytes = (size_t)info.st_size};
    return HATPOSE_OK;
}

/* The number may be another file's by now. */
static bool is_still_ours(const hp_disk_file *file)
{
    struct stat info;

    return fstat(file->descriptor, &info) == 0 &&
           (uint64_t)info.st_dev == file->device &&
           (uint64_t)info.st_ino == file->inode;
}

hatpose_status hp_disk_read(hp_memory *memory, const hp_disk_file *file,
                            void **out, hatpose_error *err)
{
    *out = NULL;
    if (!is_still_ours(file))
        return hp_fail(err, HATPOSE_E_IO,
                       "file was closed by somebody else in this program");
    hatpose_status status =
        hp_allocate(memory, file->bytes, "model file", out, err);
    if (status != HATPOSE_OK)
        return status;
    status = read_all(file->descriptor, *out, file->bytes, err);
    if (status != HATPOSE_OK) {
        hp_deallocate(memory, *out);
        *out = NULL;
    }
    return status;
}

void hp_disk_close(hp_disk_file *file)
{
    if (file->open && is_still_ours(file))
        close(file->descriptor);
    file->open = false;
}
