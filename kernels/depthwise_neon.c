/* depthwise_neon.c - depthwise_template.h with NEON. */
#include "vector_neon.h"

#include "depthwise_template.h"
