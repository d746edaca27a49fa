/* heap.c - memory of the command. In: sizes. Out: memory, or the end of the
 * program with one line and exit status 1. */
#include "heap.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

void heap_fail(void)
{
    fputs("hatpose: out of memory\n", stderr);
    exit(EXIT_SOME_FAILED);
}

static void *checked(void *block)
{
    if (block == NULL)
        heap_fail();
    return block;
}

void *heap_allocate(size_t bytes)
{
    return checked(malloc(bytes > 0 ? bytes : 1));
}

void *heap_grow(void *block, size_t *capacity, size_t count,
                size_t element_bytes)
{
    size_t wanted = *capacity;

    if (count <= wanted && block != NULL)
        return block;
    while (wanted < count || wanted == 0)
        wanted = wanted > SIZE_MAX / 2 ? count : wanted * 2 + 16;
    if (wanted > SIZE_MAX / element_bytes)
        return checked(NULL);
    block = checked(realloc(block, wanted * element_bytes));
    *capacity = wanted;
    return block;
}

char *heap_text(const char *text)
{
    size_t bytes = strlen(text) + 1;

    return memcpy(heap_allocate(bytes), text, bytes);
}

char *heap_print(const char *format, ...)
{
    va_list arguments;
    int length;
    char *text;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return checked(NULL);
    text = heap_allocate((size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}
