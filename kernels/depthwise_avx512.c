/* depthwise_avx512.c - depthwise_template.h with AVX-512. */
#include "vector_avx512.h"

#include "depthwise_template.h"
