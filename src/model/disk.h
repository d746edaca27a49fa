/* disk.h - a whole file into memory. Not mapped: a file that is cut while it
 * is mapped would kill the process. */
#ifndef HP_DISK_H
#define HP_DISK_H

#include <stdint.h>

#include "base/memory.h"

/* Open, to be read as often as is wanted; all zero: none. It stays the same
 * file when its name is given to another one. */
typedef struct hp_disk_file {
    bool open;
    int descriptor;
    uint64_t device, inode; /* what it was when it was opened */
    size_t bytes;
} hp_disk_file;

/* Only a regular file; messages do not name the path. HATPOSE_E_IO with the
 * system's reason, HATPOSE_E_MODEL_FORMAT over most_bytes. */
hatpose_status hp_disk_open(const char *utf8_path, size_t most_bytes,
                            hp_disk_file *file, hatpose_error *err);
/* All of it; *out is the caller's to deallocate. HATPOSE_E_IO also when the
 * program has closed the descriptor, as daemons do with all they know not. */
hatpose_status hp_disk_read(hp_memory *memory, const hp_disk_file *file,
                            void **out, hatpose_error *err);
void hp_disk_close(hp_disk_file *file); /* none is fine */

#endif
