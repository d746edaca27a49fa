/* first_avx512.c - first_template.h with AVX-512. */
#include "vector_avx512.h"

#include "first_template.h"
