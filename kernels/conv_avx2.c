/* conv_avx2.c - dense layers in float: conv_template.h with AVX2. */
#include "vector_avx2.h"

#include "conv_template.h"
