/* conv_neon.c - dense layers in float: conv_template.h with NEON. */
#include "vector_neon.h"

#include "conv_template.h"
