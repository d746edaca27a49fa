/* disk.h - a whole file into memory. Not mapped: a file that is cut while it
 * is mapped would kill the process. */
#ifndef HP_DISK_H
#define HP_DISK_H

#include "base/memory.h"

/* Only a regular file; messages do not name the path. *out is the caller's
 * to deallocate. HATPOSE_E_IO with the system's reason, HATPOSE_E_MODEL_FORMAT
 * over most_bytes. */
hatpose_status hp_disk_read(hp_memory *memory, const char *utf8_path,
                            size_t most_bytes, void **out, size_t *bytes,
                            hatpose_error *err);

#endif
