/* sized_struct.c - copies between a caller's struct and ours, of whatever
 * release each is. */
#include "base/sized_struct.h"

#include <string.h>

#include "base/error.h"

/* No release will have a struct this long: a size above it was never set. */
enum { STRUCT_MAX_BYTES = 4096 };

static uint32_t size_of(const void *given)
{
    uint32_t bytes;

    memcpy(&bytes, given, sizeof bytes);
    return bytes;
}

hatpose_status hp_sized_struct_read(void *known, size_t known_bytes,
                                    size_t minimum_bytes, const void *given,
                                    const char *name, hatpose_error *err)
{
    const unsigned char *bytes = given;
    size_t given_bytes = size_of(given);

    if (given_bytes < minimum_bytes || given_bytes > STRUCT_MAX_BYTES)
        return hp_fail(err, HATPOSE_E_ABI,
                       "%s: struct_size is %zu, %zu to %d expected", name,
                       given_bytes, minimum_bytes, STRUCT_MAX_BYTES);
    for (size_t i = known_bytes; i < given_bytes; i++)
        if (bytes[i] != 0)
            return hp_fail(err, HATPOSE_E_UNSUPPORTED,
                           "%s: a field at byte %zu is newer than this "
                           "library",
                           name, i);
    memcpy(known, given, given_bytes < known_bytes ? given_bytes : known_bytes);
    return HATPOSE_OK;
}

hatpose_status hp_sized_struct_write(void *given, const void *known,
                                     size_t known_bytes, size_t minimum_bytes)
{
    uint32_t given_bytes = size_of(given);
    size_t shared = given_bytes < known_bytes ? given_bytes : known_bytes;

    if (given_bytes < minimum_bytes || given_bytes > STRUCT_MAX_BYTES)
        return HATPOSE_E_ABI;
    memcpy(given, known, shared);
    memset((unsigned char *)given + shared, 0, given_bytes - shared);
    memcpy(given, &given_bytes, sizeof given_bytes);
    return HATPOSE_OK;
}
