/* conv_avx512.c - dense layers in float: conv_template.h with AVX-512. */
#include "vector_avx512.h"

#include "conv_template.h"
