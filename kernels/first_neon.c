/* first_neon.c - first_template.h with NEON. */
#include "vector_neon.h"

#include "first_template.h"
