/* test_decode.c - right pictures give their pixels; wrong ones one clear
 * line and no leak. */
#include "image/decode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "counting_host.h"
#include "image/encode.h"
#include "image/jpeg_header.h"
#include "picture_builder.h"

enum { WIDTH = 41, HEIGHT = 29 };

static const hp_image_limits limits = {32768, 100000000, 64u << 20, false, 1};
static hp_memory memory;
static hp_picture picture;
static hatpose_error err;

static hatpose_status decode(const picture_file *file)
{
    return hp_picture_decode(&memory, &limits, file->data, file->bytes,
                             &picture, &err);
}

static const uint8_t *pixel(int x, int y)
{
    return (const uint8_t *)picture.pixels.data +
           3 * (y * picture.width_px + x);
}

/* The largest difference to the builders' colours. */
static int worst_difference(int gray)
{
    int worst = 0;

    for (int y = 0; y < picture.height_px; y++)
        for (int x = 0; x < picture.width_px; x++) {
            uint8_t bgr[3];

            picture_colour(x, y, bgr);
            for (int k = 0; k < 3; k++) {
                int d = abs(pixel(x, y)[k] - bgr[gray ? 2 : k]);

                worst = d > worst ? d : worst;
            }
        }
    return worst;
}

/* Decodes, compares, frees. */
static void check_picture(picture_file file, int tolerance, int gray,
                          const char *name)
{
    CHECK_MESSAGE(decode(&file) == HATPOSE_OK, "%s: %s", name, err.message);
    CHECK_MESSAGE(picture.width_px == WIDTH && picture.height_px == HEIGHT,
                  "%s", name);
    CHECK_MESSAGE(worst_difference(gray) <= tolerance, "%s: %d", name,
                  worst_difference(gray));
    picture_free(&file);
}

/* Decodes what must fail, frees. */
static void check_failure(picture_file file, hatpose_status status,
                          const char *text)
{
    hatpose_status got = decode(&file);

    CHECK_MESSAGE(got == status, "%d: %s", (int)got, err.message);
    CHECK_MESSAGE(strstr(err.message, text) != NULL, "%s", err.message);
    CHECK(picture.width_px == 0 && picture.height_px == 0);
    picture_free(&file);
}

static void lossless_formats_are_exact(void)
{
    check_picture(picture_png(WIDTH, HEIGHT, 8, 2), 0, 0, "PNG RGB");
    check_picture(picture_png(WIDTH, HEIGHT, 8, 6), 0, 0, "PNG RGBA");
    check_picture(picture_png(WIDTH, HEIGHT, 8, 0), 0, 1, "PNG gray");
    check_picture(picture_png(WIDTH, HEIGHT, 8, 4), 0, 1, "PNG gray alpha");
    check_picture(picture_png(WIDTH, HEIGHT, 16, 2), 0, 0, "PNG 16 bit");
    check_picture(picture_png(WIDTH, HEIGHT, 16, 4), 0, 1, "PNG 16 bit gray");
    check_picture(picture_animated_png(WIDTH, HEIGHT), 0, 0, "animated PNG");
    check_picture(picture_bmp(WIDTH, HEIGHT), 0, 0, "BMP");
    check_picture(picture_pnm(WIDTH, HEIGHT, 5), 0, 1, "PGM");
    check_picture(picture_pnm(WIDTH, HEIGHT, 6), 0, 0, "PPM");
}

static void gif_gives_its_first_frame(void)
{
    picture_file file = picture_gif(WIDTH, HEIGHT, 3);

    CHECK_MESSAGE(decode(&file) == HATPOSE_OK, "%s", err.message);
    CHECK(picture.width_px == WIDTH && picture.height_px == HEIGHT);
    CHECK(memcmp(pixel(0, 0), "\0\0\xff", 3) == 0);
    CHECK(memcmp(pixel(WIDTH - 1, HEIGHT - 1), "\0\0\xff", 3) == 0);
    picture_free(&file);
}

static void small_pnm_kinds_are_read(void)
{
    picture_file bits = picture_copy((const uint8_t *)"P1 3 1\n1 01", 11);
    picture_file text =
        picture_copy((const uint8_t *)"P3 1 1 15\n15 #c\n0 5", 19);
    picture_file packed = picture_copy((const uint8_t *)"P4 9 1\n\x80\x80", 9);
    picture_file wide =
        picture_copy((const uint8_t *)"P5 2 1 65535\n\x80\xff\x01\x02", 17);

    CHECK(decode(&bits) == HATPOSE_OK && picture.width_px == 3);
    CHECK(pixel(0, 0)[0] == 0 && pixel(1, 0)[0] == 255 && pixel(2, 0)[2] == 0);
    CHECK(decode(&text) == HATPOSE_OK);
    CHECK(memcmp(pixel(0, 0), "\x55\0\xff", 3) == 0);
    CHECK(decode(&packed) == HATPOSE_OK);
    CHECK(pixel(0, 0)[0] == 0 && pixel(1, 0)[0] == 255 && pixel(8, 0)[0] == 0);
    CHECK(decode(&wide) == HATPOSE_OK);
    CHECK(pixel(0, 0)[0] == 0x80 && pixel(1, 0)[0] == 1);
    picture_free(&bits);
    picture_free(&text);
    picture_free(&packed);
    picture_free(&wide);
}

static void every_jpeg_kind_is_read(void)
{
    picture_file probe = picture_jpeg(WIDTH, HEIGHT, PICTURE_JPEG_PLAIN);

    if (probe.bytes == 0) {
        printf("skipped: JPEG kinds are made by libjpeg\n");
        return;
    }
    check_picture(probe, 12, 0, "JPEG");
    check_picture(picture_jpeg(WIDTH, HEIGHT, PICTURE_JPEG_PROGRESSIVE), 12, 0,
                  "progressive JPEG");
    check_picture(picture_jpeg(WIDTH, HEIGHT, PICTURE_JPEG_RESTART), 12, 0,
                  "JPEG with restarts");
    check_picture(picture_jpeg(WIDTH, HEIGHT, PICTURE_JPEG_GRAY), 4, 1,
                  "gray JPEG");
    check_picture(picture_jpeg(WIDTH, HEIGHT, PICTURE_JPEG_CMYK), 4, 0,
                  "CMYK JPEG");
    check_picture(picture_jpeg(WIDTH, HEIGHT, PICTURE_JPEG_YCCK), 12, 0,
                  "YCCK JPEG");
}

/* JPEG that every build can make. */
static picture_file some_jpeg(int width_px, int height_px)
{
    picture_file bmp = picture_bmp(width_px, height_px);
    hp_buffer file = {NULL, 0};
    size_t bytes = 0;

    CHECK(decode(&bmp) == HATPOSE_OK);
    hp_pixels pixels = hp_picture_pixels(&picture);
    CHECK(hp_encode(&memory, &pixels, HATPOSE_FILE_JPEG, 95, &file, &bytes,
                    &err) == HATPOSE_OK);
    picture_file jpeg = picture_copy(file.data, bytes);
    hp_buffer_release(&memory, &file);
    picture_free(&bmp);
    return jpeg;
}

/* Where the stored pixel x, y is seen after the turn, from the meaning of
 * the numbers: "row 0 is the visual top, column 0 the visual left" is 1. */
static void seen_at(int orientation, int x, int y, int *seen_x, int *seen_y)
{
    int from_right = WIDTH - 1 - x, from_bottom = HEIGHT - 1 - y;
    const int places[9][2] = {
        {0, 0},           {x, y}, {from_right, y},  {from_right, from_bottom},
        {x, from_bottom}, {y, x}, {from_bottom, x}, {from_bottom, from_right},
        {y, from_right}};

    *seen_x = places[orientation][0];
    *seen_y = places[orientation][1];
}

static void check_turn(const picture_file *stored, int orientation,
                       int big_endian)
{
    static const int points[4][2] = {
        {0, 0}, {WIDTH - 1, 0}, {3, HEIGHT - 1}, {20, 11}};
    picture_file file = picture_copy(stored->data, stored->bytes);
    uint8_t colours[4][3];

    CHECK(decode(&file) == HATPOSE_OK);
    for (int i = 0; i < 4; i++)
        memcpy(colours[i], pixel(points[i][0], points[i][1]), 3);
    picture_insert_exif(&file, orientation, big_endian);
    CHECK_MESSAGE(decode(&file) == HATPOSE_OK, "%s", err.message);
    CHECK(picture.width_px == (orientation > 4 ? HEIGHT : WIDTH));
    CHECK(picture.height_px == (orientation > 4 ? WIDTH : HEIGHT));
    for (int i = 0; i < 4; i++) {
        int x, y;

        seen_at(orientation, points[i][0], points[i][1], &x, &y);
        CHECK_MESSAGE(memcmp(pixel(x, y), colours[i], 3) == 0,
                      "orientation %d, point %d", orientation, i);
    }
    hp_picture sized = {0};
    CHECK(hp_picture_size(&limits, file.data, file.bytes, &sized, NULL) ==
          HATPOSE_OK);
    CHECK(sized.width_px == picture.width_px &&
          sized.height_px == picture.height_px);
    picture_free(&file);
}

static void exif_turns_all_eight_ways(void)
{
    picture_file jpeg = some_jpeg(WIDTH, HEIGHT);

    for (int orientation = 1; orientation <= 8; orientation++) {
        check_turn(&jpeg, orientation, 0);
        check_turn(&jpeg, orientation, 1);
    }
    picture_free(&jpeg);
}

static void hostile_exif_turns_nothing(void)
{
    picture_file jpeg = some_jpeg(WIDTH, HEIGHT);
    hp_jpeg_header header;

    /* Every byte of the segment set to extremes: never a crash, and the
     * picture stays readable unless its length was hit. */
    for (size_t at = 4; at < 4 + 34; at++)
        for (int value = 0; value < 256; value += 51) {
            picture_file file = picture_copy(jpeg.data, jpeg.bytes);

            picture_insert_exif(&file, 6, 0);
            file.data[at] = (uint8_t)value;
            hp_jpeg_header_read(file.data, file.bytes, &header);
            CHECK(header.orientation >= 1 && header.orientation <= 8);
            hatpose_status status = decode(&file);
            CHECK(status == HATPOSE_OK || status == HATPOSE_E_IMAGE_CORRUPT);
            picture_free(&file);
        }
    for (int wrong = 0; wrong < 256; wrong += wrong == 0 ? 9 : 41) {
        picture_file file = picture_copy(jpeg.data, jpeg.bytes);

        picture_insert_exif(&file, wrong, 1);
        CHECK(decode(&file) == HATPOSE_OK && picture.width_px == WIDTH);
        picture_free(&file);
    }
    picture_free(&jpeg);
}

static void unknown_bytes_are_named(void)
{
    check_failure(picture_copy((const uint8_t *)"", 0), HATPOSE_E_IMAGE_FORMAT,
                  "empty");
    check_failure(picture_copy((const uint8_t *)"hello", 5),
                  HATPOSE_E_IMAGE_FORMAT, "68 65 6c 6c");
    check_failure(picture_copy((const uint8_t *)"x", 1), HATPOSE_E_IMAGE_FORMAT,
                  "78");
    check_failure(picture_copy((const uint8_t *)"RIFF\0\0\0\0WEBPVP8 ", 16),
                  HATPOSE_E_IMAGE_FORMAT, "WebP");
    check_failure(picture_copy((const uint8_t *)"II*\0\0\0\0\0", 8),
                  HATPOSE_E_IMAGE_FORMAT, "TIFF");
    CHECK(hp_picture_decode(&memory, &limits, NULL, 5, &picture, &err) ==
          HATPOSE_E_ARGUMENT);
}

static size_t find(const picture_file *file, const char *bytes, size_t count)
{
    for (size_t i = 0; i + count <= file->bytes; i++)
        if (memcmp(file->data + i, bytes, count) == 0)
            return i;
    CHECK_MESSAGE(false, "no marker");
    return 0;
}

/* A JPEG whose frame header says other sizes or another precision. */
static picture_file bent_jpeg(int precision, int width_px, int height_px)
{
    picture_file file = some_jpeg(WIDTH, HEIGHT);
    uint8_t *frame = file.data + find(&file, "\xff\xc0", 2);

    frame[4] = (uint8_t)precision;
    frame[5] = (uint8_t)(height_px >> 8);
    frame[6] = (uint8_t)height_px;
    frame[7] = (uint8_t)(width_px >> 8);
    frame[8] = (uint8_t)width_px;
    return file;
}

static picture_file empty_png(int width_px, int height_px)
{
    picture_file file = picture_png_start(width_px, height_px, 8, 2);

    picture_append_chunk(&file, "IDAT", "x", 1);
    picture_append_chunk(&file, "IEND", NULL, 0);
    return file;
}

static void impossible_sizes_are_refused(void)
{
    static const char gif[13] = "GIF89a\0\0\5\0\0\0";
    picture_file file;

    check_failure(empty_png(0, 0), HATPOSE_E_IMAGE_CORRUPT, "0 x 0");
    check_failure(empty_png(30000, 30000), HATPOSE_E_LIMIT, "max_pixels");
    check_failure(empty_png(40000, 1), HATPOSE_E_LIMIT, "max_side_px");
    check_failure(empty_png(-1, 1), HATPOSE_E_IMAGE_CORRUPT, "no such size");
    check_failure(bent_jpeg(8, 0, 7), HATPOSE_E_IMAGE_CORRUPT, "0 x 7");
    check_failure(bent_jpeg(8, 30000, 30000), HATPOSE_E_LIMIT, "max_pixels");
    check_failure(picture_copy((const uint8_t *)gif, 13),
                  HATPOSE_E_IMAGE_CORRUPT, "0 x 5");
    check_failure(picture_copy((const uint8_t *)"P6 0 5 255\n...", 14),
                  HATPOSE_E_IMAGE_CORRUPT, "0 x 5");
    check_failure(picture_copy((const uint8_t *)"P6 30000 30000 255\n.", 20),
                  HATPOSE_E_LIMIT, "max_pixels");
    check_failure(picture_copy((const uint8_t *)"P5 99999999999 5 255\n.", 22),
                  HATPOSE_E_IMAGE_CORRUPT, "header");
    file = picture_bmp(2, 2);
    memcpy(file.data + 18, "\0\0\0\x80", 4);
    check_failure(file, HATPOSE_E_IMAGE_CORRUPT, "width");
    file = picture_bmp(2, 2);
    memcpy(file.data + 22, "\0\0\0\x80", 4);
    check_failure(file, HATPOSE_E_IMAGE_CORRUPT, "no such size");
}

static void one_pixel_is_a_picture(void)
{
    picture_file file = picture_png(1, 1, 8, 2);

    CHECK(decode(&file) == HATPOSE_OK);
    CHECK(picture.width_px == 1 && picture.height_px == 1);
    CHECK(memcmp(pixel(0, 0), "\0\0\xff", 3) == 0);
    picture_free(&file);
    file = some_jpeg(1, 1);
    CHECK(decode(&file) == HATPOSE_OK && picture.width_px == 1);
    picture_free(&file);
}

static void unsupported_kinds_are_named(void)
{
#if defined(HP_HAVE_LIBJPEG)
    check_failure(bent_jpeg(12, WIDTH, HEIGHT), HATPOSE_E_IMAGE_FORMAT,
                  "precision 12");
#endif
    picture_file file = picture_bmp(2, 2);
    file.data[30] = 1;
    check_failure(file, HATPOSE_E_IMAGE_FORMAT, "compression 1");
    file = picture_bmp(2, 2);
    file.data[28] = 33;
    check_failure(file, HATPOSE_E_IMAGE_FORMAT, "33 bits");
}

/* Cut at every length: an error that says so, or (only the end marker or
 * padding is missing) the picture. */
static void check_cuts(picture_file file, size_t harmless, const char *text)
{
    size_t step = file.bytes > 2000 ? 7 : 1;

    for (size_t bytes = 12; bytes + harmless < file.bytes; bytes += step) {
        picture_file cut = picture_copy(file.data, bytes);

        hatpose_status status = decode(&cut);
        CHECK_MESSAGE(status == HATPOSE_E_IMAGE_CORRUPT, "%zu of %zu: %d %s",
                      bytes, file.bytes, (int)status, err.message);
        CHECK_MESSAGE(strstr(err.message, text) != NULL, "%zu: %s", bytes,
                      err.message);
        picture_free(&cut);
    }
    picture_free(&file);
}

static void cut_files_are_refused(void)
{
    char number[48];
    picture_file file = some_jpeg(WIDTH, HEIGHT);

    snprintf(number, sizeof number, "ends after %zu bytes", file.bytes / 2);
    check_failure(picture_copy(file.data, file.bytes / 2),
                  HATPOSE_E_IMAGE_CORRUPT, number);
    check_cuts(file, 2, "JPEG ends after");
    check_cuts(picture_png(WIDTH, HEIGHT, 8, 2), 0, "PNG ends after");
    check_cuts(picture_bmp(WIDTH, HEIGHT), 1, "BMP ends after");
    check_cuts(picture_gif(5, 4, 2), 50, "GIF ends after");
    check_cuts(picture_pnm(WIDTH, HEIGHT, 6), 0, "PNM");
    file = picture_jpeg(WIDTH, HEIGHT, PICTURE_JPEG_PROGRESSIVE);
    if (file.bytes > 0)
        check_cuts(file, 0, "JPEG ends after");
}

/* Rows from `first` on that are equal to the row above. */
static int repeated_rows(int first)
{
    int count = 0;

    for (int y = first; y < picture.height_px; y++)
        count += memcmp(pixel(0, y), pixel(0, y - 1),
                        3 * (size_t)picture.width_px) == 0;
    return count;
}

static hatpose_status decode_damaged(const picture_file *file)
{
    hp_image_limits lenient = limits;

    lenient.accept_damaged_jpeg = true;
    return hp_picture_decode(&memory, &lenient, file->data, file->bytes,
                             &picture, &err);
}

/* Where it is accepted, the last row stands for what is missing. */
static void cut_jpeg_can_be_accepted(void)
{
    picture_file file = some_jpeg(WIDTH, 4 * HEIGHT);
    size_t scan = find(&file, "\xff\xda", 2);
    size_t bytes = scan + (file.bytes - scan) / 2;
    picture_file cut = picture_copy(file.data, bytes);

    CHECK(decode(&cut) == HATPOSE_E_IMAGE_CORRUPT);
    CHECK_MESSAGE(decode_damaged(&cut) == HATPOSE_OK, "%s", err.message);
    CHECK(picture.width_px == WIDTH && picture.height_px == 4 * HEIGHT);
    uint8_t bgr[3];
    picture_colour(3, 2, bgr);
    for (int k = 0; k < 3; k++)
        CHECK(abs(pixel(3, 2)[k] - bgr[k]) <= 12);
#if defined(HP_HAVE_LIBJPEG)
    int missing = repeated_rows(1);
    CHECK_MESSAGE(missing > HEIGHT && missing < 3 * HEIGHT, "%d", missing);
    CHECK(repeated_rows(picture.height_px - missing) == missing);
#endif
    cut.bytes = scan;
    CHECK(decode_damaged(&cut) == HATPOSE_E_IMAGE_CORRUPT);
    CHECK(strstr(err.message, "before its picture") != NULL);
    picture_free(&cut);
    CHECK(decode_damaged(&file) == HATPOSE_OK && repeated_rows(1) == 0);
    picture_free(&file);
}

/* Without Adobe's marker 255 is full ink: our pictures come out black. */
static void inks_are_inverted_only_by_adobe(void)
{
    picture_file file = picture_jpeg(WIDTH, HEIGHT, PICTURE_JPEG_CMYK);

    if (file.bytes == 0)
        return;
    size_t marker = find(&file, "\xff\xee", 2);
    size_t rest = marker + 2 + 14;
    picture_file plain = picture_copy(file.data, marker);
    picture_append(&plain, file.data + rest, file.bytes - rest);
    CHECK_MESSAGE(decode(&plain) == HATPOSE_OK, "%s", err.message);
    CHECK(memcmp(pixel(7, 5), "\0\0\0", 3) == 0);
    picture_free(&plain);
    picture_free(&file);
}

static void missing_end_marker_is_harmless(void)
{
    picture_file file = picture_jpeg(WIDTH, HEIGHT, PICTURE_JPEG_PLAIN);

    if (file.bytes == 0)
        return;
    file.bytes -= 2;
    check_picture(file, 12, 0, "JPEG without end marker");
}

static void bytes_after_the_end_are_ignored(void)
{
    picture_file file = picture_png(WIDTH, HEIGHT, 8, 2);

    picture_append(&file, "garbage", 7);
    check_picture(file, 0, 0, "PNG and more");
    file = some_jpeg(WIDTH, HEIGHT);
    picture_append(&file, "\xff\xd8garbage", 9);
    check_picture(file, 12, 0, "JPEG and more");
}

static void flipped_bytes_in_png_are_found(void)
{
    picture_file file = picture_png(WIDTH, HEIGHT, 8, 2);

    for (size_t i = 8; i < file.bytes; i++) {
        file.data[i] ^= 0x10;
        CHECK_MESSAGE(decode(&file) != HATPOSE_OK, "byte %zu", i);
        file.data[i] ^= 0x10;
    }
    check_picture(file, 0, 0, "PNG");
}

/* Each scan makes libjpeg go over all of the picture. */
static void many_scans_are_refused(void)
{
    picture_file file = picture_jpeg(WIDTH, HEIGHT, PICTURE_JPEG_MANY_SCANS);

    if (file.bytes > 0)
        check_failure(file, HATPOSE_E_IMAGE_CORRUPT, "more than 64 scans");
}

static void encoded_limit_is_kept(void)
{
    hp_image_limits tight = limits;
    picture_file file = picture_png(WIDTH, HEIGHT, 8, 2);

    tight.max_encoded_bytes = file.bytes - 1;
    CHECK(hp_picture_decode(&memory, &tight, file.data, file.bytes, &picture,
                            &err) == HATPOSE_E_LIMIT);
    CHECK(strstr(err.message, "max_encoded_bytes") != NULL);
    picture_free(&file);
}

/* Every budget below the need is a limit's error; nothing is lost. */
static void budget_is_kept(picture_file file)
{
    hatpose_status status = HATPOSE_E_LIMIT;
    size_t limit = 1;

    if (file.bytes == 0)
        return;
    for (; status != HATPOSE_OK && limit < 400000; limit += limit / 8 + 50) {
        hp_memory poor;
        hp_picture small = {0};

        hp_memory_init(&poor, NULL, limit);
        status = hp_picture_decode(&poor, &limits, file.data, file.bytes,
                                   &small, &err);
        CHECK_MESSAGE(status == HATPOSE_OK || status == HATPOSE_E_LIMIT,
                      "%d %s", (int)status, err.message);
        if (status != HATPOSE_OK)
            CHECK_MESSAGE(strstr(err.message, "max_memory_bytes") != NULL, "%s",
                          err.message);
        hp_picture_release(&poor, &small);
        CHECK(atomic_load(&poor.used_bytes) == 0);
    }
    CHECK(status == HATPOSE_OK);
    picture_free(&file);
}

static void every_budget_is_kept(void)
{
    picture_file turned = some_jpeg(WIDTH, HEIGHT);

    picture_insert_exif(&turned, 6, 0);
    budget_is_kept(turned);
    budget_is_kept(picture_png(WIDTH, HEIGHT, 16, 6));
    budget_is_kept(picture_gif(WIDTH, HEIGHT, 2));
    budget_is_kept(picture_bmp(WIDTH, HEIGHT));
    budget_is_kept(picture_pnm(WIDTH, HEIGHT, 6));
}

/* libjpeg's own memory is held to what the budget has left. */
/* The segments of a marker are taken out. */
static void strip_segments(picture_file *file, uint8_t marker)
{
    size_t at = 2;

    while (at + 4 <= file->bytes && file->data[at] == 0xff &&
           file->data[at + 1] != 0xda) {
        size_t length =
            2 + (((size_t)file->data[at + 2] << 8) | file->data[at + 3]);
        if (file->data[at + 1] != marker) {
            at += length;
            continue;
        }
        file->bytes -= length;
        memmove(file->data + at, file->data + at + length, file->bytes - at);
    }
}

/* The decoder lives on, what a file brought does not. */
static void tables_of_one_jpeg_are_not_those_of_the_next(void)
{
    picture_file whole = some_jpeg(WIDTH, HEIGHT);
    picture_file bare = some_jpeg(WIDTH, HEIGHT);

    strip_segments(&bare, 0xdb); /* quantisation */
    CHECK(bare.bytes < whole.bytes);
    CHECK(decode(&whole) == HATPOSE_OK);
    CHECK(decode(&bare) == HATPOSE_E_IMAGE_CORRUPT);
    CHECK(decode(&whole) == HATPOSE_OK);
    picture_free(&whole);
    picture_free(&bare);
}

static double mean_of_block(const uint8_t *bgr, int width_px, int x, int y,
                            int side_px)
{
    double sum = 0;

    for (int dy = 0; dy < side_px; dy++)
        for (int dx = 0; dx < side_px; dx++)
            sum += bgr[3 * ((y + dy) * width_px + x + dx)];
    return sum / (side_px * side_px);
}

/* Mean distance, in levels, of a reduced picture from the means of the whole
 * one's blocks. */
static double distance_of_reduced(const hp_picture *whole,
                                  const hp_picture *reduced)
{
    hp_pixels small = hp_picture_pixels(reduced);
    int side = reduced->reduction;
    double sum = 0;

    for (int y = 0; y < small.height_px; y++)
        for (int x = 0; x < small.width_px; x++)
            sum += fabs(mean_of_block(whole->pixels.data, whole->width_px,
                                      x * side, y * side, side) -
                        small.data[3 * (y * small.width_px + x)]);
    return sum / small.width_px / small.height_px;
}

static void check_reduction(const picture_file *file, int most, int expected)
{
    hp_image_limits reducing = limits;
    hp_picture whole = {0}, reduced = {0};

    reducing.reduction_max = most;
    CHECK(hp_picture_decode(&memory, &limits, file->data, file->bytes, &whole,
                            &err) == HATPOSE_OK);
    CHECK(hp_picture_decode(&memory, &reducing, file->data, file->bytes,
                            &reduced, &err) == HATPOSE_OK);
    CHECK(whole.reduction == 1 && reduced.reduction == expected);
    CHECK(reduced.width_px == whole.width_px);
    CHECK(reduced.height_px == whole.height_px);
    double distance = distance_of_reduced(&whole, &reduced);
    /* The ramp has 3 levels a pixel; most of it are the edges where it
     * begins anew. */
    CHECK_MESSAGE(distance < 3, "1/%d: %g levels from the means", expected,
                  distance);
    hp_picture_release(&memory, &whole);
    hp_picture_release(&memory, &reduced);
}

static void large_jpegs_come_smaller(void)
{
    static const struct {
        int most, expected;
    } cases[] = {{0, 1}, {1, 1}, {2, 2}, {3, 2}, {4, 4}, {7, 4}, {64, 8}};
    static const picture_jpeg_kind kinds[] = {
        PICTURE_JPEG_PLAIN, PICTURE_JPEG_PROGRESSIVE, PICTURE_JPEG_GRAY,
        PICTURE_JPEG_CMYK};

    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            picture_file file = picture_jpeg(320, 208, kinds[k]);
            if (file.bytes == 0) /* libjpeg is absent */
                return;
            picture_insert_exif(&file, 1 + (int)i, 0);
            check_reduction(&file, cases[i].most, cases[i].expected);
            picture_free(&file);
        }
}

/* Pixels stay squares of whole ones. */
static void odd_jpegs_and_other_formats_stay_whole(void)
{
    picture_file four = picture_jpeg(300, 208, PICTURE_JPEG_PLAIN);
    picture_file odd = picture_jpeg(304, 207, PICTURE_JPEG_PLAIN);
    picture_file png = picture_png(320, 208, 8, 2);

    if (four.bytes > 0) {
        check_reduction(&four, 8, 4);
        check_reduction(&odd, 8, 1);
    }
    check_reduction(&png, 8, 1);
    picture_free(&four);
    picture_free(&odd);
    picture_free(&png);
}

/* The second of a kind finds all memory there; so does the first after a
 * file that broke off. */
static void check_second(picture_file file, const char *name)
{
    picture_file cut = picture_copy(file.data, file.bytes / 2);
    counting_host counting;
    hp_memory counted;
    hp_picture kept = {0};

    counting_host_init(&counting);
    hp_memory_init(&counted, &counting.host, 0);
    CHECK(hp_picture_decode(&counted, &limits, file.data, file.bytes, &kept,
                            &err) == HATPOSE_OK);
    long before = atomic_load(&counting.allocations);
    for (int again = 0; again < 3; again++) {
        CHECK(hp_picture_decode(&counted, &limits, file.data, file.bytes, &kept,
                                &err) == HATPOSE_OK);
        /* Some GIFs have their first frame in the first half. */
        hp_picture_decode(&counted, &limits, cut.data, cut.bytes, &kept, NULL);
    }
    CHECK_MESSAGE(atomic_load(&counting.allocations) == before, "%s: %ld more",
                  name, atomic_load(&counting.allocations) - before);
    hp_picture_release(&counted, &kept);
    CHECK(atomic_load(&counting.live_blocks) == 0);
    picture_free(&file);
    picture_free(&cut);
}

static void second_picture_allocates_nothing(void)
{
    static const unsigned kinds[] = {0, PICTURE_JPEG_PROGRESSIVE,
                                     PICTURE_JPEG_GRAY, PICTURE_JPEG_CMYK};
    static const int pngs[][2] = {{8, 0},  {8, 2},  {8, 4},  {8, 6},
                                  {16, 0}, {16, 2}, {16, 4}, {16, 6}};
    char name[32];

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        picture_file file = picture_jpeg(300, 200, kinds[i]);
        snprintf(name, sizeof name, "JPEG of kind %u", kinds[i]);
        if (file.bytes > 0) /* else libjpeg is absent */
            check_second(file, name);
    }
    for (size_t i = 0; i < sizeof pngs / sizeof *pngs; i++) {
        snprintf(name, sizeof name, "PNG of %d bits, type %d", pngs[i][0],
                 pngs[i][1]);
        check_second(picture_png(300, 200, pngs[i][0], pngs[i][1]), name);
    }
    check_second(picture_animated_png(300, 200), "animated PNG");
    check_second(picture_bmp(300, 200), "BMP");
    check_second(picture_gif(300, 200, 3), "GIF");
    check_second(picture_pnm(300, 200, 6), "PPM");
}

/* What a large picture took is not held for small ones. */
static void memory_of_a_large_picture_goes_back(void)
{
    picture_file large = picture_png(640, 480, 16, 6);
    picture_file small = picture_png(64, 48, 8, 2);
    hp_memory own;
    hp_picture kept = {0};

    hp_memory_init(&own, NULL, 0);
    CHECK(hp_picture_decode(&own, &limits, large.data, large.bytes, &kept,
                            &err) == HATPOSE_OK);
    CHECK(hp_picture_decode(&own, &limits, small.data, small.bytes, &kept,
                            &err) == HATPOSE_OK);
    CHECK(atomic_load(&own.used_bytes) < 640 * 480 * 3 + 200000);
    hp_picture_release(&own, &kept);
    CHECK(atomic_load(&own.used_bytes) == 0);
    picture_free(&large);
    picture_free(&small);
}

static void coefficients_count_against_the_budget(void)
{
    picture_file file = picture_jpeg(640, 480, PICTURE_JPEG_PROGRESSIVE);
    hp_memory poor;
    hp_picture big = {0};

    if (file.bytes == 0)
        return;
    hp_memory_init(&poor, NULL, 640 * 480 * 3 + 100000);
    CHECK(hp_picture_decode(&poor, &limits, file.data, file.bytes, &big,
                            &err) == HATPOSE_E_LIMIT);
    CHECK_MESSAGE(strstr(err.message, "max_memory_bytes") != NULL, "%s",
                  err.message);
    hp_picture_release(&poor, &big);
    picture_free(&file);
}

/* Whether a picture can be read does not depend on those before it. */
static void kept_memory_is_given_up_for_a_budget(void)
{
    picture_file first = picture_jpeg(640, 480, PICTURE_JPEG_PROGRESSIVE);
    picture_file second = picture_png(640, 480, 8, 2);
    size_t budget = 640 * 480 * 3;
    hatpose_status status = HATPOSE_E_LIMIT;

    if (first.bytes == 0)
        return;
    while (status != HATPOSE_OK && budget < 100000000) {
        hp_memory poor;
        hp_picture alone = {0}, after = {0};
        budget += 50000;
        hp_memory_init(&poor, NULL, budget);
        status = hp_picture_decode(&poor, &limits, second.data, second.bytes,
                                   &alone, &err);
        hp_picture_release(&poor, &alone);
        /* Both may fail, but only for want of memory of their own. */
        hp_picture_decode(&poor, &limits, first.data, first.bytes, &after,
                          NULL);
        CHECK(hp_picture_decode(&poor, &limits, second.data, second.bytes,
                                &after, &err) == status);
        hp_picture_release(&poor, &after);
        CHECK(atomic_load(&poor.used_bytes) == 0);
    }
    CHECK(status == HATPOSE_OK);
    picture_free(&first);
    picture_free(&second);
}

int main(void)
{
    hp_memory_init(&memory, NULL, 0);
    RUN(lossless_formats_are_exact);
    RUN(tables_of_one_jpeg_are_not_those_of_the_next);
    RUN(large_jpegs_come_smaller);
    RUN(odd_jpegs_and_other_formats_stay_whole);
    RUN(second_picture_allocates_nothing);
    RUN(memory_of_a_large_picture_goes_back);
    RUN(gif_gives_its_first_frame);
    RUN(small_pnm_kinds_are_read);
    RUN(every_jpeg_kind_is_read);
    RUN(exif_turns_all_eight_ways);
    RUN(hostile_exif_turns_nothing);
    RUN(unknown_bytes_are_named);
    RUN(impossible_sizes_are_refused);
    RUN(one_pixel_is_a_picture);
    RUN(unsupported_kinds_are_named);
    RUN(cut_files_are_refused);
    RUN(cut_jpeg_can_be_accepted);
    RUN(inks_are_inverted_only_by_adobe);
    RUN(missing_end_marker_is_harmless);
    RUN(bytes_after_the_end_are_ignored);
    RUN(flipped_bytes_in_png_are_found);
    RUN(many_scans_are_refused);
    RUN(encoded_limit_is_kept);
    RUN(every_budget_is_kept);
    RUN(coefficients_count_against_the_budget);
    RUN(kept_memory_is_given_up_for_a_budget);
    hp_picture_release(&memory, &picture);
    CHECK(atomic_load(&memory.used_bytes) == 0);
    CHECK_EXIT();
}
