/* layers_neon.c - layers_template.h with NEON. */
#include "vector_neon.h"

#define TABLE_NAME "neon"
#include "layers_template.h"
#include "tables.h"

const hp_layers *hp_layers_neon(hp_storage storage)
{
    return storage == HP_STORAGE_F32 ? &float_layers : NULL;
}
