/* first_bf16_amx.c - the first layer, from 8-bit pixels to BF16. */
#include "layers_amx.h"

#define STORAGE     HP_STORAGE_BF16
#define PARTS       1
#define FIRST(verb) hp_first_##verb##_bf16_amx

#include "finish_stored.h"
#include "first_amx_template.h"
