/* mapping.h - the four coordinate spaces and the only conversions.
 *
 * px: the user's picture. net_px: the network's input. map_px: its maps,
 * stride 8. up_px: the maps enlarged by 4 that compat decodes. In all of
 * them the centre of the first pixel is 0 (docs/algorithm.md,
 * "Coordinates"). */
#ifndef HP_MAPPING_H
#define HP_MAPPING_H

#include <stdbool.h>

#include "hatpose.h"

enum { HP_MAP_STRIDE = 8, HP_UP_RATIO = 4 };

typedef struct hp_mapping {
    bool compat;
    int width_px, height_px;
    /* The resized picture without padding: equal to the net sizes in best. */
    int resized_width_net_px, resized_height_net_px;
    int pad_left_net_px, pad_top_net_px;
    int width_net_px, height_net_px; /* network input, multiples of 8 */
    int width_map_px, height_map_px;
    double scale_x, scale_y; /* net_px per px; equal in compat */
} hp_mapping;

/* best: equal network area for every picture, no padding, each axis its own
 * scale (docs/algorithm.md, "Input: best"). A side over max_net_width_px is
 * cut. */
hatpose_status hp_mapping_best(int width_px, int height_px, int net_height_px,
                               int max_net_width_px, hp_mapping *out,
                               hatpose_error *err);

/* compat: height net_height_px, padded, never narrower than high
 * (docs/algorithm.md, "Input: compat"). Wider than max_net_width_px:
 * HATPOSE_E_LIMIT. */
hatpose_status hp_mapping_compat(int width_px, int height_px, int net_height_px,
                                 int max_net_width_px, hp_mapping *out,
                                 hatpose_error *err);

/* best: cell coordinates to px, not clamped. */
float hp_mapping_x_from_map(const hp_mapping *mapping, float x_map_px);
float hp_mapping_y_from_map(const hp_mapping *mapping, float y_map_px);

/* Either mode: where cells truly lie. The centre of cell (0, 0) in px, and
 * how far it is to the next. */
typedef struct hp_map_grid {
    double left_px, top_px, step_x_px, step_y_px;
} hp_map_grid;

void hp_mapping_grid(const hp_mapping *mapping, hp_map_grid *out);

/* compat: enlarged map to px, before the cut to whole pixels. */
double hp_mapping_x_from_up(const hp_mapping *mapping, double x_up_px);
double hp_mapping_y_from_up(const hp_mapping *mapping, double y_up_px);

#endif
