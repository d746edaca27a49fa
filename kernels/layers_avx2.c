/* layers_avx2.c - layers_template.h with AVX2. */
#include "vector_avx2.h"

#define TABLE_NAME "avx2"
#include "layers_template.h"
#include "tables.h"

const hp_layers *hp_layers_avx2(hp_storage storage)
{
    return storage == HP_STORAGE_F32 ? &float_layers : NULL;
}
