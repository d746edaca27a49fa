/* context_option.c - options that every command with a context knows. In:
 * values as the user wrote them. Out: the library's options. */
#include "context_option.h"

#include <stdio.h>
#include <string.h>

#include "console.h"

enum { NET_HEIGHT_MOST_PX = 2048, THREADS_MOST = 256, STEP_PX = 8 };

bool context_option_mode(const option_reader *reader, const char *value,
                         hatpose_options *options)
{
    static const char *const words[] = {"best", "compat", NULL};
    int word;

    if (!option_word(reader, value, words, &word))
        return false;
    options->decode = word == 0 ? HATPOSE_DECODE_BEST : HATPOSE_DECODE_COMPAT;
    return true;
}

bool context_option_size(const option_reader *reader, const char *value,
                         hatpose_options *options)
{
    long height_px;

    if (!option_integer(reader, value, STEP_PX, NET_HEIGHT_MOST_PX, &height_px))
        return false;
    if (height_px % STEP_PX != 0) {
        console_usage("%s %s: wants a multiple of 8, such as %ld",
                      reader->spelled, value,
                      (height_px + STEP_PX / 2) / STEP_PX * STEP_PX);
        return false;
    }
    options->net_height_px = (uint32_t)height_px;
    return true;
}

bool context_option_precision(const option_reader *reader, const char *value,
                              hatpose_options *options)
{
    /* In the order of HATPOSE_PRECISION_*. */
    static const char *const words[] = {"auto", "f32", "bf16", "int8", NULL};
    int word;

    if (!option_word(reader, value, words, &word))
        return false;
    options->precision = (uint32_t)word;
    return true;
}

bool context_option_cpu_off(const option_reader *reader, const char *value,
                            hatpose_options *options)
{
    /* Word i is bit i of HATPOSE_CPU_*. */
    static const char *const words[] = {"avx2", "avx512", "neon", "amx",
                                        "vnni", "blas",   NULL};
    char one[16];
    int word;

    while (*value != '\0') {
        size_t length = strcspn(value, ",");

        snprintf(one, sizeof one, "%.*s", (int)(length < 15 ? length : 15),
                 value);
        if (!option_word(reader, one, words, &word))
            return false;
        options->cpu_off |= 1u << word;
        value += length + (value[length] == ',');
    }
    return true;
}

bool context_option_threads(const option_reader *reader, const char *value,
                            hatpose_options *options)
{
    long count;

    if (!option_integer(reader, value, 0, THREADS_MOST, &count))
        return false;
    options->thread_count = (uint32_t)count;
    return true;
}
