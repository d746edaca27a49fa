/* conv_split_amx.c - product of pixels and weights, both as the sum of two
 * bf16: three products of tiles, sums in float. The fourth, low * low, is
 * below what float keeps of the others. */
#include "layers_amx.h"

#define STORAGE    HP_STORAGE_SPLIT
#define PARTS      2
#define CONV(verb) hp_conv_##verb##_split_amx

#include "conv_stored_amx.h"
