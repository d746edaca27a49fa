/* jpeg_memory.h - what libjpeg takes, out of our memory, and kept from one
 * picture to the next. */
#ifndef HP_JPEG_MEMORY_H
#define HP_JPEG_MEMORY_H

#include <stdio.h>

#include <jpeglib.h>

#include "base/memory.h"

/* Called when there is no memory; does not return. */
typedef void (*hp_jpeg_fail_fn)(j_common_ptr jpeg, hatpose_status status);

/* All zero at first but the three that are the caller's. */
typedef struct hp_jpeg_memory {
    struct jpeg_memory_mgr methods; /* first: all that libjpeg knows */
    hp_memory *memory;
    hp_jpeg_fail_fn fail;
    hatpose_error *err; /* of the picture at hand; may be NULL */
    struct hp_jpeg_chunk *chunks, *current;
} hp_jpeg_memory;

/* Fills in the methods. Both of libjpeg's pools are one: what is permanent
 * to it ends with its picture here. */
void hp_jpeg_memory_init(hp_jpeg_memory *m);

/* Ends the picture: all of it is free again. What it took is held ready as
 * one block, so that another picture of the kind allocates nothing. */
void hp_jpeg_memory_reset(hp_jpeg_memory *m);
void hp_jpeg_memory_release(hp_jpeg_memory *m);

#endif
