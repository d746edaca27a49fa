/* joints.h - a person in whole px, as the old service saw it. */
#ifndef HPS_JOINTS_H
#define HPS_JOINTS_H

#include <stdbool.h>

#include <hatpose.h>

enum { HPS_HEAD_POINTS_MOST = 6 };

typedef struct hps_point {
    int x, y; /* both -1: not found */
} hps_point;

typedef struct hps_box {
    int x1, y1, x2, y2;
} hps_box;

typedef struct hps_joints {
    hps_point at[HATPOSE_KEYPOINT_COUNT];
} hps_joints;

/* The result has to be of DECODE_COMPAT. */
hps_joints hps_joints_of(const hatpose_person *person);

/* Right ear, left ear, their middle when both are there, nose, right eye,
 * left eye: as far as they are there. Returns how many. */
int hps_joints_head(const hps_joints *joints,
                    hps_point head[HPS_HEAD_POINTS_MOST]);

/* Version 8's box: around the ends of whole limbs (x from 0 on), for people
 * with neck, both hips, a shoulder and a knee. False: somebody else. */
bool hps_joints_body(const hps_joints *joints, hps_box *box);

#endif
