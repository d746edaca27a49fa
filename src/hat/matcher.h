/* matcher.h - people and boxes of hats (or other gear) in, who wears which
 * out. */
#ifndef HP_MATCHER_H
#define HP_MATCHER_H

#include <stdbool.h>

#include "base/memory.h"

/* Scratch of the matcher: reused from picture to picture, all zero at
 * first. */
typedef struct hp_matcher {
    hp_buffer rows, pairs, assignment;
} hp_matcher;

/* Read: keypoints of the people; left, top, width, height and kind of the
 * hats. Written: what the two structs say of hats. The rest stays. */
typedef struct hp_scene {
    hatpose_person *people;
    hatpose_hat *hats; /* NULL: no detector ran */
    uint32_t person_count, hat_count;
    uint32_t width_px, height_px; /* of the picture; compat needs them */
    bool refuse_boxless; /* compat: HATPOSE_E_ARGUMENT for a person without
                            a joint at x > 0, as the original fails */
} hp_scene;

/* Numbers that are not finite, mixed and unknown kinds: E_ARGUMENT; kinds
 * that the rule does not know: E_UNSUPPORTED. */
hatpose_status hp_hats_check(uint32_t rule, const hatpose_hat *hats,
                             uint32_t hat_count, hatpose_error *err);

/* The hats have been checked. rule: HATPOSE_HATS_*. */
hatpose_status hp_hats_match(hp_memory *memory, hp_matcher *matcher,
                             uint32_t rule, const hp_scene *scene,
                             hatpose_error *err);
void hp_matcher_release(hp_memory *memory, hp_matcher *matcher);

#endif
