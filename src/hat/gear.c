/* gear.c - anchors and sizes of hats, vests, gloves, boots and masks. All
 * lengths are in widths of the head. The numbers of the hat come from
 * training/fit_hats.py, the others from the proportions of the body. To add
 * a kind, add a row. */
#include "hat/gear.h"

#include <assert.h>

static const hp_gear hat = {
    .place_count = 1,
    .places = {{.frame = HP_FRAME_HEAD,
                .anchor_count = 3,
                .anchors = {{16, 17, 0.47, 1, 0.6},
                            {14, 15, 0.45, 1, 0.6},
                            {0, 0, 0.64, 0.5, 0.5}},
                .fallback = {1, 1, 1.65, 0.3, 0.3},
                .back = 0.32}},
    .size = 1.80,
    .drop = 0.23,
    .over_sigma = 0.29,
    .under_sigma = 0.54,
    .side_sigma = 0.27,
    .size_sigma = 0.42,
    .can_be_held = true,
};

static const hp_gear vest = {
    .place_count = 1,
    .places = {{.frame = HP_FRAME_TORSO,
                .anchor_count = 2,
                .anchors = {{1, 1, -1.2, 1, 1}, {8, 11, 1.4, 1, 0.6}}}},
    .size = 2.4,
    .over_sigma = 0.7,
    .under_sigma = 0.7,
    .side_sigma = 0.6,
    .size_sigma = 0.45,
};

static const hp_gear glove = {
    .place_count = 2,
    .places = {{.frame = HP_FRAME_RIGHT_ARM,
                .anchor_count = 1,
                .anchors = {{4, 4, 0.35, 1, 1}}},
               {.frame = HP_FRAME_LEFT_ARM,
                .anchor_count = 1,
                .anchors = {{7, 7, 0.35, 1, 1}}}},
    .size = 0.8,
    .over_sigma = 0.4,
    .under_sigma = 0.4,
    .side_sigma = 0.4,
    .size_sigma = 0.5,
};

static const hp_gear boot = {
    .place_count = 2,
    .places = {{.frame = HP_FRAME_RIGHT_LEG,
                .anchor_count = 1,
                .anchors = {{10, 10, 0.25, 1, 1}}},
               {.frame = HP_FRAME_LEFT_LEG,
                .anchor_count = 1,
                .anchors = {{13, 13, 0.25, 1, 1}}}},
    .size = 1.2,
    .over_sigma = 0.5,
    .under_sigma = 0.5,
    .side_sigma = 0.5,
    .size_sigma = 0.5,
};

static const hp_gear mask = {
    .place_count = 1,
    .places = {{.frame = HP_FRAME_HEAD,
                .anchor_count = 3,
                .anchors = {{0, 0, -0.2, 1, 1},
                            {14, 15, -0.45, 1, 0.6},
                            {16, 17, -0.3, 0.5, 0.2}}}},
    .size = 0.75,
    .over_sigma = 0.35,
    .under_sigma = 0.35,
    .side_sigma = 0.35,
    .size_sigma = 0.45,
};

/* By HATPOSE_GEAR_*. */
static const hp_gear *const gears[] = {&hat, &vest, &glove, &boot, &mask};

const hp_gear *hp_gear_of(uint32_t kind)
{
    assert(kind < sizeof gears / sizeof gears[0]);
    return gears[kind];
}
