/* first_int8_amx.c - the first layer, from 8-bit pixels to INT8. */
#include "layers_amx.h"

#define FIRST(verb) hp_first_##verb##_int8_amx

#define sum_load(from)          vec_load((const float *)(from))
#define scale_load(scale, part) vec_all(((void)(part), *(scale)))

#include "finish_codes.h"
#include "first_amx_template.h"
