/* seed.c - a file for a fuzzer to start from. */
#include "seed.h"

#include <stdio.h>
#include <stdlib.h>

void seed_save(const char *folder, const char *name, const char *head,
               const void *data, size_t count)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "wb");
    if (out == NULL || fputs(head, out) == EOF ||
        fwrite(data, 1, count, out) != count || fclose(out) != 0) {
        fprintf(stderr, "%s: cannot be written\n", path);
        exit(1);
    }
}
