/* elementwise_split_amx.c - sums of values, import and export, on SPLIT pixels.
 */
#include "layers_amx.h"

#define STORAGE HP_STORAGE_SPLIT
#define ADD     hp_add_split_amx
#define IMPORT  hp_import_split_amx
#define EXPORT  hp_export_split_amx

#include "stored_part_avx512.h"
#include "elementwise_stored_avx512.h"
