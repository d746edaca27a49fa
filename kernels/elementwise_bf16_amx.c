/* elementwise_bf16_amx.c - sums of values, import and export, on BF16 pixels.
 */
#include "layers_amx.h"

#define STORAGE HP_STORAGE_BF16
#define ADD     hp_add_bf16_amx
#define IMPORT  hp_import_bf16_amx
#define EXPORT  hp_export_bf16_amx

#include "stored_part_avx512.h"
#include "elementwise_stored_avx512.h"
