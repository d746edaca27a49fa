/* drawn_people.h - maps with people drawn by hand, as the network is taught
 * them: heatmaps of Gaussians, PAFs of unit vectors. */
#ifndef DRAWN_PEOPLE_H
#define DRAWN_PEOPLE_H

#include "base/skeleton.h"
#include "pose/pose.h"

typedef struct drawn_point {
    float x_map_px, y_map_px;
} drawn_point;

typedef struct drawn_figure {
    drawn_point joints[HATPOSE_KEYPOINT_COUNT];
    bool missing[HATPOSE_KEYPOINT_COUNT]; /* neither peak nor limbs */
    float peak, field; /* height of the heatmaps, length of the vectors */
} drawn_figure;

/* A standing figure, 18 cells high, that faces us; where its nose is. At
 * multiples of a quarter of a cell compat loses its peaks: they lie between
 * two enlarged pixels, which are then equal. */
drawn_figure drawn_figure_at(float x_map_px, float y_map_px);
/* The same seen in a mirror of a map `width` cells wide. */
drawn_figure drawn_figure_mirrored(const drawn_figure *figure, int width);

/* Empty maps with all thresholds the mode's own, and room for everybody.
 * Ends the program where there is no memory. */
hp_pose_input drawn_maps_create(int width_map_px, int height_map_px);
void drawn_maps_destroy(hp_pose_input *maps);
void drawn_maps_add(hp_pose_input *maps, const drawn_figure *figure);

#endif
