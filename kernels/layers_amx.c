/* layers_amx.c - the tables of machines with AMX. */
#include "layers_amx.h"
#include "layers_vnni.h"
#include "tables.h"

#define DENSE(verb)                                                            \
    .conv = hp_conv_run_##verb##_amx,                                          \
    .first_pack_bytes = hp_first_pack_bytes_##verb##_amx,                      \
    .first_pack = hp_first_pack_##verb##_amx,                                  \
    .first_scratch_bytes = hp_first_scratch_bytes_##verb##_amx,                \
    .first = hp_first_run_##verb##_amx

#define OTHERS(verb)                                                           \
    .conv_pack_bytes = hp_conv_pack_bytes_##verb,                              \
    .conv_pack = hp_conv_pack_##verb, .depthwise = hp_depthwise_##verb,        \
    .import = hp_import_##verb, .add = hp_add_##verb,                          \
    .export = hp_export_##verb

static const hp_layers split = {
    .name = "amx bf16x3",
    .storage = HP_STORAGE_SPLIT,
    .product_pixels = 16,
    DENSE(split),
    OTHERS(split_amx),
};

static const hp_layers bf16 = {
    .name = "amx bf16",
    .storage = HP_STORAGE_BF16,
    .product_pixels = 16,
    DENSE(bf16),
    OTHERS(bf16_amx),
};

static const hp_layers int8 = {
    .name = "amx int8",
    .storage = HP_STORAGE_INT8,
    .product_pixels = 16,
    DENSE(int8),
    .conv_scratch_bytes = hp_conv_scratch_bytes_int8_vnni,
    OTHERS(int8_vnni),
};

const hp_layers *hp_layers_amx(hp_storage storage)
{
    return storage == HP_STORAGE_SPLIT  ? &split
           : storage == HP_STORAGE_BF16 ? &bf16
           : storage == HP_STORAGE_INT8 ? &int8
                                        : NULL;
}
