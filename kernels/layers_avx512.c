/* layers_avx512.c - layers_template.h with AVX-512. */
#include "vector_avx512.h"

#define TABLE_NAME "avx512"
#include "layers_template.h"
#include "tables.h"

const hp_layers *hp_layers_avx512(hp_storage storage)
{
    return storage == HP_STORAGE_F32 ? &float_layers : NULL;
}
