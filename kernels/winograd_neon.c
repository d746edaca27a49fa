/* winograd_neon.c - winograd_template.h with NEON. */
#include "vector_neon.h"

#include "winograd_template.h"
