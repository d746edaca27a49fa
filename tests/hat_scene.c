/* hat_scene.c - figures of one proportion: lengths in widths of the head. */
#include "hat_scene.h"

#include <stdlib.h>
#include <string.h>

/* x, y from the middle of the head, keypoints in the library's order. */
static const double figure[HATPOSE_KEYPOINT_COUNT][2] = {
    {0, 0.2},   {0, 1.3},   {-1, 1.4},   {-1.25, 3},  {-1.3, 4.4}, {1, 1.4},
    {1.25, 3},  {1.3, 4.4}, {-0.6, 4.2}, {-0.6, 6.6}, {-0.6, 8.8}, {0.6, 4.2},
    {0.6, 6.6}, {0.6, 8.8}, {-0.2, 0},   {0.2, 0},    {-0.5, 0.1}, {0.5, 0.1},
};

void hat_scene_clear(hat_scene *scene)
{
    memset(scene, 0, sizeof *scene);
    scene->scene.people = scene->people;
    scene->scene.hats = scene->hats;
    scene->scene.width_px = 4000;
    scene->scene.height_px = 3000;
}

uint32_t hat_scene_add_person(hat_scene *scene, double x, double y,
                              double head_px)
{
    uint32_t index = scene->scene.person_count++;

    for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++)
        scene->people[index].keypoints[k] =
            (hatpose_keypoint){(float)(x + head_px * figure[k][0]),
                               (float)(y + head_px * figure[k][1]), 0.9F};
    return index;
}

uint32_t hat_scene_add_box(hat_scene *scene, uint32_t kind, double x, double y,
                           double width, double height)
{
    uint32_t index = scene->scene.hat_count++;

    scene->hats[index] = (hatpose_hat){.left = x - width / 2,
                                       .top = y - height / 2,
                                       .width = width,
                                       .height = height,
                                       .score = 0.8F,
                                       .kind = kind};
    return index;
}

uint32_t hat_scene_add_hat(hat_scene *scene, double x, double y, double head_px)
{
    return hat_scene_add_box(scene, HATPOSE_GEAR_HAT, x, y - 0.55 * head_px,
                             1.3 * head_px, 1.3 * head_px);
}

hatpose_status hat_scene_try(hat_scene *scene, uint32_t rule,
                             hatpose_error *err)
{
    hp_memory memory;
    hp_matcher matcher;

    for (uint32_t i = 0; i < scene->scene.person_count; i++) {
        hatpose_person *person = &scene->people[i];
        person->area_rate = person->hat_index = -1;
        person->hat_state = HATPOSE_HAT_UNKNOWN;
        person->hat_reason = HATPOSE_REASON_NO_EVIDENCE;
        person->hat_score = 0;
    }
    for (uint32_t i = 0; i < scene->scene.hat_count; i++)
        scene->hats[i].person_index = scene->hats[i].holder_index = -1;
    memset(&matcher, 0, sizeof matcher);
    hp_memory_init(&memory, NULL, 0);
    hatpose_status status =
        hp_hats_check(rule, scene->hats, scene->scene.hat_count, err);
    if (status == HATPOSE_OK)
        status = hp_hats_match(&memory, &matcher, rule, &scene->scene, err);
    hp_matcher_release(&memory, &matcher);
    return status;
}

void hat_scene_match(hat_scene *scene, uint32_t rule)
{
    if (hat_scene_try(scene, rule, NULL) != HATPOSE_OK)
        abort();
}
