/* layers_amx.h - the layers of machines with AMX, for each storage that they
 * compute with; contracts are in layer.h. Those of INT8 that take no tiles,
 * and its packed weights, are in layers_vnni.h. */
#ifndef HP_LAYERS_AMX_H
#define HP_LAYERS_AMX_H

#include "layer.h"

#define HP_DECLARE_DENSE_AMX(storage)                                          \
    void hp_conv_run_##storage##_amx(const hp_conv_run *run);                  \
    size_t hp_first_pack_bytes_##storage##_amx(int outputs);                   \
    void hp_first_pack_##storage##_amx(const float *weight, int outputs,       \
                                       void *packed);                          \
    size_t hp_first_scratch_bytes_##storage##_amx(int input_width);            \
    void hp_first_run_##storage##_amx(const hp_first_run *run)

#define HP_DECLARE_OTHERS_AMX(storage)                                         \
    size_t hp_conv_pack_bytes_##storage##_amx(int outputs, int inputs,         \
                                              int tap_count);                  \
    void hp_conv_pack_##storage##_amx(const hp_conv_weights *weights,          \
                                      void *packed);                           \
    void hp_depthwise_##storage##_amx(const hp_depthwise_run *run);            \
    void hp_import_##storage##_amx(const hp_import_run *run);                  \
    void hp_add_##storage##_amx(const hp_add_run *run);                        \
    void hp_export_##storage##_amx(const hp_export_run *run)

HP_DECLARE_DENSE_AMX(split);
HP_DECLARE_OTHERS_AMX(split);
HP_DECLARE_DENSE_AMX(bf16);
HP_DECLARE_OTHERS_AMX(bf16);
HP_DECLARE_DENSE_AMX(int8);

#endif
