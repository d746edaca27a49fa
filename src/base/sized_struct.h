/* sized_struct.h - structs that grow from release to release: their first
 * field is the size that the caller was compiled with (rule 3 of the ABI,
 * docs/abi.md). */
#ifndef HP_SIZED_STRUCT_H
#define HP_SIZED_STRUCT_H

#include <stddef.h>

#include "hatpose.h"

/* In: *known holds the library's defaults and gets what the caller gave, as
 * far as both know the struct. HATPOSE_E_ABI below minimum_bytes (the size
 * in release 1.0), HATPOSE_E_UNSUPPORTED when the caller set a field that
 * this library does not know. `name` goes into the message. */
hatpose_status hp_sized_struct_read(void *known, size_t known_bytes,
                                    size_t minimum_bytes, const void *given,
                                    const char *name, hatpose_error *err);

/* Out: fills as many bytes as the caller's struct_size says, zeros past
 * what the library knows. HATPOSE_E_ABI below minimum_bytes. */
hatpose_status hp_sized_struct_write(void *given, const void *known,
                                     size_t known_bytes,
                                     size_t minimum_bytes);

#endif
