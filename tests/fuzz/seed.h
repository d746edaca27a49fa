/* seed.h - a file for a fuzzer to start from. */
#ifndef SEED_H
#define SEED_H

#include <stddef.h>

/* head and behind it count bytes of data. Ends the program when the file
 * cannot be written. */
void seed_save(const char *folder, const char *name, const char *head,
               const void *data, size_t count);

#endif
