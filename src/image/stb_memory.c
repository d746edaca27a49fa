/* stb_memory.c - pieces for stb_image, which asks for some ten a picture,
 * up to its size, and gives each back as soon as it can. A piece that was
 * given back is taken again for another of about its size. */
#include "image/stb_memory.h"

#include <stdint.h>
#include <string.h>

typedef struct hp_stb_block {
    struct hp_stb_block *next;
    size_t capacity_bytes, bytes; /* there are, were asked for */
    bool is_taken;
    bool is_needed; /* by the picture at hand */
} block;

enum {
    /* The header is followed by the piece on the next aligned place. */
    HEADER_BYTES = HP_ALIGNMENT_BYTES,
    /* A piece may lie in a block of twice its size and this: a small one must
     * not hold the room of a picture. */
    SPARE_BYTES = 4096
};

static block *block_of(void *piece)
{
    return (block *)(void *)((unsigned char *)piece - HEADER_BYTES);
}

static void *piece_of(block *b)
{
    return (unsigned char *)b + HEADER_BYTES;
}

/* The smallest free one that fits; NULL if there is none. */
static block *find_free(const hp_stb_memory *m, size_t bytes)
{
    block *best = NULL;

    for (block *b = m->blocks; b != NULL; b = b->next)
        if (!b->is_taken && b->capacity_bytes >= bytes &&
            b->capacity_bytes / 2 <= bytes + SPARE_BYTES / 2 &&
            (best == NULL || b->capacity_bytes < best->capacity_bytes))
            best = b;
    return best;
}

/* Gives back what is free, or only what the picture did not need. */
static void drop_free(hp_memory *memory, hp_stb_memory *m, bool needed_too)
{
    for (block **at = &m->blocks; *at != NULL;) {
        block *b = *at;

        if (b->is_taken || (b->is_needed && !needed_too)) {
            at = &b->next;
            continue;
        }
        *at = b->next;
        hp_deallocate(memory, b);
    }
}

static hatpose_status add_block(hp_memory *memory, hp_stb_memory *m,
                                size_t bytes, block **out, hatpose_error *err)
{
    void *memory_block;
    size_t total;

    if (!hp_size_add(bytes, HEADER_BYTES, &total))
        total = SIZE_MAX;
    hatpose_status status = hp_allocate(memory, total, "picture being decoded",
                                        &memory_block, err);
    /* What is held ready must not break the budget. */
    if (status == HATPOSE_E_LIMIT) {
        drop_free(memory, m, true);
        status = hp_allocate(memory, total, "picture being decoded",
                             &memory_block, err);
    }
    if (status != HATPOSE_OK)
        return status;
    *out = memory_block;
    **out = (block){.next = m->blocks, .capacity_bytes = bytes};
    m->blocks = *out;
    return HATPOSE_OK;
}

hatpose_status hp_stb_memory_take(hp_memory *memory, hp_stb_memory *m,
                                  size_t bytes, void **out, hatpose_error *err)
{
    block *b = find_free(m, bytes);
    hatpose_status status = HATPOSE_OK;

    *out = NULL;
    if (b == NULL)
        status = add_block(memory, m, bytes, &b, err);
    if (status != HATPOSE_OK)
        return status;
    b->is_taken = b->is_needed = true;
    b->bytes = bytes;
    *out = piece_of(b);
    /* Damaged files leave parts of it unwritten: answers must not depend on
     * what was there before. */
    memset(*out, 0, bytes);
    return HATPOSE_OK;
}

hatpose_status hp_stb_memory_resize(hp_memory *memory, hp_stb_memory *m,
                                    void **piece, size_t bytes,
                                    hatpose_error *err)
{
    void *moved;
    hatpose_status status = hp_stb_memory_take(memory, m, bytes, &moved, err);

    if (status != HATPOSE_OK)
        return status;
    if (*piece != NULL) {
        const size_t held = block_of(*piece)->bytes;
        memcpy(moved, *piece, held < bytes ? held : bytes);
        hp_stb_memory_give(*piece);
    }
    *piece = moved;
    return HATPOSE_OK;
}

void hp_stb_memory_give(void *piece)
{
    if (piece != NULL)
        block_of(piece)->is_taken = false;
}

void hp_stb_memory_reset(hp_memory *memory, hp_stb_memory *m)
{
    for (block *b = m->blocks; b != NULL; b = b->next)
        b->is_taken = false;
    drop_free(memory, m, false);
    for (block *b = m->blocks; b != NULL; b = b->next)
        b->is_needed = false;
}

void hp_stb_memory_release(hp_memory *memory, hp_stb_memory *m)
{
    for (block *b = m->blocks; b != NULL; b = b->next)
        b->is_taken = false;
    drop_free(memory, m, true);
}
