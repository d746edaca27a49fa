/* test_head_map.c - heads from drawn hat maps. Guards: places and sizes, one
 * head a bump, states, whose head it is, heads without a pose, hostile
 * numbers. */
#include "hat/head_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "hat_scene.h"

enum { WIDTH = 40, HEIGHT = 24, CELLS = WIDTH * HEIGHT };
static const double step_px = 16;

static float worn[CELLS], bare[CELLS];
static hp_memory memory;
static hp_head_finder finder;
static hat_scene scene;

static void clear_maps(void)
{
    memset(worn, 0, sizeof worn);
    memset(bare, 0, sizeof bare);
}

/* The bump of a head whose box has this side around (x_px, y_px). */
static void draw_head(float *plane, double x_px, double y_px, double side_px,
                      double height)
{
    double sigma = fmax(0.3 * side_px / step_px, 0.7);

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            double dx = x - (x_px - 7.5) / step_px;
            double dy = y - (y_px - 7.5) / step_px;
            double v = height * exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
            float *cell = &plane[y * WIDTH + x];
            *cell = (float)fmax((double)*cell, v);
        }
}

static uint32_t find(hatpose_head heads[64])
{
    hp_head_map map = {worn, bare, WIDTH, HEIGHT, 7.5, 7.5, step_px, step_px};
    const hatpose_head *found;
    uint32_t count;

    CHECK(hp_head_map_find(&memory, &finder, &map, &found, &count, NULL) ==
          HATPOSE_OK);
    CHECK(count <= 64);
    memcpy(heads, found, count * sizeof *heads);
    return count;
}

static uint32_t match(hatpose_head *heads, uint32_t count,
                      hatpose_person *people, uint32_t person_count,
                      bool have_boxes)
{
    CHECK(hp_head_map_match(&memory, &finder, heads, &count, people,
                            person_count, have_boxes, NULL) == HATPOSE_OK);
    return count;
}

/* Heads of these widths around (150, 200) and (330, 200). */
static hatpose_person *two_people(void)
{
    hat_scene_clear(&scene);
    hat_scene_add_person(&scene, 150, 200, 60);
    hat_scene_add_person(&scene, 330, 200, 60);
    return scene.people;
}

static void nothing_shows_nobody(void)
{
    hatpose_head heads[64];

    clear_maps();
    CHECK(find(heads) == 0);
}

static void a_bump_is_a_head_of_its_size(void)
{
    static const double sides_px[] = {40, 55, 80, 120, 160};

    for (size_t i = 0; i < sizeof sides_px / sizeof *sides_px; i++) {
        hatpose_head heads[64];
        double side_px = sides_px[i];
        clear_maps();
        draw_head(worn, 301.5, 186.25, side_px, 0.9);
        CHECK(find(heads) == 1);
        CHECK(fabs((double)heads[0].width - side_px) < 0.04 * side_px);
        CHECK(heads[0].width == heads[0].height);
        CHECK(fabs((double)(heads[0].left + heads[0].width / 2) - 301.5) < 1);
        CHECK(fabs((double)(heads[0].top + heads[0].height / 2) - 186.25) < 1);
        CHECK(heads[0].hat_state == HATPOSE_HAT_WORN);
        CHECK(heads[0].hat_reason == HATPOSE_REASON_HAT_ON_HEAD);
        CHECK(heads[0].hat_score > 0.99f && heads[0].score > 0.8f);
        CHECK(heads[0].person_index == -1 && heads[0].hat_index == -1);
    }
}

static void the_surer_map_has_the_state(void)
{
    hatpose_head heads[64];

    clear_maps();
    draw_head(bare, 100, 100, 60, 0.8);
    draw_head(worn, 100, 100, 60, 0.2);
    draw_head(bare, 400, 200, 60, 0.4);
    draw_head(worn, 404, 200, 60, 0.4);
    CHECK(find(heads) == 2);
    CHECK(heads[0].hat_state == HATPOSE_HAT_NOT_WORN);
    CHECK(heads[0].hat_reason == HATPOSE_REASON_HEAD_BARE);
    CHECK(fabsf(heads[0].hat_score - 0.8f) < 0.01f);
    CHECK(heads[1].hat_state == HATPOSE_HAT_UNKNOWN);
    CHECK(heads[1].hat_reason == HATPOSE_REASON_NO_EVIDENCE);
}

static void heads_come_by_score_and_once(void)
{
    hatpose_head heads[64];

    clear_maps();
    draw_head(worn, 100, 100, 100, 0.4);
    draw_head(bare, 130, 104, 100, 0.35); /* a third of a head away */
    draw_head(bare, 300, 100, 100, 0.9);
    CHECK(find(heads) == 2);
    CHECK(heads[0].score > heads[1].score);
    CHECK(fabsf(heads[0].left + heads[0].width / 2 - 300) < 2);
}

static void a_person_gets_the_state_of_the_own_head(void)
{
    hatpose_head heads[64];
    hatpose_person *people = two_people();

    clear_maps();
    draw_head(worn, 150, 170, 100, 0.8);
    draw_head(bare, 330, 170, 100, 0.2); /* weak, but somebody is there */
    draw_head(bare, 560, 100, 60, 0.6);  /* weak, and nobody is there */
    draw_head(worn, 560, 300, 60, 0.7);
    uint32_t count = find(heads);
    CHECK(count == 4);
    count = match(heads, count, people, 2, false);
    CHECK(count == 3);
    CHECK(people[0].hat_state == HATPOSE_HAT_WORN);
    CHECK(people[0].hat_score > 0.9 && people[0].hat_index == -1);
    CHECK(people[1].hat_state == HATPOSE_HAT_NOT_WORN);
    CHECK(heads[0].person_index == 0);
    CHECK(heads[1].person_index == -1);
    CHECK(heads[1].hat_state == HATPOSE_HAT_WORN);
    CHECK(heads[2].person_index == 1);
}

/* Several bumps on one large face are one head. */
static void beside_a_better_head_there_is_none(void)
{
    hatpose_head heads[64];

    clear_maps();
    draw_head(worn, 200, 200, 80, 0.9);
    draw_head(bare, 300, 200, 80, 0.8); /* 1.25 sides away */
    draw_head(bare, 460, 200, 80, 0.7);
    uint32_t count = find(heads);
    CHECK(count == 3);
    count = match(heads, count, NULL, 0, false);
    CHECK(count == 2);
    CHECK(heads[0].hat_state == HATPOSE_HAT_WORN);
    CHECK(fabsf(heads[1].left + heads[1].width / 2 - 460) < 2);
}

/* The pose says where a head is: a second bump there is none. */
static void where_somebody_has_a_head_there_is_no_other(void)
{
    hatpose_head heads[64];
    hatpose_person *people = two_people();

    clear_maps();
    draw_head(worn, 150, 170, 60, 0.9);
    draw_head(bare, 180, 205, 40, 0.8);
    uint32_t count = find(heads);
    CHECK(count == 2);
    CHECK(match(heads, count, NULL, 0, false) == 1);
    count = find(heads);
    count = match(heads, count, people, 2, false);
    CHECK(count == 1);
    CHECK(heads[0].person_index == 0);
}

static void without_evidence_nothing_is_said(void)
{
    hatpose_person *people = two_people();

    memset(&people[1], 0, sizeof people[1]); /* no joint at all */
    clear_maps();
    CHECK(match(NULL, 0, people, 2, false) == 0);
    CHECK(people[0].hat_state == HATPOSE_HAT_UNKNOWN);
    CHECK(people[0].hat_reason == HATPOSE_REASON_NO_EVIDENCE);
    CHECK(people[1].hat_reason == HATPOSE_REASON_HEAD_HIDDEN);
}

static void of_boxes_and_maps_the_surer_one_counts(void)
{
    hatpose_head heads[64];
    hatpose_person *person;

    clear_maps();
    draw_head(worn, 150, 170, 100, 0.8);
    uint32_t count = find(heads);
    for (int i = 0; i < 2; i++) {
        person = two_people();
        person->hat_state = HATPOSE_HAT_NOT_WORN;
        person->hat_reason = HATPOSE_REASON_HEAD_BARE;
        person->hat_score = i == 0 ? 0.6 : 1.0;
        match(heads, count, person, 1, true);
        CHECK(person->hat_state ==
              (i == 0 ? HATPOSE_HAT_WORN : HATPOSE_HAT_NOT_WORN));
    }
    person = two_people();
    match(heads, count, person, 1, true);
    CHECK(person->hat_state == HATPOSE_HAT_WORN);
}

static void any_number_is_taken(void)
{
    static const float values[] = {NAN, INFINITY, -INFINITY, 3e38f, -1};
    hatpose_head heads[64];

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        clear_maps();
        for (int cell = 0; cell < CELLS; cell += 37) {
            worn[cell] = values[i];
            bare[cell] = values[(i + 1) % 5];
        }
        uint32_t count = find(heads);
        for (uint32_t k = 0; k < count; k++) {
            CHECK(isfinite(heads[k].left) && isfinite(heads[k].width));
            CHECK(heads[k].width > 0 && heads[k].score <= 1);
            CHECK(heads[k].hat_score >= 0.5f && heads[k].hat_score <= 1);
        }
    }
}

int main(void)
{
    hp_memory_init(&memory, NULL, 0);
    RUN(nothing_shows_nobody);
    RUN(a_bump_is_a_head_of_its_size);
    RUN(the_surer_map_has_the_state);
    RUN(heads_come_by_score_and_once);
    RUN(a_person_gets_the_state_of_the_own_head);
    RUN(beside_a_better_head_there_is_none);
    RUN(where_somebody_has_a_head_there_is_no_other);
    RUN(without_evidence_nothing_is_said);
    RUN(of_boxes_and_maps_the_surer_one_counts);
    RUN(any_number_is_taken);
    hp_head_finder_release(&memory, &finder);
    CHECK_EXIT();
}
