/* memory.h - the caller's allocator, a budget, checked sizes, buffers.
 * The only module that calls malloc. */
#ifndef HP_MEMORY_H
#define HP_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "hatpose.h"

/* Every block is aligned for the widest vector and a cache line. */
enum { HP_ALIGNMENT_BYTES = 64 };

/* Where one owner (a model, a context, a result) takes its memory. Safe to
 * use from several threads when the host's functions are. */
typedef struct hp_memory {
    hatpose_host host;  /* complete: no NULL allocate or deallocate */
    size_t limit_bytes; /* 0 = none */
    atomic_size_t used_bytes;
} hp_memory;

/* A block that only grows. data NULL while capacity_bytes is 0. */
typedef struct hp_buffer {
    void *data;
    size_t capacity_bytes;
} hp_buffer;

/* host NULL, or its functions NULL: malloc and free, silent. */
void hp_memory_init(hp_memory *memory, const hatpose_host *host,
                    uint64_t limit_bytes);

/* *out is NULL unless HATPOSE_OK; contents are not set. bytes 0 gives a
 * valid block. HATPOSE_E_LIMIT over the budget (max_memory_bytes),
 * HATPOSE_E_MEMORY when the host has none; both name `what`. */
hatpose_status hp_allocate(hp_memory *memory, size_t bytes, const char *what,
                           void **out, hatpose_error *err);
/* count * element_bytes, checked, all zero. */
hatpose_status hp_allocate_array(hp_memory *memory, size_t count,
                                 size_t element_bytes, const char *what,
                                 void **out, hatpose_error *err);
void hp_deallocate(hp_memory *memory, void *block); /* NULL is fine */
size_t hp_block_bytes(const void *block);           /* as asked for */

/* At least `bytes`; what was in it is lost when it grows. */
hatpose_status hp_buffer_reserve(hp_memory *memory, hp_buffer *buffer,
                                 size_t bytes, const char *what,
                                 hatpose_error *err);
void hp_buffer_release(hp_memory *memory, hp_buffer *buffer);

/* False on overflow, *out untouched then. */
bool hp_size_multiply(size_t a, size_t b, size_t *out);
bool hp_size_add(size_t a, size_t b, size_t *out);

/* Sends one line to the host's log when its level asks for it. */
void hp_log(const hp_memory *memory, int32_t level, const char *message);

#endif
