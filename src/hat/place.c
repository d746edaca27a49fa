/* place.c - where on a person the middle of a piece of gear is expected: a
 * mean over the anchors that are found, each some head widths above its
 * joints. See docs/compat.md. */
#include "hat/place.h"

static void add_anchor(const hatpose_person *person,
                       const hp_gear_anchor *anchor, const hp_frame *frame,
                       double sum[3])
{
    bool has_a = hp_joint_is_found(person, anchor->joint_a);
    bool has_b = hp_joint_is_found(person, anchor->joint_b);
    const hatpose_keypoint *a =
        &person->keypoints[has_a ? anchor->joint_a : anchor->joint_b];
    const hatpose_keypoint *b =
        &person->keypoints[has_b ? anchor->joint_b : anchor->joint_a];
    double weight = has_a && has_b ? anchor->weight_both : anchor->weight_one;
    double up_px = anchor->up * frame->scale_px;

    if (!has_a && !has_b)
        return;
    sum[0] +=
        weight * (((double)a->x + (double)b->x) / 2 + up_px * frame->up_x);
    sum[1] +=
        weight * (((double)a->y + (double)b->y) / 2 + up_px * frame->up_y);
    sum[2] += weight;
}

bool hp_place_find(const hatpose_person *person, const hp_gear_place *kind,
                   hp_place *out)
{
    double sum[3] = {0, 0, 0}; /* x, y, weight */

    if (!hp_frame_find(person, kind->frame, &out->frame))
        return false;
    for (int i = 0; i < kind->anchor_count; i++)
        add_anchor(person, &kind->anchors[i], &out->frame, sum);
    if (sum[2] == 0 && kind->fallback.weight_both > 0)
        add_anchor(person, &kind->fallback, &out->frame, sum);
    if (sum[2] == 0)
        return false;
    out->x = sum[0] / sum[2] + kind->back * out->frame.back_x_px;
    out->y = sum[1] / sum[2] + kind->back * out->frame.back_y_px;
    return true;
}
