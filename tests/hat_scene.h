/* hat_scene.h - made-up figures and boxes for tests of the matcher. */
#ifndef HAT_SCENE_H
#define HAT_SCENE_H

#include "hat/matcher.h"

enum { SCENE_MOST_PEOPLE = 300, SCENE_MOST_HATS = 10000 };

typedef struct hat_scene {
    hatpose_person people[SCENE_MOST_PEOPLE];
    hatpose_hat hats[SCENE_MOST_HATS];
    hp_scene scene;
} hat_scene;

/* Nobody and nothing, in a picture of 4000 x 3000. */
void hat_scene_clear(hat_scene *scene);

/* A whole figure from the front; the head is head_px wide, its middle at
 * x, y. Gives its index. */
uint32_t hat_scene_add_person(hat_scene *scene, double x, double y,
                              double head_px);
uint32_t hat_scene_add_box(hat_scene *scene, uint32_t kind, double x, double y,
                           double width, double height);
/* A hat where it is worn by this figure. */
uint32_t hat_scene_add_hat(hat_scene *scene, double x, double y,
                           double head_px);

/* Forgets all answers, then matches; no failure is expected. */
void hat_scene_match(hat_scene *scene, uint32_t rule);

/* The same, with the status of a failure. */
hatpose_status hat_scene_try(hat_scene *scene, uint32_t rule,
                             hatpose_error *err);

#endif
