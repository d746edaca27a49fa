/* checksum_scalar.c - CRC-32 by zlib. */
#include <zlib.h>

#include "variants.h"

uint32_t hp_crc32_scalar(uint32_t crc, const uint8_t *bytes, size_t count)
{
    return (uint32_t)crc32_z(crc, bytes, count);
}
