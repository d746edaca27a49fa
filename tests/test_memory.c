/* test_memory.c - the budget holds, sizes cannot overflow, nothing leaks. */
#include "base/memory.h"

#include <stdint.h>
#include <string.h>

#include "check.h"

static void block_is_aligned_and_counted(void)
{
    hp_memory memory;
    hatpose_error err;
    void *block;

    hp_memory_init(&memory, NULL, 0);
    CHECK(hp_allocate(&memory, 100, "x", &block, &err) == HATPOSE_OK);
    CHECK((uintptr_t)block % HP_ALIGNMENT_BYTES == 0);
    CHECK(hp_block_bytes(block) == 100);
    CHECK(atomic_load(&memory.used_bytes) >= 100);
    hp_deallocate(&memory, block);
    CHECK(atomic_load(&memory.used_bytes) == 0);
}

static void budget_is_kept_and_named(void)
{
    hp_memory memory;
    hatpose_error err;
    void *block;

    hp_memory_init(&memory, NULL, 1000);
    CHECK(hp_allocate(&memory, 5000, "arena", &block, &err) == HATPOSE_E_LIMIT);
    CHECK(block == NULL);
    CHECK(strstr(err.message, "arena") != NULL);
    CHECK(strstr(err.message, "max_memory_bytes") != NULL);
    CHECK(atomic_load(&memory.used_bytes) == 0);
}

static void sizes_do_not_overflow(void)
{
    hp_memory memory;
    void *block;
    size_t product = 7;

    hp_memory_init(&memory, NULL, 0);
    CHECK(hp_allocate_array(&memory, SIZE_MAX / 2, 3, "x", &block, NULL) ==
          HATPOSE_E_MEMORY);
    CHECK(hp_allocate(&memory, SIZE_MAX - 8, "x", &block, NULL) ==
          HATPOSE_E_MEMORY);
    CHECK(!hp_size_multiply(SIZE_MAX, 2, &product) && product == 7);
    CHECK(hp_size_multiply(0, SIZE_MAX, &product) && product == 0);
}

static void buffer_grows_and_is_kept(void)
{
    hp_memory memory;
    hp_buffer buffer = {NULL, 0};

    hp_memory_init(&memory, NULL, 0);
    CHECK(hp_buffer_reserve(&memory, &buffer, 10, "b", NULL) == HATPOSE_OK);
    void *first = buffer.data;
    CHECK(hp_buffer_reserve(&memory, &buffer, 4, "b", NULL) == HATPOSE_OK);
    CHECK(buffer.data == first && buffer.capacity_bytes == 10);
    CHECK(hp_buffer_reserve(&memory, &buffer, 900, "b", NULL) == HATPOSE_OK);
    CHECK(buffer.capacity_bytes == 900);
    hp_buffer_release(&memory, &buffer);
    CHECK(atomic_load(&memory.used_bytes) == 0);
}

int main(void)
{
    RUN(block_is_aligned_and_counted);
    RUN(budget_is_kept_and_named);
    RUN(sizes_do_not_overflow);
    RUN(buffer_grows_and_is_kept);
    CHECK_EXIT();
}
