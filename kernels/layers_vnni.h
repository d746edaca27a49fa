/* layers_vnni.h - the layers of INT8 on AVX-512 with VNNI; contracts are in
 * layer.h. */
#ifndef HP_LAYERS_VNNI_H
#define HP_LAYERS_VNNI_H

#include "layer.h"

size_t hp_conv_pack_bytes_int8_vnni(int outputs, int inputs, int tap_count);
void hp_conv_pack_int8_vnni(const hp_conv_weights *weights, void *packed);
size_t hp_conv_scratch_bytes_int8_vnni(int outputs, int inputs, int tap_count,
                                       int count);
void hp_conv_run_int8_vnni(const hp_conv_run *run);
void hp_depthwise_int8_vnni(const hp_depthwise_run *run);
size_t hp_first_pack_bytes_int8_vnni(int outputs);
void hp_first_pack_int8_vnni(const float *weight, int outputs, void *packed);
size_t hp_first_scratch_bytes_int8_vnni(int input_width);
void hp_first_run_int8_vnni(const hp_first_run *run);
void hp_import_int8_vnni(const hp_import_run *run);
void hp_add_int8_vnni(const hp_add_run *run);
void hp_export_int8_vnni(const hp_export_run *run);

#endif
