/* depthwise_split_amx.c - 3x3, a channel by itself, on SPLIT pixels. */
#include "layers_amx.h"

#define STORAGE   HP_STORAGE_SPLIT
#define DEPTHWISE hp_depthwise_split_amx

#include "depthwise_stored_avx512.h"
