/* cutouts.h - many small pictures that wait on disk, not in memory. */
#ifndef CUTOUTS_H
#define CUTOUTS_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "pixmap.h"

typedef struct cutouts { /* all zero: none */
    FILE *file;          /* temporary, without a name */
    off_t end_bytes;
    bytes encoded;
} cutouts;

typedef struct cutout { /* where one lies */
    off_t at_bytes;
    size_t count_bytes;
} cutout;

/* False: err says why, HATPOSE_E_IO for the file. */
bool cutouts_store(cutouts *c, hatpose_context *context, pixmap *picture,
                   cutout *place, hatpose_error *err);
bool cutouts_load(cutouts *c, hatpose_context *context, const cutout *place,
                  pixmap *picture, hatpose_error *err);
void cutouts_release(cutouts *c);

#endif
