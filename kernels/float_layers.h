/* float_layers.h - the float layers of each instruction set; contracts are
 * in layer.h. Every one of them is made of the same templates. */
#ifndef HP_FLOAT_LAYERS_H
#define HP_FLOAT_LAYERS_H

#include "layer.h"

#define HP_DECLARE_FLOAT_LAYERS(isa)                                           \
    size_t hp_conv_pack_bytes_f32_##isa(int outputs, int inputs,               \
                                        int tap_count);                        \
    void hp_conv_pack_f32_##isa(const hp_conv_weights *weights, void *packed); \
    void hp_conv_f32_##isa(const hp_conv_run *run);                            \
    size_t hp_winograd_pack_bytes_f32_##isa(int outputs, int inputs);          \
    void hp_winograd_pack_f32_##isa(const hp_conv_weights *weights,            \
                                    void *packed);                             \
    size_t hp_winograd_scratch_bytes_f32_##isa(int outputs, int inputs);       \
    void hp_winograd_f32_##isa(const hp_winograd_run *run);                    \
    void hp_depthwise_f32_##isa(const hp_depthwise_run *run);                  \
    size_t hp_first_pack_bytes_f32_##isa(int outputs);                         \
    void hp_first_pack_f32_##isa(const float *weight, int outputs,             \
                                 void *packed);                                \
    size_t hp_first_scratch_bytes_f32_##isa(int input_width);                  \
    void hp_first_f32_##isa(const hp_first_run *run);                          \
    void hp_import_f32_##isa(const hp_import_run *run);                        \
    void hp_add_f32_##isa(const hp_add_run *run);                              \
    void hp_export_f32_##isa(const hp_export_run *run)

HP_DECLARE_FLOAT_LAYERS(avx512);
HP_DECLARE_FLOAT_LAYERS(avx2);
HP_DECLARE_FLOAT_LAYERS(neon);

#endif
