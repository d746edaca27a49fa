/* gear.h - where each kind of gear sits on a body, as data. */
#ifndef HP_GEAR_H
#define HP_GEAR_H

#include "hat/frame.h"

enum { HP_GEAR_MOST_ANCHORS = 4, HP_GEAR_MOST_PLACES = 2 };

/* The middle of two joints (or the one that is found, or one joint twice)
 * and how far above it the middle of the box is, in widths of the head. */
typedef struct hp_gear_anchor {
    int joint_a, joint_b;
    double up;
    double weight_both, weight_one;
} hp_gear_anchor;

typedef struct hp_gear_place {
    hp_frame_kind frame;
    int anchor_count;
    hp_gear_anchor anchors[HP_GEAR_MOST_ANCHORS];
    /* Used only when no anchor is found; weight_both 0: there is none. */
    hp_gear_anchor fallback;
    /* How far the box is moved from nose to ears, in their distance across
     * "up": nothing from the front, backwards in profile. */
    double back;
} hp_gear_place;

typedef struct hp_gear {
    int place_count;
    hp_gear_place places[HP_GEAR_MOST_PLACES];
    double size; /* sqrt(width * height) */
    /* How much lower the middle of a box lies that is larger by 1: 0.5 when
     * all boxes end at the same height, whether they hold the hat alone or
     * the face as well. */
    double drop;
    /* Of the middle of the box: above its place, below it, beside it. */
    double over_sigma, under_sigma, side_sigma;
    double size_sigma; /* of the logarithm of the size */
    bool can_be_held;  /* seen in hands as well */
} hp_gear;

/* kind: HATPOSE_GEAR_*. */
const hp_gear *hp_gear_of(uint32_t kind);

#endif
