/* memory.c - the only file that calls malloc.
 *
 * A block is preceded by one cache line that holds its size, because the
 * host's deallocate wants the size back and stb_image's realloc has none. */
/* For madvise, which POSIX lacks. */
#define _DEFAULT_SOURCE

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"

enum { HEADER_BYTES = HP_ALIGNMENT_BYTES };

/* Blocks from two of these on begin at one. */
enum { HUGE_PAGE_BYTES = 2 * 1024 * 1024 };

/* Large blocks are weights, maps and pictures: with huge pages, where they
 * are offered, the first touch costs a quarter and the start of a context 5
 * of 30 ms less. What does not fill a page stays as it was. */
static void *system_allocate(void *user, size_t bytes, size_t alignment)
{
    size_t whole = bytes - bytes % HUGE_PAGE_BYTES;
    bool is_large = bytes >= 2 * HUGE_PAGE_BYTES;
    void *block = NULL;

    (void)user;
    if (posix_memalign(&block, is_large ? HUGE_PAGE_BYTES : alignment, bytes) !=
        0)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (is_large)
        madvise(block, whole, MADV_HUGEPAGE); /* advice: may be refused */
#endif
    (void)whole;
    return block;
}

static void system_deallocate(void *user, void *block, size_t bytes)
{
    (void)user;
    (void)bytes;
    free(block);
}

void hp_memory_init(hp_memory *memory, const hatpose_host *host,
                    uint64_t limit_bytes)
{
    memset(&memory->host, 0, sizeof memory->host);
    if (host != NULL)
        memory->host = *host;
    if (memory->host.allocate == NULL || memory->host.deallocate == NULL) {
        memory->host.allocate = system_allocate;
        memory->host.deallocate = system_deallocate;
    }
    memory->limit_bytes =
        limit_bytes > SIZE_MAX ? SIZE_MAX : (size_t)limit_bytes;
    atomic_init(&memory->used_bytes, 0);
}

/* Adds to the budget's use; false if that would pass the limit. */
static bool reserve(hp_memory *memory, size_t bytes)
{
    size_t used = atomic_load(&memory->used_bytes);
    size_t sum;

    do {
        if (!hp_size_add(used, bytes, &sum))
            return false;
        if (memory->limit_bytes != 0 && sum > memory->limit_bytes)
            return false;
    } while (!atomic_compare_exchange_weak(&memory->used_bytes, &used, sum));
    return true;
}

hatpose_status hp_allocate(hp_memory *memory, size_t bytes, const char *what,
                           void **out, hatpose_error *err)
{
    size_t total;

    *out = NULL;
    if (!hp_size_add(bytes, HEADER_BYTES, &total))
        return hp_fail(err, HATPOSE_E_MEMORY, "%s: size overflows", what);
    if (!reserve(memory, total))
        return hp_fail(err, HATPOSE_E_LIMIT,
                       "%s: %zu bytes more than max_memory_bytes %zu allows",
                       what, bytes, memory->limit_bytes);
    unsigned char *base =
        memory->host.allocate(memory->host.user, total, HP_ALIGNMENT_BYTES);
    if (base == NULL) {
        atomic_fetch_sub(&memory->used_bytes, total);
        return hp_fail(err, HATPOSE_E_MEMORY, "%s: no memory for %zu bytes",
                       what, bytes);
    }
    memcpy(base, &bytes, sizeof bytes);
    *out = base + HEADER_BYTES;
    return HATPOSE_OK;
}

hatpose_status hp_allocate_array(hp_memory *memory, size_t count,
                                 size_t element_bytes, const char *what,
                                 void **out, hatpose_error *err)
{
    size_t bytes;

    *out = NULL;
    if (!hp_size_multiply(count, element_bytes, &bytes))
        return hp_fail(err, HATPOSE_E_MEMORY, "%s: size overflows", what);
    hatpose_status status = hp_allocate(memory, bytes, what, out, err);
    if (status == HATPOSE_OK)
        memset(*out, 0, bytes);
    return status;
}

size_t hp_block_bytes(const void *block)
{
    size_t bytes;

    memcpy(&bytes, (const unsigned char *)block - HEADER_BYTES, sizeof bytes);
    return bytes;
}

void hp_deallocate(hp_memory *memory, void *block)
{
    if (block == NULL)
        return;
    size_t total = hp_block_bytes(block) + HEADER_BYTES;
    memory->host.deallocate(memory->host.user,
                            (unsigned char *)block - HEADER_BYTES, total);
    atomic_fetch_sub(&memory->used_bytes, total);
}

hatpose_status hp_buffer_reserve(hp_memory *memory, hp_buffer *buffer,
                                 size_t bytes, const char *what,
                                 hatpose_error *err)
{
    if (bytes <= buffer->capacity_bytes)
        return HATPOSE_OK;
    /* Freed first: two copies of a large buffer would count against the
     * budget, and the old contents are not promised. */
    hp_buffer_release(memory, buffer);
    hatpose_status status =
        hp_allocate(memory, bytes, what, &buffer->data, err);
    if (status == HATPOSE_OK)
        buffer->capacity_bytes = bytes;
    return status;
}

void hp_buffer_release(hp_memory *memory, hp_buffer *buffer)
{
    hp_deallocate(memory, buffer->data);
    buffer->data = NULL;
    buffer->capacity_bytes = 0;
}

bool hp_size_multiply(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *out = a * b;
    return true;
}

bool hp_size_add(size_t a, size_t b, size_t *out)
{
    if (a > SIZE_MAX - b)
        return false;
    *out = a + b;
    return true;
}

void hp_log(const hp_memory *memory, int32_t level, const char *message)
{
    if (memory->host.log != NULL && level <= memory->host.log_level)
        memory->host.log(memory->host.user, level, message);
}
