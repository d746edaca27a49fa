/* first_avx2.c - first_template.h with AVX2. */
#include "vector_avx2.h"

#include "first_template.h"
