/* layers_scalar.h - the portable kernels, one by one: other tables take from
 * them what they do not replace. */
#ifndef HP_LAYERS_SCALAR_H
#define HP_LAYERS_SCALAR_H

#include "layer.h"

size_t hp_conv_pack_bytes_scalar(int outputs, int inputs, int tap_count);
void hp_conv_pack_f32_scalar(const hp_conv_weights *weights, void *packed);
void hp_conv_pack_split_scalar(const hp_conv_weights *weights, void *packed);
void hp_conv_pack_bf16_scalar(const hp_conv_weights *weights, void *packed);
void hp_conv_pack_int8_scalar(const hp_conv_weights *weights, void *packed);
size_t hp_conv_scratch_bytes_scalar(int outputs, int inputs, int tap_count,
                                    int count);
void hp_conv_scalar(const hp_conv_run *run);
/* Pixels first .. first + count - 1 of a run as rows of floats [tap][input],
 * one after the other. */
void hp_conv_gather_scalar(const hp_conv_run *run, int first, int count,
                           float *row);

size_t hp_winograd_pack_bytes_scalar(int outputs, int inputs);
void hp_winograd_pack_scalar(const hp_conv_weights *weights, void *packed);
size_t hp_winograd_scratch_bytes_scalar(int outputs, int inputs);
void hp_winograd_scalar(const hp_winograd_run *run);

void hp_depthwise_scalar(const hp_depthwise_run *run);

size_t hp_first_pack_bytes_scalar(int outputs);
void hp_first_pack_scalar(const float *weight, int outputs, void *packed);
size_t hp_first_scratch_bytes_scalar(int input_width);
void hp_first_scalar(const hp_first_run *run);
void hp_import_scalar(const hp_import_run *run);

void hp_add_scalar(const hp_add_run *run);
void hp_export_scalar(const hp_export_run *run);

#endif
