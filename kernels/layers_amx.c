/* layers_amx.c - the tables of machines with AMX. */
#include "layers_amx.h"
#include "tables.h"

#define TABLE(text, of, verb)                                                  \
    {                                                                          \
        .name = text, .storage = of,                                           \
        .conv_pack_bytes = hp_conv_pack_bytes_##verb##_amx,                    \
        .conv_pack = hp_conv_pack_##verb##_amx,                                \
        .conv = hp_conv_run_##verb##_amx,                                      \
        .depthwise = hp_depthwise_##verb##_amx,                                \
        .first_pack_bytes = hp_first_pack_bytes_##verb##_amx,                  \
        .first_pack = hp_first_pack_##verb##_amx,                              \
        .first_scratch_bytes = hp_first_scratch_bytes_##verb##_amx,            \
        .first = hp_first_run_##verb##_amx, .import = hp_import_##verb##_amx,  \
        .add = hp_add_##verb##_amx, .export = hp_export_##verb##_amx,          \
    }

static const hp_layers split = TABLE("amx bf16x3", HP_STORAGE_SPLIT, split);
static const hp_layers bf16 = TABLE("amx bf16", HP_STORAGE_BF16, bf16);

const hp_layers *hp_layers_amx(hp_storage storage)
{
    return storage == HP_STORAGE_SPLIT  ? &split
           : storage == HP_STORAGE_BF16 ? &bf16
                                        : NULL;
}
