/* winograd_avx2.c - winograd_template.h with AVX2. */
#include "vector_avx2.h"

#include "winograd_template.h"
