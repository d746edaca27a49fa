/* heatmap.h - maps enlarged by 4 as the original enlarges them: cubic,
 * bit for bit (docs/algorithm.md, "Enlargement"). */
#ifndef HP_HEATMAP_H
#define HP_HEATMAP_H

#include "image/mapping.h"
#include "kernels.h"

/* A plane enlarged along x only: `height` rows of 4 * width floats. */
void hp_heatmap_enlarge_x(const float *plane, int width, int height,
                          float *wide);

/* Row y_up of the enlarged plane, from what hp_heatmap_enlarge_x made. */
void hp_heatmap_enlarge_row(const hp_kernels *kernels, const float *wide,
                            int width, int height, int y_up, float *out);

#endif
