/* stb_memory.h - what stb_image takes, out of our memory, and kept from one
 * picture to the next. */
#ifndef HP_STB_MEMORY_H
#define HP_STB_MEMORY_H

#include "base/memory.h"

/* All zero at first. */
typedef struct hp_stb_memory {
    struct hp_stb_block *blocks;
} hp_stb_memory;

/* All zero; NULL in *out unless HATPOSE_OK. */
hatpose_status hp_stb_memory_take(hp_memory *memory, hp_stb_memory *m,
                                  size_t bytes, void **out, hatpose_error *err);
/* *piece, maybe NULL, keeps its contents and may move; unchanged on failure. */
hatpose_status hp_stb_memory_resize(hp_memory *memory, hp_stb_memory *m,
                                    void **piece, size_t bytes,
                                    hatpose_error *err);
void hp_stb_memory_give(void *piece); /* NULL is fine */

/* Ends the picture: all is free again. What it took is held ready, so that
 * another picture of the kind allocates nothing; what it did not goes back. */
void hp_stb_memory_reset(hp_memory *memory, hp_stb_memory *m);
void hp_stb_memory_release(hp_memory *memory, hp_stb_memory *m);

#endif
