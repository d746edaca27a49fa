/* depthwise_avx2.c - depthwise_template.h with AVX2. */
#include "vector_avx2.h"

#include "depthwise_template.h"
