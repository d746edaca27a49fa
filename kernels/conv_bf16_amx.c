/* conv_bf16_amx.c - product of pixels and weights in bf16: one product of
 * tiles, sums in float. */
#include "layers_amx.h"

#define STORAGE    HP_STORAGE_BF16
#define PARTS      1
#define CONV(verb) hp_conv_##verb##_bf16_amx

#include "conv_stored_amx.h"
