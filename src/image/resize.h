/* resize.h - bilinear on 8-bit pixels as OpenCV computes it, bit for bit
 * (docs/algorithm.md, "Input: compat"). Maps are enlarged by pose/heatmap.h. */
#ifndef HP_RESIZE_H
#define HP_RESIZE_H

#include "base/memory.h"
#include "image/pixels.h"
#include "kernels.h"

/* Keeps its tables and rows between calls; all zero at first but the
 * kernels. */
typedef struct hp_resizer {
    const hp_kernels *kernels; /* the caller's */
    hp_buffer tables;
} hp_resizer;

/* The output. step_x and step_y are source pixels per output pixel: 1/f
 * exactly when a factor f was given, in/out when a size was. If a factor is
 * not 1, the source is first averaged over blocks of factor_x x factor_y
 * (those at the right and lower edge may be smaller), and steps are in
 * pixels of what comes out. */
typedef struct hp_resize_to {
    int width_px, height_px;
    double step_x, step_y;
    int factor_x, factor_y; /* 1 .. HP_SUM_ROWS_MAX */
} hp_resize_to;

/* 8-bit pixels of any format; the output has the same channels. */
hatpose_status hp_resize_linear_u8(hp_memory *memory, hp_resizer *resizer,
                                   const hp_pixels *source,
                                   const hp_resize_to *to, uint8_t *out,
                                   size_t out_stride_bytes, hatpose_error *err);
void hp_resizer_release(hp_memory *memory, hp_resizer *resizer);

#endif
