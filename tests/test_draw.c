/* test_draw.c - what is drawn where, and that nothing else is touched. */
#include "result/draw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "result/font.h"

enum { WIDTH = 320, HEIGHT = 240, SIDE_BYTES = 4, PADDING = 12 };

static uint8_t canvas[HEIGHT * (WIDTH * SIDE_BYTES + PADDING)];

static hatpose_image layout_of(uint32_t format, int pixel_bytes)
{
    hatpose_image layout = {sizeof layout, format, WIDTH, HEIGHT,
                            WIDTH * pixel_bytes + PADDING};

    return layout;
}

static hatpose_result *make_result(uint32_t people, uint32_t hats)
{
    hp_result_sizes sizes = {.person_count = people, .hat_count = hats};
    hatpose_result *result;

    if (hp_result_create(NULL, &sizes, &result, NULL) != HATPOSE_OK)
        exit(1);
    result->width_px = WIDTH;
    result->height_px = HEIGHT;
    return result;
}

/* A person from the front, 200 px high; head at x, y. */
static void place(hatpose_person *person, float x, float y, int32_t hat_state)
{
    static const float shape[HATPOSE_KEYPOINT_COUNT][2] = {
        {0, 0},    {0, 30},   {-25, 32},  {-32, 70},  {-36, 105}, {25, 32},
        {32, 70},  {36, 105}, {-15, 105}, {-16, 150}, {-17, 190}, {15, 105},
        {16, 150}, {17, 190}, {-5, -5},   {5, -5},    {-12, -2},  {12, -2}};

    for (int i = 0; i < HATPOSE_KEYPOINT_COUNT; i++) {
        person->keypoints[i].x = x + shape[i][0];
        person->keypoints[i].y = y + shape[i][1];
        person->keypoints[i].score = 0.9f;
    }
    person->left = x - 36;
    person->top = y - 5;
    person->width = 72;
    person->height = 195;
    person->hat_state = hat_state;
    person->hat_reason = HATPOSE_REASON_HAT_ON_HEAD;
}

static void clear(uint8_t value)
{
    memset(canvas, value, sizeof canvas);
}

/* The RGB pixel of an RGB8 drawing. */
static const uint8_t *at(int x, int y)
{
    return canvas + y * (WIDTH * 3 + PADDING) + x * 3;
}

static void draw(const hatpose_result *result, uint32_t flags)
{
    hatpose_image layout = layout_of(HATPOSE_RGB8, 3);
    hatpose_error err;

    CHECK_MESSAGE(hp_result_draw(result, flags, canvas, &layout, &err) ==
                      HATPOSE_OK,
                  "%s", err.message);
}

static int changed_count(uint8_t background)
{
    int count = 0;

    for (size_t i = 0; i < sizeof canvas; i++)
        count += canvas[i] != background;
    return count;
}

static void nobody_leaves_the_picture_alone(void)
{
    hatpose_result *result = make_result(0, 0);

    clear(90);
    draw(result, 0);
    draw(result, 31);
    CHECK(changed_count(90) == 0);
    hp_result_destroy(result);
}

static void states_have_their_colours(void)
{
    hatpose_result *result = make_result(1, 0);

    clear(90);
    place(&result->people[0], 160, 30, HATPOSE_HAT_WORN);
    draw(result, HATPOSE_DRAW_SKELETONS);
    CHECK(at(152, 100)[2] > at(152, 100)[0] + 100); /* right trunk: blue */
    CHECK(at(168, 100)[1] > at(152, 100)[1] + 50);  /* left is lighter */
    clear(90);
    place(&result->people[0], 160, 30, HATPOSE_HAT_NOT_WORN);
    draw(result, HATPOSE_DRAW_SKELETONS);
    CHECK(at(152, 100)[0] > at(152, 100)[2] + 100); /* orange */
    CHECK(at(168, 100)[1] > at(152, 100)[1] + 50);
    CHECK(at(5, 5)[0] == 90 && at(160, 220)[0] == 90);
    hp_result_destroy(result);
}

/* Pixels of a limb's middle line that have its full colour. */
static int solid_share(const hatpose_person *person, const uint8_t colour[3])
{
    const hatpose_keypoint *a = &person->keypoints[9];
    const hatpose_keypoint *b = &person->keypoints[10];
    int count = 0;

    for (int i = 20; i <= 80; i++) {
        float t = (float)i / 100;
        int x = (int)lrintf(a->x + t * (b->x - a->x));
        int y = (int)lrintf(a->y + t * (b->y - a->y));
        int d = abs(at(x, y)[0] - colour[0]) + abs(at(x, y)[1] - colour[1]) +
                abs(at(x, y)[2] - colour[2]);

        count += d < 60;
    }
    return count * 100 / 61;
}

static void unknown_is_dashed_and_grey(void)
{
    static const uint8_t grey[3] = {156, 156, 156}, blue[3] = {20, 86, 214};
    hatpose_result *result = make_result(1, 1);

    clear(255);
    place(&result->people[0], 160, 30, HATPOSE_HAT_UNKNOWN);
    draw(result, HATPOSE_DRAW_SKELETONS);
    int share = solid_share(&result->people[0], grey);
    CHECK_MESSAGE(share > 25 && share < 75, "%d %%", share);
    clear(255);
    result->people[0].hat_state = HATPOSE_HAT_WORN;
    draw(result, HATPOSE_DRAW_SKELETONS);
    share = solid_share(&result->people[0], blue);
    CHECK_MESSAGE(share > 90, "%d %%", share);
    hp_result_destroy(result);
}

static void without_the_question_people_are_not_grey(void)
{
    hatpose_result *result = make_result(1, 0);

    clear(255);
    place(&result->people[0], 160, 30, HATPOSE_HAT_UNKNOWN);
    result->people[0].hat_reason = HATPOSE_REASON_NO_EVIDENCE;
    draw(result, 0);
    CHECK(at(152, 100)[1] > at(152, 100)[0] + 80);
    hp_result_destroy(result);
}

static void weak_joints_are_not_drawn(void)
{
    hatpose_result *result = make_result(1, 0);

    clear(90);
    place(&result->people[0], 160, 30, HATPOSE_HAT_WORN);
    for (int i = 0; i < HATPOSE_KEYPOINT_COUNT; i++)
        result->people[0].keypoints[i].score = i % 2 == 0 ? 0.09f : 0;
    draw(result, 0);
    draw(result, HATPOSE_DRAW_BLUR);
    CHECK(changed_count(90) == 0);
    result->people[0].keypoints[4].score = 0.11f;
    draw(result, 0);
    CHECK(at(124, 135)[2] > 150);
    hp_result_destroy(result);
}

static void boxes_and_hats_are_outlines(void)
{
    hatpose_result *result = make_result(1, 1);

    clear(90);
    place(&result->people[0], 160, 30, HATPOSE_HAT_WORN);
    result->hats[0] = (hatpose_hat){.left = 20,
                                    .top = 40,
                                    .width = 50,
                                    .height = 30,
                                    .person_index = -1,
                                    .holder_index = 0};
    draw(result, HATPOSE_DRAW_HATS);
    CHECK(at(20, 55)[0] > at(20, 55)[2] + 100); /* held: orange */
    CHECK(at(45, 55)[0] == 90);
    CHECK(at(160, 25)[0] == 90);
    draw(result, HATPOSE_DRAW_BOXES);
    CHECK(at(124, 150)[2] > at(124, 150)[0] + 100);
    CHECK(at(130, 60)[0] == 90);
    hp_result_destroy(result);
}

static void tags_stay_inside(void)
{
    hatpose_result *result = make_result(2, 0);

    clear(90);
    place(&result->people[0], 0, 0, HATPOSE_HAT_NOT_WORN);
    place(&result->people[1], 319, 239, HATPOSE_HAT_WORN);
    draw(result, HATPOSE_DRAW_TAGS);
    CHECK(at(1, 1)[0] > 150 && at(1, 1)[2] < 90); /* orange plate */
    CHECK(changed_count(90) > 300);
    hp_result_destroy(result);
}

static void every_format_keeps_its_padding(void)
{
    static const uint32_t formats[] = {HATPOSE_RGB8, HATPOSE_BGR8,
                                       HATPOSE_RGBA8, HATPOSE_BGRA8,
                                       HATPOSE_GRAY8};
    static const int bytes[] = {3, 3, 4, 4, 1};
    static const int blue[] = {2, 0, 2, 0, 0};
    hatpose_result *result = make_result(1, 0);

    place(&result->people[0], 160, 30, HATPOSE_HAT_WORN);
    for (int i = 0; i < 5; i++) {
        hatpose_image layout = layout_of(formats[i], bytes[i]);
        int stride = WIDTH * bytes[i] + PADDING, touched = 0;

        clear(0);
        CHECK(hp_result_draw(result, 31, canvas, &layout, NULL) == HATPOSE_OK);
        const uint8_t *pixel = canvas + 100 * stride + 152 * bytes[i];
        CHECK(pixel[blue[i]] > (bytes[i] == 1 ? 60 : 150));
        if (bytes[i] == 4)
            CHECK(pixel[3] > 200 && canvas[3] == 0);
        for (int y = 0; y < HEIGHT; y++)
            for (int k = 0; k < PADDING; k++)
                touched += canvas[y * stride + WIDTH * bytes[i] + k] != 0;
        CHECK_MESSAGE(touched == 0, "format %u", (unsigned)formats[i]);
    }
    hp_result_destroy(result);
}

/* Strong stripes where the head is; after the blur neighbours are equal. */
static void blur_hides_heads(void)
{
    hatpose_result *result = make_result(1, 0);
    int edges = 0;

    for (int y = 0; y < HEIGHT; y++)
        for (int i = 0; i < WIDTH * 3 + PADDING; i++)
            canvas[y * (WIDTH * 3 + PADDING) + i] = y % 2 == 0 ? 0 : 255;
    place(&result->people[0], 160, 50, HATPOSE_HAT_WORN);
    draw(result, HATPOSE_DRAW_BLUR);
    for (int y = 35; y < 62; y++)
        for (int x = 148; x <= 172; x++)
            edges += abs(at(x, y)[0] - at(x, y + 1)[0]) > 60;
    CHECK_MESSAGE(edges == 0, "%d", edges);
    CHECK(abs(at(160, 140)[0] - at(160, 141)[0]) == 255);
    hp_result_destroy(result);
}

static void wild_numbers_are_harmless(void)
{
    static const float wild[] = {NAN,   INFINITY, -INFINITY, 1e30f,
                                 -1e9f, 3e9f,     0,         -5};
    hatpose_result *result = make_result(200, 50);
    uint32_t random = 1;
    clock_t start = clock();

    for (uint32_t i = 0; i < 200; i++) {
        place(&result->people[i], 100, 20, (int32_t)(i % 3));
        for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++) {
            random = random * 1664525 + 1013904223;
            result->people[i].keypoints[k].x = wild[random >> 29];
            result->people[i].keypoints[k].y = wild[random >> 26 & 7];
        }
        result->people[i].width = wild[i % 8];
        result->people[i].height = wild[i / 8 % 8];
    }
    for (uint32_t i = 0; i < 50; i++) {
        result->hats[i].left = (double)wild[i % 8];
        result->hats[i].width = i % 3 == 0 ? 1e300 : (double)wild[i / 8];
        result->hats[i].kind = 77;
    }
    clear(0);
    draw(result, 31);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    CHECK_MESSAGE(seconds < 20, "%g s", seconds);
    hp_result_destroy(result);
}

static void wrong_arguments_are_named(void)
{
    hatpose_result *result = make_result(0, 0);
    hatpose_image layout = layout_of(HATPOSE_RGB8, 3);
    hatpose_error err;

    CHECK(hp_result_draw(result, 32, canvas, &layout, &err) ==
          HATPOSE_E_ARGUMENT);
    CHECK(strstr(err.message, "0x20") != NULL);
    layout.height_px = 99;
    CHECK(hp_result_draw(result, 0, canvas, &layout, &err) ==
          HATPOSE_E_ARGUMENT);
    CHECK(strstr(err.message, "320 x 99") != NULL);
    CHECK(strstr(err.message, "320 x 240") != NULL);
    layout.format = 9;
    CHECK(hp_result_draw(result, 0, canvas, &layout, &err) ==
          HATPOSE_E_ARGUMENT);
    hp_result_destroy(result);
}

static void glyphs_differ(void)
{
    for (char a = '!'; a < '~'; a++)
        for (char b = (char)(a + 1); b <= '~'; b++)
            CHECK_MESSAGE(memcmp(hp_glyph(a), hp_glyph(b), HP_GLYPH_HEIGHT) !=
                              0,
                          "%c and %c", a, b);
    CHECK(memcmp(hp_glyph('\n'), hp_glyph('?'), HP_GLYPH_HEIGHT) == 0);
    CHECK(memcmp(hp_glyph((char)0xe4), hp_glyph('?'), HP_GLYPH_HEIGHT) == 0);
}

int main(void)
{
    RUN(nobody_leaves_the_picture_alone);
    RUN(states_have_their_colours);
    RUN(unknown_is_dashed_and_grey);
    RUN(without_the_question_people_are_not_grey);
    RUN(weak_joints_are_not_drawn);
    RUN(boxes_and_hats_are_outlines);
    RUN(tags_stay_inside);
    RUN(every_format_keeps_its_padding);
    RUN(blur_hides_heads);
    RUN(wild_numbers_are_harmless);
    RUN(wrong_arguments_are_named);
    RUN(glyphs_differ);
    CHECK_EXIT();
}
