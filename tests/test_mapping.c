/* test_mapping.c - network sizes, and the way back to the picture. */
#include "image/mapping.h"

#include <math.h>
#include <string.h>

#include "check.h"

static hp_mapping best_of(int width_px, int height_px, int net_height_px,
                          int limit_px)
{
    hp_mapping m;
    hatpose_error err;

    CHECK_MESSAGE(hp_mapping_best(width_px, height_px, net_height_px, limit_px,
                                  &m, &err) == HATPOSE_OK,
                  "%s", err.message);
    return m;
}

static void best_has_the_same_area_for_every_shape(void)
{
    hp_mapping wide = best_of(1920, 1080, 256, 2048);
    hp_mapping high = best_of(480, 640, 256, 2048);

    CHECK(wide.width_net_px == 456 && wide.height_net_px == 256);
    CHECK(high.width_net_px == 296 && high.height_net_px == 392);
    CHECK(high.width_map_px == 37 && high.height_map_px == 49);
    CHECK(high.pad_left_net_px == 0 && high.pad_top_net_px == 0);
    CHECK(high.resized_width_net_px == 296);
    CHECK(high.scale_x == 296.0 / 480 && high.scale_y == 392.0 / 640);
}

static void best_cuts_a_long_side_and_keeps_the_ratio(void)
{
    hp_mapping strip = best_of(30000, 300, 256, 2047);
    hp_mapping pole = best_of(1, 30000, 256, 2048);
    hp_mapping both = best_of(1000, 900, 65536, 1024);

    CHECK(strip.width_net_px == 2040 && strip.height_net_px == 24);
    CHECK(pole.width_net_px == 8 && pole.height_net_px == 2048);
    CHECK(both.width_net_px == 1024 && both.height_net_px == 920);
}

static void best_middle_of_map_is_middle_of_picture(void)
{
    hp_mapping m = best_of(640, 427, 256, 2048);

    CHECK(fabsf(hp_mapping_x_from_map(&m, 0.5f * (float)m.width_map_px - 0.5f) -
                319.5f) < 1e-4f);
    CHECK(
        fabsf(hp_mapping_y_from_map(&m, 0.5f * (float)m.height_map_px - 0.5f) -
              213.0f) < 1e-4f);
    /* The outer edge of the first cell is the outer edge of the picture. */
    CHECK(fabsf(hp_mapping_x_from_map(&m, -0.5f) + 0.5f) < 1e-6f);
}

static void compat_pads_as_the_original(void)
{
    hp_mapping m;

    CHECK(hp_mapping_compat(640, 427, 256, 2048, &m, NULL) == HATPOSE_OK);
    CHECK(m.resized_width_net_px == 384 && m.resized_height_net_px == 256);
    CHECK(m.width_net_px == 384 && m.pad_left_net_px == 0);
    /* A portrait comes into the middle of a square. */
    CHECK(hp_mapping_compat(427, 640, 256, 2048, &m, NULL) == HATPOSE_OK);
    CHECK(m.resized_width_net_px == 171 && m.width_net_px == 256);
    CHECK(m.pad_left_net_px == 42 && m.pad_top_net_px == 0);
    CHECK(hp_mapping_x_from_up(&m, 100) == (200.0 - 42) / 0.4);
    CHECK(hp_mapping_y_from_up(&m, 100) == 200.0 / 0.4);
}

static void compat_refuses_what_is_too_wide(void)
{
    hp_mapping m;
    hatpose_error err;

    CHECK(hp_mapping_compat(30000, 300, 256, 2048, &m, &err) ==
          HATPOSE_E_LIMIT);
    CHECK(strstr(err.message, "max_net_width_px 2048") != NULL);
    CHECK(m.width_net_px == 0);
    /* 2044 wide would be padded to 2048. */
    CHECK(hp_mapping_compat(2044, 256, 256, 2047, &m, &err) == HATPOSE_E_LIMIT);
    CHECK(hp_mapping_compat(1, 30000, 256, 2048, &m, &err) == HATPOSE_OK);
    CHECK(m.resized_width_net_px == 1 && m.pad_left_net_px == 127);
}

static void nonsense_is_refused(void)
{
    hp_mapping m;

    CHECK(hp_mapping_best(0, 5, 256, 2048, &m, NULL) == HATPOSE_E_ARGUMENT);
    CHECK(hp_mapping_best(5, -1, 256, 2048, &m, NULL) == HATPOSE_E_ARGUMENT);
    CHECK(hp_mapping_best(5, 5, 0, 2048, &m, NULL) == HATPOSE_E_ARGUMENT);
    CHECK(hp_mapping_best(5, 5, 256, 7, &m, NULL) == HATPOSE_E_ARGUMENT);
    CHECK(hp_mapping_compat(5, 5, INT32_MAX, 2048, &m, NULL) ==
          HATPOSE_E_ARGUMENT);
}

int main(void)
{
    RUN(best_has_the_same_area_for_every_shape);
    RUN(best_cuts_a_long_side_and_keeps_the_ratio);
    RUN(best_middle_of_map_is_middle_of_picture);
    RUN(compat_pads_as_the_original);
    RUN(compat_refuses_what_is_too_wide);
    RUN(nonsense_is_refused);
    CHECK_EXIT();
}
