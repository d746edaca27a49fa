/* depthwise_bf16_amx.c - 3x3, a channel by itself, on BF16 pixels. */
#include "layers_amx.h"

#define STORAGE   HP_STORAGE_BF16
#define DEPTHWISE hp_depthwise_bf16_amx

#include "depthwise_stored_avx512.h"
