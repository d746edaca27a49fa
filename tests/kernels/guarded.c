/* guarded.c - see guarded.h. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "guarded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

guarded guarded_create(size_t bytes, bool at_end)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    guarded buffer = {.bytes = (bytes + 63) / 64 * 64};
    size_t room = (buffer.bytes + page - 1) / page * page;

    buffer.mapping_bytes = room + 2 * page;
    buffer.mapping = mmap(NULL, buffer.mapping_bytes, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    /* qemu takes no mprotect of nothing. */
    if (buffer.mapping == MAP_FAILED ||
        (room > 0 && mprotect((char *)buffer.mapping + page, room,
                              PROT_READ | PROT_WRITE) != 0)) {
        perror("mmap");
        exit(1);
    }
    char *first = (char *)buffer.mapping + page;
    buffer.data = at_end ? first + room - buffer.bytes : first;
    memset(buffer.data, 0xff, buffer.bytes);
    return buffer;
}

void guarded_destroy(guarded *buffer)
{
    munmap(buffer->mapping, buffer->mapping_bytes);
}
