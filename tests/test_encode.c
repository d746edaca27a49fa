/* test_encode.c - what is written can be read back, in every format. */
#include "image/encode.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "image/decode.h"
#include "picture_builder.h"

enum { WIDTH = 41, HEIGHT = 29 };

static const hp_image_limits limits = {32768, 100000000, 64u << 20, false, 1};
static const uint32_t formats[] = {HATPOSE_RGB8, HATPOSE_BGR8, HATPOSE_RGBA8,
                                   HATPOSE_BGRA8, HATPOSE_GRAY8};
static hp_memory memory;

static hp_pixels paint(uint32_t format, uint8_t *out, size_t stride_bytes)
{
    static uint8_t bgr[WIDTH * HEIGHT * 3];
    hp_pixels painted = {bgr, WIDTH, HEIGHT, WIDTH * 3, HATPOSE_BGR8};

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        picture_colour(i % WIDTH, i / WIDTH, bgr + 3 * i);
    hp_pixels_from_bgr(&painted, format, out, stride_bytes);
    hp_pixels view = {out, WIDTH, HEIGHT, stride_bytes, format};
    return view;
}

/* The largest difference between the file's pixels and the painted ones. */
static int difference(const hp_buffer *file, size_t bytes, uint32_t format)
{
    hp_picture picture = {0};
    hatpose_error err;
    int worst = 0;

    CHECK_MESSAGE(hp_picture_decode(&memory, &limits, file->data, bytes,
                                    &picture, &err) == HATPOSE_OK,
                  "%s", err.message);
    CHECK(picture.width_px == WIDTH && picture.height_px == HEIGHT);
    const uint8_t *got = picture.pixels.data;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        uint8_t bgr[3];

        picture_colour(i % WIDTH, i / WIDTH, bgr);
        if (format == HATPOSE_GRAY8)
            bgr[0] = bgr[1] = bgr[2] =
                (uint8_t)((bgr[0] * 3735 + bgr[1] * 19235 + bgr[2] * 9798 +
                           16384) >>
                          15);
        for (int k = 0; k < 3; k++) {
            int d = abs(got[3 * i + k] - bgr[k]);

            worst = d > worst ? d : worst;
        }
    }
    hp_picture_release(&memory, &picture);
    return worst;
}

static void check_file_type(uint32_t file_type, int tolerance)
{
    uint8_t pixels[HEIGHT * (WIDTH * 4 + 7)];
    hp_buffer file = {NULL, 0};
    size_t bytes;

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        size_t stride = WIDTH * (size_t)hp_pixel_bytes(formats[i]) + 7;
        hp_pixels view = paint(formats[i], pixels, stride);

        CHECK(hp_encode(&memory, &view, file_type, 95, &file, &bytes, NULL) ==
              HATPOSE_OK);
        CHECK(bytes > 100 &&
              bytes <= hp_encode_bound(WIDTH, HEIGHT, file_type));
        int worst = difference(&file, bytes, formats[i]);
        CHECK_MESSAGE(worst <= tolerance, "format %u: %d", (unsigned)formats[i],
                      worst);
    }
    hp_buffer_release(&memory, &file);
}

static void png_gives_the_same_pixels(void)
{
    check_file_type(HATPOSE_FILE_PNG, 0);
}

static void jpeg_gives_nearly_the_same_pixels(void)
{
    check_file_type(HATPOSE_FILE_JPEG, 12);
}

/* Noise is the worst that can be compressed. */
static void bound_holds_for_noise(void)
{
    enum { SIDE = 300 };
    uint8_t *pixels = malloc(SIDE * SIDE * 4);
    hp_pixels view = {pixels, SIDE, SIDE, SIDE * 4, HATPOSE_RGBA8};
    hp_buffer file = {NULL, 0};
    uint32_t random = 1;
    size_t bytes;

    if (pixels == NULL)
        exit(1);
    for (int i = 0; i < SIDE * SIDE * 4; i++) {
        random = random * 1664525 + 1013904223;
        pixels[i] = (uint8_t)((random >> 24) > 127 ? 255 : 0);
    }
    CHECK(hp_encode(&memory, &view, HATPOSE_FILE_JPEG, 100, &file, &bytes,
                    NULL) == HATPOSE_OK);
    CHECK_MESSAGE(bytes > 1 << 16, "%zu: the buffer never grew", bytes);
    CHECK(bytes <= hp_encode_bound(SIDE, SIDE, HATPOSE_FILE_JPEG));
    for (int i = 0; i < SIDE * SIDE * 4; i++) {
        random = random * 1664525 + 1013904223;
        pixels[i] = (uint8_t)(random >> 24);
    }
    CHECK(hp_encode(&memory, &view, HATPOSE_FILE_PNG, 0, &file, &bytes, NULL) ==
          HATPOSE_OK);
    CHECK(bytes <= hp_encode_bound(SIDE, SIDE, HATPOSE_FILE_PNG));
    hp_buffer_release(&memory, &file);
    free(pixels);
}

static void wrong_arguments_are_named(void)
{
    const uint8_t pixel[3] = {1, 2, 3};
    hp_pixels view = {pixel, 1, 1, 3, HATPOSE_RGB8};
    hp_buffer file = {NULL, 0};
    hatpose_error err;
    size_t bytes;

    CHECK(hp_encode(&memory, &view, 3, 90, &file, &bytes, &err) ==
          HATPOSE_E_ARGUMENT);
    CHECK(strstr(err.message, "file_type 3") != NULL);
    CHECK(hp_encode(&memory, &view, HATPOSE_FILE_JPEG, 0, &file, &bytes,
                    &err) == HATPOSE_E_ARGUMENT);
    CHECK(hp_encode(&memory, &view, HATPOSE_FILE_JPEG, 101, &file, &bytes,
                    &err) == HATPOSE_E_ARGUMENT);
    view.width_px = 70000;
    CHECK(hp_encode(&memory, &view, HATPOSE_FILE_JPEG, 90, &file, &bytes,
                    &err) == HATPOSE_E_ARGUMENT);
    CHECK(hp_encode_bound(0, 1, HATPOSE_FILE_PNG) == 0);
    CHECK(hp_encode_bound(1, 1, 77) == 0);
}

static void every_budget_is_kept(void)
{
    uint8_t pixels[WIDTH * HEIGHT * 3];
    hp_pixels view = paint(HATPOSE_RGB8, pixels, WIDTH * 3);

    for (uint32_t type = HATPOSE_FILE_PNG; type <= HATPOSE_FILE_JPEG; type++) {
        hatpose_status status = HATPOSE_E_LIMIT;
        size_t limit = 1, failures = 0;

        for (; status != HATPOSE_OK && limit < 2000000;
             limit += limit / 2 + 1) {
            hp_memory poor;
            hp_buffer file = {NULL, 0};
            size_t bytes;

            hp_memory_init(&poor, NULL, limit);
            status = hp_encode(&poor, &view, type, 90, &file, &bytes, NULL);
            failures += status != HATPOSE_OK;
            CHECK(status == HATPOSE_OK || bytes == 0);
            CHECK(status == HATPOSE_OK || status == HATPOSE_E_LIMIT ||
                  status == HATPOSE_E_MEMORY);
            hp_buffer_release(&poor, &file);
            CHECK(atomic_load(&poor.used_bytes) == 0);
        }
        CHECK(status == HATPOSE_OK && failures > 5);
    }
}

int main(void)
{
    hp_memory_init(&memory, NULL, 0);
    RUN(png_gives_the_same_pixels);
    RUN(jpeg_gives_nearly_the_same_pixels);
    RUN(bound_holds_for_noise);
    RUN(wrong_arguments_are_named);
    RUN(every_budget_is_kept);
    CHECK(atomic_load(&memory.used_bytes) == 0);
    CHECK_EXIT();
}
