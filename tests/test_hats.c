/* test_hats.c - who wears a hat: states and reasons, properties that hold
 * for any scene, hostile boxes, other gear. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "hat_scene.h"

enum { RANDOM_SCENES = 300, RANDOM_PEOPLE = 6 };

static hat_scene scene, other;

static unsigned seed = 3;

/* 0 up to 1. */
static double random_part(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) / 16777216.0;
}

static double random_between(double least, double most)
{
    return least + (most - least) * random_part();
}

static void lose(hatpose_person *person, int joint)
{
    person->keypoints[joint] = (hatpose_keypoint){0, 0, 0};
}

/* Nose, eyes, ears. */
static void lose_face(hatpose_person *person)
{
    lose(person, 0);
    for (int k = 14; k < 18; k++)
        lose(person, k);
}

static void expect(const hatpose_person *person, int32_t state, int32_t reason)
{
    CHECK_MESSAGE(person->hat_state == state && person->hat_reason == reason,
                  "state %d, reason %d", (int)person->hat_state,
                  (int)person->hat_reason);
}

/* ---- States ----------------------------------------------------------- */

static void hat_on_the_head_is_worn(void)
{
    hat_scene_clear(&scene);
    hat_scene_add_person(&scene, 500, 500, 60);
    hat_scene_add_hat(&scene, 500, 500, 60);
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    expect(&scene.people[0], HATPOSE_HAT_WORN, HATPOSE_REASON_HAT_ON_HEAD);
    CHECK(scene.people[0].hat_index == 0 && scene.hats[0].person_index == 0);
    CHECK(scene.hats[0].holder_index == -1);
    CHECK(scene.people[0].hat_score > 0.8 && scene.people[0].hat_score <= 1);
}

static void head_without_a_hat_is_bare(void)
{
    hat_scene_clear(&scene);
    hat_scene_add_person(&scene, 500, 500, 60);
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    expect(&scene.people[0], HATPOSE_HAT_NOT_WORN, HATPOSE_REASON_HEAD_BARE);
    CHECK(scene.people[0].hat_index == -1 && scene.people[0].hat_score == 1);
}

static void nobody_looked_is_unknown(void)
{
    for (uint32_t rule = 0; rule < 2; rule++) {
        hat_scene_clear(&scene);
        hat_scene_add_person(&scene, 500, 500, 60);
        scene.scene.hats = NULL;
        hat_scene_match(&scene, rule);
        expect(&scene.people[0], HATPOSE_HAT_UNKNOWN,
               HATPOSE_REASON_NO_EVIDENCE);
    }
}

static void nobody_and_nothing_is_an_answer(void)
{
    for (uint32_t rule = 0; rule < 2; rule++) {
        hat_scene_clear(&scene);
        hat_scene_match(&scene, rule);
        hat_scene_add_hat(&scene, 500, 500, 60);
        hat_scene_match(&scene, rule);
        CHECK(scene.hats[0].person_index == -1);
        CHECK(scene.hats[0].holder_index == -1);
    }
}

static void hat_in_the_hand_is_held(void)
{
    hat_scene_clear(&scene);
    hat_scene_add_person(&scene, 500, 500, 60);
    const hatpose_keypoint *wrist = &scene.people[0].keypoints[4];
    hat_scene_add_box(&scene, HATPOSE_GEAR_HAT, wrist->x, wrist->y + 10, 70,
                      50);
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    expect(&scene.people[0], HATPOSE_HAT_NOT_WORN, HATPOSE_REASON_HAT_IN_HAND);
    CHECK(scene.hats[0].holder_index == 0 && scene.hats[0].person_index == -1);
}

/* The service says worn here (its vector v3-316). */
static void hat_in_a_hand_beside_the_head_is_held(void)
{
    hat_scene_clear(&scene);
    hatpose_person *p =
        &scene.people[hat_scene_add_person(&scene, 500, 500, 60)];
    p->keypoints[6] = (hatpose_keypoint){590, 600, 0.9F};
    p->keypoints[7] = (hatpose_keypoint){570, 500, 0.9F};
    hat_scene_add_box(&scene, HATPOSE_GEAR_HAT, 567, 490, 80, 60);
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    expect(p, HATPOSE_HAT_NOT_WORN, HATPOSE_REASON_HAT_IN_HAND);
    hat_scene_match(&scene, HATPOSE_HATS_COMPAT);
    CHECK(p->hat_state == HATPOSE_HAT_WORN);
}

static void hand_at_the_brim_of_a_worn_hat_changes_nothing(void)
{
    hat_scene_clear(&scene);
    hatpose_person *p =
        &scene.people[hat_scene_add_person(&scene, 500, 500, 60)];
    p->keypoints[7] = (hatpose_keypoint){530, 470, 0.9F};
    hat_scene_add_hat(&scene, 500, 500, 60);
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    expect(p, HATPOSE_HAT_WORN, HATPOSE_REASON_HAT_ON_HEAD);
    CHECK(scene.hats[0].holder_index == -1);
}

static void hidden_head_is_unknown(void)
{
    hat_scene_clear(&scene);
    hat_scene_add_person(&scene, 500, 500, 60);
    lose_face(&scene.people[0]);
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    expect(&scene.people[0], HATPOSE_HAT_UNKNOWN, HATPOSE_REASON_HEAD_HIDDEN);
    /* A hat above the neck is evidence enough. */
    hat_scene_add_hat(&scene, 500, 500, 60);
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    expect(&scene.people[0], HATPOSE_HAT_WORN, HATPOSE_REASON_HAT_ON_HEAD);
}

static void nothing_of_a_person_is_unknown(void)
{
    hat_scene_clear(&scene);
    hat_scene_add_person(&scene, 500, 500, 60);
    for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++)
        lose(&scene.people[0], k);
    hat_scene_add_hat(&scene, 500, 500, 60);
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    expect(&scene.people[0], HATPOSE_HAT_UNKNOWN, HATPOSE_REASON_HEAD_HIDDEN);
}

static void tiny_head_is_no_evidence_of_a_bare_one(void)
{
    hat_scene_clear(&scene);
    hat_scene_add_person(&scene, 500, 500, 4);
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    expect(&scene.people[0], HATPOSE_HAT_UNKNOWN,
           HATPOSE_REASON_HEAD_TOO_SMALL);
    hat_scene_add_hat(&scene, 500, 500, 4);
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    expect(&scene.people[0], HATPOSE_HAT_WORN, HATPOSE_REASON_HAT_ON_HEAD);
}

static void one_hat_dresses_one_of_two_neighbours(void)
{
    hat_scene_clear(&scene);
    hat_scene_add_person(&scene, 500, 500, 60);
    hat_scene_add_person(&scene, 545, 500, 60);
    hat_scene_add_hat(&scene, 545, 500, 60);
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    CHECK(scene.people[0].hat_state == HATPOSE_HAT_NOT_WORN);
    CHECK(scene.people[0].hat_score < 1);
    CHECK(scene.people[1].hat_state == HATPOSE_HAT_WORN);
    hat_scene_match(&scene, HATPOSE_HATS_COMPAT);
    CHECK(scene.people[0].hat_state == HATPOSE_HAT_WORN);
    CHECK(scene.people[1].hat_state == HATPOSE_HAT_WORN);
    CHECK(scene.hats[0].person_index == 0);
}

/* Detectors that were shown whole heads. */
static void box_with_the_face_is_a_hat_too(void)
{
    hat_scene_clear(&scene);
    hat_scene_add_person(&scene, 500, 500, 60);
    hat_scene_add_box(&scene, HATPOSE_GEAR_HAT, 500, 490, 84, 114);
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    expect(&scene.people[0], HATPOSE_HAT_WORN, HATPOSE_REASON_HAT_ON_HEAD);
}

/* A hat two heads above, one on the chest, a cupboard, a dot. */
static void hats_of_the_wrong_place_or_size_are_not_worn(void)
{
    static const double boxes[][3] = {
        {0, -2, 1.3}, {0, 2, 1.3},     {1.6, -0.5, 1.3},
        {0, -0.5, 7}, {0, -0.5, 0.15},
    };

    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
        hat_scene_clear(&scene);
        hat_scene_add_person(&scene, 500, 500, 60);
        hat_scene_add_box(&scene, HATPOSE_GEAR_HAT, 500 + 60 * boxes[i][0],
                          500 + 60 * boxes[i][1], 60 * boxes[i][2],
                          60 * boxes[i][2]);
        hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
        CHECK_MESSAGE(scene.people[0].hat_state == HATPOSE_HAT_NOT_WORN,
                      "box %zu", i);
    }
}

/* ---- Properties ------------------------------------------------------- */

/* Square boxes: turned by any angle they keep their size. */
static void make_random_scene(bool squares)
{
    hat_scene_clear(&scene);
    for (int i = 0; i < RANDOM_PEOPLE; i++) {
        double x = random_between(300, 900), y = random_between(300, 600);
        double head_px = random_between(30, 90);
        hatpose_person *p =
            &scene.people[hat_scene_add_person(&scene, x, y, head_px)];
        for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++) {
            p->keypoints[k].x += (float)(head_px * random_between(-0.2, 0.2));
            p->keypoints[k].y += (float)(head_px * random_between(-0.2, 0.2));
            if (random_part() < 0.15)
                lose(p, k);
        }
        if (random_part() < 0.3)
            continue;
        double w = head_px * random_between(0.9, 1.6);
        double h = squares ? w : head_px * random_between(0.8, 1.4);
        hat_scene_add_box(&scene, HATPOSE_GEAR_HAT,
                          x + head_px * random_between(-0.8, 0.8),
                          y + head_px * random_between(-1.2, 0.4), w, h);
    }
}

typedef struct motion {
    double xx, xy, yx, yy, x, y; /* new x = xx * x + xy * y + x, .. */
} motion;

static void move_point(const motion *m, double *x, double *y)
{
    double old_x = *x, old_y = *y;

    *x = m->xx * old_x + m->xy * old_y + m->x;
    *y = m->yx * old_x + m->yy * old_y + m->y;
}

static void move_keypoint(const motion *m, hatpose_keypoint *k)
{
    double x = k->x, y = k->y;

    if (!(k->score > 0))
        return;
    move_point(m, &x, &y);
    k->x = (float)x;
    k->y = (float)y;
}

/* Into `other`. Boxes keep their axes: right for steps of 90 degrees and,
 * of squares, for all angles. */
static void move_scene(const motion *m)
{
    double zoom = hypot(m->xx, m->yx);
    bool turns_sides = fabs(m->xy) > fabs(m->xx);

    other = scene;
    other.scene.people = other.people;
    other.scene.hats = other.hats;
    for (uint32_t i = 0; i < scene.scene.person_count; i++)
        for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++)
            move_keypoint(m, &other.people[i].keypoints[k]);
    for (uint32_t i = 0; i < scene.scene.hat_count; i++) {
        hatpose_hat *hat = &other.hats[i];
        double x = hat->left + hat->width / 2, y = hat->top + hat->height / 2;
        double w = zoom * hat->width, h = zoom * hat->height;
        move_point(m, &x, &y);
        hat->width = turns_sides ? h : w;
        hat->height = turns_sides ? w : h;
        hat->left = x - hat->width / 2;
        hat->top = y - hat->height / 2;
    }
}

static void swap_sides(hatpose_person *person)
{
    static const int pairs[][2] = {{2, 5},  {3, 6},   {4, 7},   {8, 11},
                                   {9, 12}, {10, 13}, {14, 15}, {16, 17}};

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        hatpose_keypoint k = person->keypoints[pairs[i][0]];
        person->keypoints[pairs[i][0]] = person->keypoints[pairs[i][1]];
        person->keypoints[pairs[i][1]] = k;
    }
}

static void expect_same_answers(const char *what)
{
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    hat_scene_match(&other, HATPOSE_HATS_GEOMETRIC);
    for (uint32_t i = 0; i < scene.scene.person_count; i++) {
        const hatpose_person *p = &scene.people[i], *q = &other.people[i];
        CHECK_MESSAGE(p->hat_state == q->hat_state &&
                          p->hat_reason == q->hat_reason &&
                          p->hat_index == q->hat_index &&
                          fabs(p->hat_score - q->hat_score) < 0.01,
                      "%s: person %u", what, (unsigned)i);
    }
    for (uint32_t i = 0; i < scene.scene.hat_count; i++)
        CHECK_MESSAGE(
            scene.hats[i].person_index == other.hats[i].person_index &&
                scene.hats[i].holder_index == other.hats[i].holder_index,
            "%s: hat %u", what, (unsigned)i);
}

static void moving_and_scaling_changes_nothing(void)
{
    const motion motions[] = {{1, 0, 0, 1, 1234, -777},
                              {0.5, 0, 0, 0.5, 3, 5},
                              {8, 0, 0, 8, -100, 40}};

    for (int run = 0; run < RANDOM_SCENES; run++) {
        make_random_scene(false);
        move_scene(&motions[run % 3]);
        expect_same_answers("moved");
    }
}

static void mirroring_changes_nothing(void)
{
    const motion mirror = {-1, 0, 0, 1, 2000, 0};

    for (int run = 0; run < RANDOM_SCENES; run++) {
        make_random_scene(false);
        move_scene(&mirror);
        for (uint32_t i = 0; i < other.scene.person_count; i++)
            swap_sides(&other.people[i]);
        expect_same_answers("mirrored");
    }
}

static void turning_by_quarters_changes_nothing(void)
{
    const motion turns[] = {{0, -1, 1, 0, 2000, 0},
                            {-1, 0, 0, -1, 2000, 2000},
                            {0, 1, -1, 0, 0, 2000}};

    for (int run = 0; run < RANDOM_SCENES; run++) {
        make_random_scene(false);
        move_scene(&turns[run % 3]);
        expect_same_answers("turned");
    }
}

static void turning_squares_by_any_angle_changes_nothing(void)
{
    for (int run = 0; run < RANDOM_SCENES; run++) {
        double angle = random_between(0, 6.28);
        const motion turn = {cos(angle), -sin(angle), sin(angle),
                             cos(angle), 1500,        1500};
        make_random_scene(true);
        move_scene(&turn);
        expect_same_answers("turned by any angle");
    }
}

static void far_things_change_nothing(void)
{
    for (int run = 0; run < RANDOM_SCENES; run++) {
        make_random_scene(false);
        const motion stay = {1, 0, 0, 1, 0, 0};
        move_scene(&stay);
        hat_scene_add_hat(&other, 3500, 2000, 60);
        hat_scene_add_person(&other, 3500, 300, 60);
        expect_same_answers("far things");
        CHECK(other.hats[other.scene.hat_count - 1].person_index == -1);
    }
}

/* Both lists the other way round. */
static void order_of_the_input_is_order_of_the_output(void)
{
    for (int run = 0; run < RANDOM_SCENES; run++) {
        make_random_scene(false);
        const motion stay = {1, 0, 0, 1, 0, 0};
        move_scene(&stay);
        uint32_t n = scene.scene.person_count, m = scene.scene.hat_count;
        for (uint32_t i = 0; i < n; i++)
            other.people[i] = scene.people[n - 1 - i];
        for (uint32_t i = 0; i < m; i++)
            other.hats[i] = scene.hats[m - 1 - i];
        hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
        hat_scene_match(&other, HATPOSE_HATS_GEOMETRIC);
        for (uint32_t i = 0; i < n; i++) {
            int32_t hat = other.people[n - 1 - i].hat_index;
            CHECK(scene.people[i].hat_state ==
                  other.people[n - 1 - i].hat_state);
            CHECK(scene.people[i].hat_index ==
                  (hat < 0 ? -1 : (int32_t)m - 1 - hat));
        }
    }
}

/* Without its face a head is not called bare. */
static void lost_faces_make_no_bare_heads(void)
{
    for (int run = 0; run < RANDOM_SCENES; run++) {
        make_random_scene(false);
        for (uint32_t i = 0; i < scene.scene.person_count; i++)
            lose_face(&scene.people[i]);
        hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
        for (uint32_t i = 0; i < scene.scene.person_count; i++)
            CHECK(scene.people[i].hat_state != HATPOSE_HAT_NOT_WORN);
    }
}

/* ---- Hostile boxes ---------------------------------------------------- */

static void numbers_that_are_not_finite_are_refused(void)
{
    const double bad[] = {NAN, INFINITY, -INFINITY};

    for (int i = 0; i < 15; i++) {
        hatpose_error err;
        hat_scene_clear(&scene);
        hat_scene_add_person(&scene, 500, 500, 60);
        hat_scene_add_hat(&scene, 500, 500, 60);
        hat_scene_add_hat(&scene, 500, 500, 60);
        hatpose_hat *hat = &scene.hats[1];
        double *fields[] = {&hat->left, &hat->top, &hat->width, &hat->height};
        if (i % 5 == 4)
            hat->score = (float)bad[i / 5];
        else
            *fields[i % 5] = bad[i / 5];
        CHECK(hat_scene_try(&scene, (uint32_t)i % 2, &err) ==
              HATPOSE_E_ARGUMENT);
        CHECK_MESSAGE(strstr(err.message, "hat 1") != NULL, "%s", err.message);
    }
}

static void boxes_without_area_are_on_nobody(void)
{
    static const double sizes[][2] = {{0, 0},    {0, 60},    {60, 0},
                                      {-60, 60}, {-60, -60}, {5e-324, 60}};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        hat_scene_clear(&scene);
        hat_scene_add_person(&scene, 500, 500, 60);
        hat_scene_add_box(&scene, HATPOSE_GEAR_HAT, 500, 465, sizes[i][0],
                          sizes[i][1]);
        hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
        CHECK(scene.people[0].hat_state == HATPOSE_HAT_NOT_WORN);
        CHECK(scene.hats[0].person_index == -1);
        /* The service only looks at the centre. */
        hat_scene_match(&scene, HATPOSE_HATS_COMPAT);
        CHECK(scene.people[0].hat_state == HATPOSE_HAT_WORN);
    }
}

static void enormous_numbers_are_answered(void)
{
    static const double huge[] = {1e10, 1e100, 1e308, -1e308};

    for (uint32_t rule = 0; rule < 2; rule++)
        for (int i = 0; i < 16; i++) {
            hat_scene_clear(&scene);
            hat_scene_add_person(&scene, 500, 500, 60);
            hat_scene_add_hat(&scene, 500, 500, 60);
            hat_scene_add_hat(&scene, 500, 500, 60);
            hatpose_hat *hat = &scene.hats[0];
            double *fields[] = {&hat->left, &hat->top, &hat->width,
                                &hat->height};
            *fields[i % 4] = huge[i / 4];
            hat_scene_match(&scene, rule);
            CHECK(scene.people[0].hat_state == HATPOSE_HAT_WORN);
            CHECK_MESSAGE(scene.people[0].hat_index == 1, "rule %u, box %d",
                          (unsigned)rule, i);
            CHECK(isfinite(scene.people[0].hat_score));
        }
}

static void enormous_people_are_answered(void)
{
    for (uint32_t rule = 0; rule < 2; rule++) {
        hat_scene_clear(&scene);
        hat_scene_add_person(&scene, 1e37, -1e37, 1e36);
        hat_scene_add_person(&scene, -1e37, 1e37, 1e37);
        hat_scene_add_hat(&scene, 1e37, -1e37, 1e36);
        scene.scene.refuse_boxless = false;
        hat_scene_match(&scene, rule);
        CHECK(scene.people[0].hat_state != HATPOSE_HAT_UNKNOWN);
        CHECK(isfinite(scene.people[0].area_rate));
    }
}

static void one_call_judges_one_kind(void)
{
    hatpose_error err;

    hat_scene_clear(&scene);
    hat_scene_add_box(&scene, HATPOSE_GEAR_VEST, 500, 500, 60, 60);
    hat_scene_add_box(&scene, HATPOSE_GEAR_HAT, 500, 500, 60, 60);
    CHECK(hat_scene_try(&scene, HATPOSE_HATS_GEOMETRIC, &err) ==
          HATPOSE_E_ARGUMENT);
    CHECK(strstr(err.message, "hat 1") != NULL);
    scene.hats[0].kind = scene.hats[1].kind = 5;
    CHECK(hat_scene_try(&scene, HATPOSE_HATS_GEOMETRIC, &err) ==
          HATPOSE_E_ARGUMENT);
    scene.hats[0].kind = scene.hats[1].kind = HATPOSE_GEAR_BOOT;
    CHECK(hat_scene_try(&scene, HATPOSE_HATS_GEOMETRIC, &err) == HATPOSE_OK);
    CHECK(hat_scene_try(&scene, HATPOSE_HATS_COMPAT, &err) ==
          HATPOSE_E_UNSUPPORTED);
}

/* 256 people and 10,000 hats, all of which could be on every head. */
static void crowds_take_bounded_time(void)
{
    hat_scene_clear(&scene);
    for (int i = 0; i < 256; i++)
        hat_scene_add_person(&scene, 500 + 0.01 * i, 500, 60);
    for (int i = 0; i < SCENE_MOST_HATS; i++)
        hat_scene_add_hat(&scene, 500 + random_between(-20, 20),
                          500 + random_between(-20, 20), 60);
    for (uint32_t rule = 0; rule < 2; rule++) {
        clock_t start = clock();
        hat_scene_match(&scene, rule);
        double s = (double)(clock() - start) / CLOCKS_PER_SEC;
        printf("rule %u: 256 people, 10000 hats in %.3f s\n", (unsigned)rule,
               s);
        CHECK(s < 10.0 * CHECK_TIMES);
        for (int i = 0; i < 256; i++)
            CHECK(scene.people[i].hat_state == HATPOSE_HAT_WORN);
    }
}

/* ---- Other gear ------------------------------------------------------- */

static void gear_is_worn_at_its_place(void)
{
    /* Middle and size of the box, in widths of the head. */
    static const struct {
        uint32_t kind;
        double x, y, width, height;
    } boxes[] = {
        {HATPOSE_GEAR_VEST, 0, 2.7, 2.2, 3},
        {HATPOSE_GEAR_GLOVE, -1.3, 4.7, 0.7, 0.8},
        {HATPOSE_GEAR_GLOVE, 1.3, 4.7, 0.7, 0.8},
        {HATPOSE_GEAR_BOOT, -0.6, 9, 0.9, 1.4},
        {HATPOSE_GEAR_MASK, 0, 0.4, 0.8, 0.6},
    };
    size_t count = sizeof boxes / sizeof boxes[0];

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            hat_scene_clear(&scene);
            hat_scene_add_person(&scene, 500, 500, 60);
            hat_scene_add_box(&scene, boxes[i].kind, 500 + 60 * boxes[j].x,
                              500 + 60 * boxes[j].y, 60 * boxes[j].width,
                              60 * boxes[j].height);
            hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
            CHECK_MESSAGE((scene.people[0].hat_state == HATPOSE_HAT_WORN) ==
                              (boxes[i].kind == boxes[j].kind),
                          "kind %u at place %zu", (unsigned)boxes[i].kind, j);
        }
}

static void both_gloves_find_their_hands(void)
{
    hat_scene_clear(&scene);
    hat_scene_add_person(&scene, 500, 500, 60);
    hat_scene_add_box(&scene, HATPOSE_GEAR_GLOVE, 578, 782, 42, 48);
    hat_scene_add_box(&scene, HATPOSE_GEAR_GLOVE, 422, 782, 42, 48);
    hat_scene_match(&scene, HATPOSE_HATS_GEOMETRIC);
    CHECK(scene.hats[0].person_index == 0 && scene.hats[1].person_index == 0);
    CHECK(scene.people[0].hat_state == HATPOSE_HAT_WORN);
}

int main(void)
{
    RUN(hat_on_the_head_is_worn);
    RUN(head_without_a_hat_is_bare);
    RUN(nobody_looked_is_unknown);
    RUN(nobody_and_nothing_is_an_answer);
    RUN(hat_in_the_hand_is_held);
    RUN(hat_in_a_hand_beside_the_head_is_held);
    RUN(hand_at_the_brim_of_a_worn_hat_changes_nothing);
    RUN(hidden_head_is_unknown);
    RUN(nothing_of_a_person_is_unknown);
    RUN(tiny_head_is_no_evidence_of_a_bare_one);
    RUN(one_hat_dresses_one_of_two_neighbours);
    RUN(box_with_the_face_is_a_hat_too);
    RUN(hats_of_the_wrong_place_or_size_are_not_worn);
    RUN(moving_and_scaling_changes_nothing);
    RUN(mirroring_changes_nothing);
    RUN(turning_by_quarters_changes_nothing);
    RUN(turning_squares_by_any_angle_changes_nothing);
    RUN(far_things_change_nothing);
    RUN(order_of_the_input_is_order_of_the_output);
    RUN(lost_faces_make_no_bare_heads);
    RUN(numbers_that_are_not_finite_are_refused);
    RUN(boxes_without_area_are_on_nobody);
    RUN(enormous_numbers_are_answered);
    RUN(enormous_people_are_answered);
    RUN(one_call_judges_one_kind);
    RUN(crowds_take_bounded_time);
    RUN(gear_is_worn_at_its_place);
    RUN(both_gloves_find_their_hands);
    CHECK_EXIT();
}
