/* context_option.h - options that every command with a context knows. */
#ifndef CONTEXT_OPTION_H
#define CONTEXT_OPTION_H

#include <hatpose.h>

#include "option.h"

/* False: the user was told. */
bool context_option_mode(const option_reader *reader, const char *value,
                         hatpose_options *options);
bool context_option_size(const option_reader *reader, const char *value,
                         hatpose_options *options);
bool context_option_precision(const option_reader *reader, const char *value,
                              hatpose_options *options);
/* "amx,avx512": what is not to be used. */
bool context_option_cpu_off(const option_reader *reader, const char *value,
                            hatpose_options *options);
bool context_option_threads(const option_reader *reader, const char *value,
                            hatpose_options *options);

#endif
