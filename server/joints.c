/* joints.c - a person in whole px, as the old service saw it. In: keypoints
 * that are whole numbers already. Out: the points and boxes that its side
 * routes speak of. */
#include "joints.h"

#include <stddef.h>

enum {
    NOSE = 0,
    NECK = 1,
    RIGHT_SHOULDER = 2,
    LEFT_SHOULDER = 5,
    RIGHT_HIP = 8,
    RIGHT_KNEE = 9,
    LEFT_HIP = 11,
    LEFT_KNEE = 12,
    RIGHT_EYE = 14,
    LEFT_EYE = 15,
    RIGHT_EAR = 16,
    LEFT_EAR = 17,
    MISSING = -1
};

/* The skeleton without shoulder to ear. */
static const int limbs[][2] = {{1, 2},   {1, 5},   {2, 3}, {3, 4},  {5, 6},
                               {6, 7},   {1, 8},   {8, 9}, {9, 10}, {1, 11},
                               {11, 12}, {12, 13}, {1, 0}, {0, 14}, {14, 16},
                               {0, 15},  {15, 17}};

hps_joints hps_joints_of(const hatpose_person *person)
{
    hps_joints joints;

    for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++) {
        joints.at[k].x = (int)person->keypoints[k].x;
        joints.at[k].y = (int)person->keypoints[k].y;
    }
    return joints;
}

static int middle(int a, int b)
{
    return a < b ? a + (b - a) / 2 : b + (a - b) / 2;
}

static bool is_there(hps_point p)
{
    return p.x != MISSING && p.y != MISSING;
}

int hps_joints_head(const hps_joints *joints,
                    hps_point head[HPS_HEAD_POINTS_MOST])
{
    static const int face[] = {NOSE, RIGHT_EYE, LEFT_EYE};
    hps_point right = joints->at[RIGHT_EAR], left = joints->at[LEFT_EAR];
    int count = 0;

    if (is_there(right))
        head[count++] = right;
    if (is_there(left))
        head[count++] = left;
    if (count == 2)
        head[count++] =
            (hps_point){middle(right.x, left.x), middle(right.y, left.y)};
    for (size_t i = 0; i < sizeof face / sizeof *face; i++)
        if (is_there(joints->at[face[i]]))
            head[count++] = joints->at[face[i]];
    return count;
}

/* Missing is said by x alone here. */
static bool has(const hps_joints *joints, int joint)
{
    return joints->at[joint].x != MISSING;
}

static bool has_trunk(const hps_joints *joints)
{
    return has(joints, NECK) && has(joints, RIGHT_HIP) &&
           has(joints, LEFT_HIP) &&
           (has(joints, RIGHT_SHOULDER) || has(joints, LEFT_SHOULDER)) &&
           (has(joints, RIGHT_KNEE) || has(joints, LEFT_KNEE));
}

static void include(hps_box *box, hps_point p, bool is_first)
{
    if (is_first)
        *box = (hps_box){p.x, p.y, p.x, p.y};
    box->x1 = p.x < box->x1 ? p.x : box->x1;
    box->y1 = p.y < box->y1 ? p.y : box->y1;
    box->x2 = p.x > box->x2 ? p.x : box->x2;
    box->y2 = p.y > box->y2 ? p.y : box->y2;
}

bool hps_joints_body(const hps_joints *joints, hps_box *box)
{
    bool found = false;

    for (size_t i = 0; i < sizeof limbs / sizeof *limbs; i++) {
        if (!has(joints, limbs[i][0]) || !has(joints, limbs[i][1]))
            continue;
        for (int end = 0; end < 2; end++) {
            hps_point p = joints->at[limbs[i][end]];

            if (p.x < 0)
                continue;
            include(box, p, !found);
            found = true;
        }
    }
    return found && has_trunk(joints);
}
