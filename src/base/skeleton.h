/* skeleton.h - the names of the keypoints and the limbs that join them: the
 * one table that the model check, the decoders, JSON and drawing share. */
#ifndef HP_SKELETON_H
#define HP_SKELETON_H

#include "hatpose.h"

/* Heatmaps: one per keypoint, then the background. PAFs: x and y a limb. Hat
 * maps: hat on a head, bare head. */
enum {
    HP_LIMB_COUNT = 19,
    HP_HEATMAP_COUNT = 19,
    HP_PAF_COUNT = 38,
    HP_HAT_MAP_COUNT = 2
};

typedef struct hp_limb_joints {
    int from, to; /* keypoints, 0..17 */
} hp_limb_joints;

/* "nose", .. in the order of the heatmaps. */
extern const char *const hp_keypoint_names[HATPOSE_KEYPOINT_COUNT];

/* In the order in which people are put together; the last two (shoulder to
 * ear) only help to do that and are not drawn. */
extern const hp_limb_joints hp_limbs[HP_LIMB_COUNT];

#endif
