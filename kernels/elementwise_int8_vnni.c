/* elementwise_int8_vnni.c - sums of values, import and export, on INT8
 * pixels. */
#include "codes_avx512.h"
#include "layers_vnni.h"

#define ADD    hp_add_int8_vnni
#define IMPORT hp_import_int8_vnni
#define EXPORT hp_export_int8_vnni

#include "elementwise_stored_avx512.h"
