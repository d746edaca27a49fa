/* frame.h - a small system of axes at a part of the body: where "up" is,
 * and how long a head is wide there. From whatever joints are visible. */
#ifndef HP_FRAME_H
#define HP_FRAME_H

#include <stdbool.h>

#include "hatpose.h"

typedef enum hp_frame_kind {
    HP_FRAME_HEAD,
    HP_FRAME_TORSO,
    HP_FRAME_RIGHT_ARM,
    HP_FRAME_LEFT_ARM,
    HP_FRAME_RIGHT_LEG,
    HP_FRAME_LEFT_LEG
} hp_frame_kind;

typedef struct hp_frame {
    double up_x, up_y; /* unit vector: crown of the head, or along a limb
                          towards its end */
    double scale_px;   /* width of the head seen from the front */
    /* From nose (or eyes) to ears, across up; 0 when one of them is hidden. */
    double back_x_px, back_y_px;
    int face_count; /* nose, eyes, ears that were found */
    bool has_neck;
} hp_frame;

/* Found by a matcher: a finite keypoint with a score. */
bool hp_joint_is_found(const hatpose_person *person, int joint);

/* False: too little is visible for this part. */
bool hp_frame_find(const hatpose_person *person, hp_frame_kind kind,
                   hp_frame *out);

#endif
