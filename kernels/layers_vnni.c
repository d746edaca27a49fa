/* layers_vnni.c - the table of machines with AVX-512 VNNI. */
#include "layers_vnni.h"
#include "tables.h"

static const hp_layers int8 = {
    .name = "avx512 vnni",
    .storage = HP_STORAGE_INT8,
    .product_pixels = 12,
    .conv_pack_bytes = hp_conv_pack_bytes_int8_vnni,
    .conv_pack = hp_conv_pack_int8_vnni,
    .conv_scratch_bytes = hp_conv_scratch_bytes_int8_vnni,
    .conv = hp_conv_run_int8_vnni,
    .depthwise = hp_depthwise_int8_vnni,
    .first_pack_bytes = hp_first_pack_bytes_int8_vnni,
    .first_pack = hp_first_pack_int8_vnni,
    .first_scratch_bytes = hp_first_scratch_bytes_int8_vnni,
    .first = hp_first_run_int8_vnni,
    .import = hp_import_int8_vnni,
    .add = hp_add_int8_vnni,
    .export = hp_export_int8_vnni,
};

const hp_layers *hp_layers_vnni(hp_storage storage)
{
    return storage == HP_STORAGE_INT8 ? &int8 : NULL;
}
