/* winograd_avx512.c - winograd_template.h with AVX-512. */
#include "vector_avx512.h"

#include "winograd_template.h"
