/* test_pixels.c - layouts from outside are checked, formats changed. */
#include "image/pixels.h"

#include <string.h>

#include "check.h"

static uint8_t some_bytes[4 * 64];

static hatpose_image layout_of(uint32_t format, uint32_t width_px,
                               uint32_t height_px, int64_t stride_bytes)
{
    hatpose_image layout = {sizeof layout, format, width_px, height_px,
                            stride_bytes};

    return layout;
}

static hatpose_status view(hatpose_image layout, hp_pixels *out,
                           hatpose_error *err)
{
    return hp_pixels_view(some_bytes, &layout, 32768, 100000000, out, err);
}

static void packed_rows_are_the_default(void)
{
    hp_pixels p;

    CHECK(view(layout_of(HATPOSE_RGBA8, 5, 3, 0), &p, NULL) == HATPOSE_OK);
    CHECK(p.stride_bytes == 20 && p.width_px == 5 && p.height_px == 3);
    CHECK(view(layout_of(HATPOSE_GRAY8, 5, 3, 9), &p, NULL) == HATPOSE_OK);
    CHECK(p.stride_bytes == 9 && p.data == some_bytes);
}

static void wrong_layouts_are_refused(void)
{
    hp_pixels p;
    hatpose_error err;
    hatpose_image layout = layout_of(HATPOSE_BGR8, 5, 3, 0);

    CHECK(view(layout_of(0, 5, 3, 0), &p, &err) == HATPOSE_E_ARGUMENT);
    CHECK(view(layout_of(6, 5, 3, 0), &p, &err) == HATPOSE_E_ARGUMENT);
    CHECK(view(layout_of(HATPOSE_BGR8, 0, 3, 0), &p, &err) ==
          HATPOSE_E_ARGUMENT);
    CHECK(view(layout_of(HATPOSE_BGR8, 5, 3, 14), &p, &err) ==
          HATPOSE_E_ARGUMENT);
    CHECK(strstr(err.message, "15 bytes") != NULL);
    CHECK(view(layout_of(HATPOSE_BGR8, 5, 3, -15), &p, &err) ==
          HATPOSE_E_ARGUMENT);
    CHECK(view(layout_of(HATPOSE_BGR8, 5, 3, INT64_MAX), &p, &err) ==
          HATPOSE_E_ARGUMENT);
    CHECK(hp_pixels_view(NULL, &layout, 9, 9, &p, &err) == HATPOSE_E_ARGUMENT);
    CHECK(hp_pixels_view(some_bytes, NULL, 9, 9, &p, &err) ==
          HATPOSE_E_ARGUMENT);
}

static void limits_are_named(void)
{
    hp_pixels p;
    hatpose_error err;

    CHECK(view(layout_of(HATPOSE_GRAY8, 40000, 1, 0), &p, &err) ==
          HATPOSE_E_LIMIT);
    CHECK(strstr(err.message, "max_side_px 32768") != NULL);
    CHECK(view(layout_of(HATPOSE_GRAY8, 30000, 30000, 0), &p, &err) ==
          HATPOSE_E_LIMIT);
    CHECK(strstr(err.message, "max_pixels") != NULL);
    CHECK(p.data == NULL);
}

static void struct_size_tells_the_header(void)
{
    struct {
        hatpose_image layout;
        uint32_t later[2];
    } grown = {{0}, {0}};
    hp_pixels p;

    grown.layout = layout_of(HATPOSE_BGR8, 5, 3, 0);
    grown.layout.struct_size = sizeof grown;
    CHECK(hp_pixels_view(some_bytes, &grown.layout, 9, 99, &p, NULL) ==
          HATPOSE_OK);
    grown.later[1] = 1;
    CHECK(hp_pixels_view(some_bytes, &grown.layout, 9, 99, &p, NULL) ==
          HATPOSE_E_UNSUPPORTED);
    grown.layout.struct_size = sizeof grown.layout - 1;
    CHECK(hp_pixels_view(some_bytes, &grown.layout, 9, 99, &p, NULL) ==
          HATPOSE_E_ABI);
    grown.layout.struct_size = UINT32_MAX;
    CHECK(hp_pixels_view(some_bytes, &grown.layout, 9, 99, &p, NULL) ==
          HATPOSE_E_ABI);
}

static void formats_are_changed(void)
{
    const uint8_t bgr[12] = {10, 20, 30, 255, 255, 255, 0, 0, 0, 1, 2, 3};
    hp_pixels p = {bgr, 2, 2, 6, HATPOSE_BGR8};
    uint8_t out[20];

    memset(out, 77, sizeof out);
    hp_pixels_from_bgr(&p, HATPOSE_RGBA8, out, 9);
    CHECK(memcmp(out, "\x1e\x14\x0a\xff\xff\xff\xff\xff\x4d\0\0\0\xff", 13) ==
          0);
    hp_pixels_from_bgr(&p, HATPOSE_BGRA8, out, 8);
    CHECK(memcmp(out, "\x0a\x14\x1e\xff", 4) == 0);
    hp_pixels_from_bgr(&p, HATPOSE_RGB8, out, 6);
    CHECK(memcmp(out + 9, "\x03\x02\x01", 3) == 0);
    hp_pixels_from_bgr(&p, HATPOSE_BGR8, out, 6);
    CHECK(memcmp(out, bgr, 12) == 0);
    hp_pixels_from_bgr(&p, HATPOSE_GRAY8, out, 2);
    CHECK(out[0] == 22 && out[1] == 255 && out[2] == 0 && out[3] == 2);
}

int main(void)
{
    RUN(packed_rows_are_the_default);
    RUN(wrong_layouts_are_refused);
    RUN(limits_are_named);
    RUN(struct_size_tells_the_header);
    RUN(formats_are_changed);
    CHECK_EXIT();
}
