/* skeleton.c - keypoints and limbs, as in docs/model-format.md. */
#include "base/skeleton.h"

const char *const hp_keypoint_names[HATPOSE_KEYPOINT_COUNT] = {
    "nose",        "neck",          "right_shoulder", "right_elbow",
    "right_wrist", "left_shoulder", "left_elbow",     "left_wrist",
    "right_hip",   "right_knee",    "right_ankle",    "left_hip",
    "left_knee",   "left_ankle",    "right_eye",      "left_eye",
    "right_ear",   "left_ear",
};

const hp_limb_joints hp_limbs[HP_LIMB_COUNT] = {
    {1, 2},   {1, 5},  {2, 3},   {3, 4},   {5, 6},   {6, 7}, {1, 8},
    {8, 9},   {9, 10}, {1, 11},  {11, 12}, {12, 13}, {1, 0}, {0, 14},
    {14, 16}, {0, 15}, {15, 17}, {2, 16},  {5, 17},
};
