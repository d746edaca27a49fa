/* guarded.c - see guarded.h. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "guarded.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

guarded guarded_create(size_t count, bool at_end)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t bytes = (count * sizeof(float) + page - 1) / page * page;
    guarded buffer = {.count = count, .mapping_bytes = bytes + 2 * page};

    buffer.mapping = mmap(NULL, buffer.mapping_bytes, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer.mapping == MAP_FAILED ||
        mprotect((char *)buffer.mapping + page, bytes,
                 PROT_READ | PROT_WRITE) != 0) {
        perror("mmap");
        exit(1);
    }
    char *first = (char *)buffer.mapping + page;
    buffer.data =
        (float *)(void *)(at_end ? first + bytes - count * sizeof(float)
                                 : first);
    for (size_t i = 0; i < count; i++)
        buffer.data[i] = NAN;
    return buffer;
}

void guarded_destroy(guarded *buffer)
{
    munmap(buffer->mapping, buffer->mapping_bytes);
}
