/* conv_int8_amx.c - product of pixels and weights in 8 bits, sums of whole
 * numbers. */
#include "conv_int8.h"
#include "layers_amx.h"

#define PARTS                          1
#define PRODUCT(sums, pixels, weights) _tile_dpbusd(sums, pixels, weights)

enum { STEP_BYTES = INT8_STEP_BYTES };

#include "conv_amx_template.h"

void hp_conv_run_int8_amx(const hp_conv_run *run)
{
    convolve(run);
}
