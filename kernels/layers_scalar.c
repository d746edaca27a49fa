/* layers_scalar.c - the tables of the portable kernels. */
#include "layers_scalar.h"

#include "tables.h"

#define SCALAR_LAYERS(storage_, pack, winograd_offered)                        \
    {                                                                          \
        .name = "scalar", .storage = storage_,                                 \
        .product_pixels = 12, /* of conv_scalar.c, winograd_scalar.c */        \
            .conv_pack_bytes = hp_conv_pack_bytes_scalar, .conv_pack = pack,   \
        .conv_scratch_bytes = hp_conv_scratch_bytes_scalar,                    \
        .conv = hp_conv_scalar,                                                \
        .winograd_pack_bytes =                                                 \
            (winograd_offered) ? hp_winograd_pack_bytes_scalar : NULL,         \
        .winograd_pack = (winograd_offered) ? hp_winograd_pack_scalar : NULL,  \
        .winograd_scratch_bytes =                                              \
            (winograd_offered) ? hp_winograd_scratch_bytes_scalar : NULL,      \
        .winograd = (winograd_offered) ? hp_winograd_scalar : NULL,            \
        .depthwise = hp_depthwise_scalar,                                      \
        .first_pack_bytes = hp_first_pack_bytes_scalar,                        \
        .first_pack = hp_first_pack_scalar,                                    \
        .first_scratch_bytes = hp_first_scratch_bytes_scalar,                  \
        .first = hp_first_scalar, .import = hp_import_scalar,                  \
        .add = hp_add_scalar, .export = hp_export_scalar,                      \
    }

const hp_layers *hp_layers_scalar(hp_storage storage)
{
    static const hp_layers tables[] = {
        [HP_STORAGE_F32] =
            SCALAR_LAYERS(HP_STORAGE_F32, hp_conv_pack_f32_scalar, true),
        [HP_STORAGE_SPLIT] =
            SCALAR_LAYERS(HP_STORAGE_SPLIT, hp_conv_pack_split_scalar, true),
        [HP_STORAGE_BF16] =
            SCALAR_LAYERS(HP_STORAGE_BF16, hp_conv_pack_bf16_scalar, true),
        /* Transformed codes would not be codes any more. */
        [HP_STORAGE_INT8] =
            SCALAR_LAYERS(HP_STORAGE_INT8, hp_conv_pack_int8_scalar, false),
    };

    return &tables[storage];
}
