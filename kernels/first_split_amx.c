/* first_split_amx.c - the first layer, from 8-bit pixels to SPLIT. */
#include "layers_amx.h"

#define STORAGE     HP_STORAGE_SPLIT
#define PARTS       2
#define FIRST(verb) hp_first_##verb##_split_amx

#include "finish_stored.h"
#include "first_amx_template.h"
