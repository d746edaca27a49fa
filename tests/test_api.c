/* test_api.c - the library as a foreign program sees it: arguments, sized
 * structs, formats, the two halves of detect, ownership, threads. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "counting_host.h"
#include "network_file.h"

enum { WIDTH_PX = 90, HEIGHT_PX = 61 };

static unsigned char rgb[HEIGHT_PX][WIDTH_PX][3];
static hatpose_model *model;

static hatpose_image layout_of(uint32_t format)
{
    hatpose_image layout = {.struct_size = sizeof layout,
                            .format = format,
                            .width_px = WIDTH_PX,
                            .height_px = HEIGHT_PX};

    return layout;
}

static hatpose_options small_options(void)
{
    hatpose_options options;

    hatpose_options_init(&options, sizeof options);
    options.thread_count = 1;
    options.net_height_px = 64;
    options.person_threshold = 0;
    return options;
}

static hatpose_context *make_context(const hatpose_options *options)
{
    hatpose_context *context;
    hatpose_error err;

    CHECK_MESSAGE(hatpose_context_create(model, options, &context, &err) ==
                      HATPOSE_OK,
                  "%s", err.message);
    return context;
}

/* Two results hold the same people, bit for bit. */
static int same_people(const hatpose_result *a, const hatpose_result *b)
{
    uint32_t count = hatpose_result_person_count(a);

    if (count != hatpose_result_person_count(b) ||
        hatpose_result_peak_count(a) != hatpose_result_peak_count(b))
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        hatpose_person p = {.struct_size = sizeof p};
        hatpose_person q = {.struct_size = sizeof q};
        hatpose_result_person(a, i, &p);
        hatpose_result_person(b, i, &q);
        if (memcmp(&p, &q, sizeof p) != 0)
            return 0;
    }
    for (uint32_t i = 0; i < hatpose_result_peak_count(a); i++) {
        hatpose_peak p, q;
        hatpose_result_peak(a, i, &p);
        hatpose_result_peak(b, i, &q);
        if (memcmp(&p, &q, sizeof p) != 0)
            return 0;
    }
    return 1;
}

static hatpose_result *detect(hatpose_context *context)
{
    hatpose_image layout = layout_of(HATPOSE_RGB8);
    hatpose_result *result;
    hatpose_error err;

    CHECK_MESSAGE(hatpose_detect(context, rgb, &layout, NULL, 0, &result,
                                 &err) == HATPOSE_OK,
                  "%s", err.message);
    return result;
}

/* ---- Options ---------------------------------------------------------- */

static void expect_refused(hatpose_options options, hatpose_status expected,
                           const char *named)
{
    hatpose_context *context = NULL;
    hatpose_error err;
    hatpose_status status =
        hatpose_context_create(model, &options, &context, &err);

    CHECK_MESSAGE(status == expected, "%s: %d", named, (int)status);
    CHECK(context == NULL && err.status == expected);
    CHECK_MESSAGE(strstr(err.message, named) != NULL, "%s", err.message);
    hatpose_context_destroy(context);
}

static void options_are_checked_by_name(void)
{
    hatpose_options o = small_options();

    o.thread_count = 100000;
    expect_refused(o, HATPOSE_E_ARGUMENT, "thread_count");
    o = small_options();
    o.net_height_px = 0;
    expect_refused(o, HATPOSE_E_ARGUMENT, "net_height_px");
    o.net_height_px = 257;
    expect_refused(o, HATPOSE_E_ARGUMENT, "net_height_px");
    o.net_height_px = UINT32_MAX - 7;
    expect_refused(o, HATPOSE_E_ARGUMENT, "net_height_px");
    o = small_options();
    o.precision = 9;
    expect_refused(o, HATPOSE_E_ARGUMENT, "precision");
    o = small_options();
    o.decode = 3;
    expect_refused(o, HATPOSE_E_ARGUMENT, "decode");
    o = small_options();
    o.cpu_off = 1u << 30;
    expect_refused(o, HATPOSE_E_ARGUMENT, "cpu_off");
    o = small_options();
    o.person_threshold = NAN;
    expect_refused(o, HATPOSE_E_ARGUMENT, "person_threshold");
    o = small_options();
    o.keypoint_threshold = INFINITY;
    expect_refused(o, HATPOSE_E_ARGUMENT, "keypoint_threshold");
    o = small_options();
    o.limb_threshold = -NAN;
    expect_refused(o, HATPOSE_E_ARGUMENT, "limb_threshold");
    o = small_options();
    o.max_net_width_px = 7;
    expect_refused(o, HATPOSE_E_ARGUMENT, "max_net_width_px");
    o = small_options();
    o.struct_size = 80;
    expect_refused(o, HATPOSE_E_ABI, "hatpose_options");
}

static void limits_are_named(void)
{
    hatpose_options o = small_options();
    hatpose_image layout = layout_of(HATPOSE_RGB8);
    hatpose_result *result;
    hatpose_error err;

    o.max_side_px = WIDTH_PX - 1;
    hatpose_context *context = make_context(&o);
    CHECK(hatpose_detect(context, rgb, &layout, NULL, 0, &result, &err) ==
          HATPOSE_E_LIMIT);
    CHECK(result == NULL && strstr(err.message, "max_side_px") != NULL);
    o = small_options();
    o.max_pixels = 100;
    CHECK(hatpose_context_configure(context, &o, NULL) == HATPOSE_OK);
    CHECK(hatpose_detect(context, rgb, &layout, NULL, 0, &result, &err) ==
          HATPOSE_E_LIMIT);
    CHECK(strstr(err.message, "max_pixels") != NULL);
    hatpose_context_destroy(context);
    o = small_options();
    o.max_memory_bytes = 200000;
    o.net_height_px = 512;
    CHECK(hatpose_context_create(model, &o, &context, &err) == HATPOSE_OK);
    CHECK(hatpose_detect(context, rgb, &layout, NULL, 0, &result, &err) ==
          HATPOSE_E_LIMIT);
    CHECK(strstr(err.message, "max_memory_bytes") != NULL);
    hatpose_context_destroy(context);
}

static void default_model_is_there_or_says_so(void)
{
    hatpose_model *built_in = NULL;
    hatpose_error err;
    hatpose_status status = hatpose_model_load_default(NULL, &built_in, &err);

#ifdef HP_HAVE_MODEL
    hatpose_model_info info = {.struct_size = sizeof info};
    hatpose_context *context;
    CHECK_MESSAGE(status == HATPOSE_OK, "%s", err.message);
    CHECK(hatpose_model_describe(built_in, &info) == HATPOSE_OK);
    CHECK(info.heatmap_count == 19 && info.paf_count == 38);
    CHECK(info.name[0] != '\0');
    CHECK(hatpose_context_create(built_in, NULL, &context, &err) == HATPOSE_OK);
    hatpose_context_destroy(context);
#else
    CHECK(status == HATPOSE_E_UNSUPPORTED && built_in == NULL);
    CHECK(strcmp(err.message, "built without a model") == 0);
#endif
    hatpose_model_release(built_in);
}

/* The caller was compiled with an older or a newer header. */
static void structs_may_be_of_another_release(void)
{
    struct {
        hatpose_options options;
        uint32_t newer[4];
    } future;
    hatpose_context *context;
    hatpose_error err;

    memset(&future, 0, sizeof future);
    hatpose_options_init(&future.options, sizeof future);
    CHECK(future.options.struct_size == sizeof future);
    CHECK(hatpose_context_create(model, &future.options, &context, NULL) ==
          HATPOSE_OK);
    future.newer[2] = 1;
    CHECK(hatpose_context_configure(context, &future.options, &err) ==
          HATPOSE_E_UNSUPPORTED);
    hatpose_context_destroy(context);
}

static void own_host_can_be_wrapped(void)
{
    struct {
        hatpose_host host;
        uint64_t newer, untouched;
    } future;
    hatpose_model *again;
    hatpose_error err;

    memset(&future, 0x77, sizeof future);
    hatpose_host_init(&future.host, sizeof future.host - 1);
    CHECK(future.host.struct_size == 0x77777777); /* too small: untouched */
    hatpose_host_init(&future.host, sizeof future.host + 8);
    CHECK(future.host.struct_size == sizeof future.host + 8);
    CHECK(future.newer == 0 && future.untouched == 0x7777777777777777u);
    CHECK(future.host.user == NULL && future.host.log == NULL);
    CHECK(future.host.allocate != NULL && future.host.deallocate != NULL);
    /* As large as a huge page's block, and as small as can be. */
    for (size_t bytes = 1; bytes <= (size_t)8 << 20; bytes <<= 23) {
        char *block = future.host.allocate(&future, bytes, 64);
        CHECK(block != NULL && (uintptr_t)block % 64 == 0);
        block[0] = block[bytes - 1] = 1;
        future.host.deallocate(&future, block, bytes);
    }
    CHECK(hatpose_model_load_file("/nowhere", &future.host, &again, &err) ==
          HATPOSE_E_IO);
    hatpose_host_init(NULL, sizeof future.host);
}

static void filled_structs_keep_their_size(void)
{
    struct {
        hatpose_times times;
        uint64_t newer, untouched;
    } future;
    hatpose_options o = small_options();
    hatpose_context *context = make_context(&o);
    hatpose_result *result = detect(context);

    memset(&future, 0x77, sizeof future);
    future.times.struct_size = sizeof future.times + 8;
    CHECK(hatpose_result_times(result, &future.times) == HATPOSE_OK);
    CHECK(future.times.struct_size == sizeof future.times + 8);
    CHECK(future.times.total_us > 0 && future.times.network_us > 0);
    CHECK(future.newer == 0 && future.untouched == 0x7777777777777777u);
    future.times.struct_size = 8;
    CHECK(hatpose_result_times(result, &future.times) == HATPOSE_E_ABI);
    hatpose_result_destroy(result);
    hatpose_context_destroy(context);
}

static void configure_is_all_or_nothing(void)
{
    hatpose_options o = small_options();
    hatpose_context *context = make_context(&o);
    hatpose_result *before = detect(context);
    hatpose_options bad = o;

    bad.thread_count = 3;
    bad.decode = HATPOSE_DECODE_COMPAT;
    bad.limb_threshold = NAN;
    CHECK(hatpose_context_configure(context, &bad, NULL) == HATPOSE_E_ARGUMENT);
    hatpose_result *after = detect(context);
    CHECK(same_people(before, after));
    hatpose_result_destroy(before);
    hatpose_result_destroy(after);
    hatpose_context_destroy(context);
}

/* ---- Arguments -------------------------------------------------------- */

static void null_is_refused(void)
{
    hatpose_image layout = layout_of(HATPOSE_RGB8);
    hatpose_options o = small_options();
    hatpose_context *context = make_context(&o);
    hatpose_result *result = (hatpose_result *)(void *)&o;
    hatpose_model *none = (hatpose_model *)(void *)&o;

    CHECK(hatpose_detect(NULL, rgb, &layout, NULL, 0, &result, NULL) ==
          HATPOSE_E_ARGUMENT);
    CHECK(result == NULL);
    CHECK(hatpose_detect(context, NULL, &layout, NULL, 0, &result, NULL) ==
          HATPOSE_E_ARGUMENT);
    CHECK(hatpose_detect(context, rgb, NULL, NULL, 0, &result, NULL) ==
          HATPOSE_E_ARGUMENT);
    CHECK(hatpose_detect(context, rgb, &layout, NULL, 0, NULL, NULL) ==
          HATPOSE_E_ARGUMENT);
    CHECK(hatpose_detect(context, rgb, &layout, NULL, 1, &result, NULL) ==
          HATPOSE_E_ARGUMENT);
    CHECK(hatpose_model_load_memory(NULL, 10, NULL, &none, NULL) ==
          HATPOSE_E_ARGUMENT);
    CHECK(none == NULL);
    CHECK(hatpose_model_load_file(NULL, NULL, &none, NULL) ==
          HATPOSE_E_ARGUMENT);
    hatpose_context_destroy(context);
    hatpose_context_destroy(NULL);
    hatpose_model_release(NULL);
    hatpose_result_destroy(NULL);
    CHECK(hatpose_result_person_count(NULL) == 0);
}

static void bad_layouts_are_refused(void)
{
    hatpose_options o = small_options();
    hatpose_context *context = make_context(&o);
    hatpose_result *result;
    hatpose_image bad[6];

    for (int i = 0; i < 6; i++)
        bad[i] = layout_of(HATPOSE_RGB8);
    bad[0].format = 0;
    bad[1].format = 6;
    bad[2].stride_bytes = -WIDTH_PX * 3;
    bad[3].stride_bytes = WIDTH_PX * 3 - 1;
    bad[4].width_px = 0;
    bad[5].stride_bytes = INT64_MAX;
    for (int i = 0; i < 6; i++)
        CHECK_MESSAGE(hatpose_detect(context, rgb, &bad[i], NULL, 0, &result,
                                     NULL) == HATPOSE_E_ARGUMENT,
                      "layout %d", i);
    hatpose_context_destroy(context);
}

/* ---- Hats ------------------------------------------------------------- */

/* A head 40 px wide and a neck under it. */
static void place_head(hatpose_keypoint *person, float x, float y)
{
    static const struct {
        int joint;
        float x, y;
    } joints[] = {{0, 0, 8},    {1, 0, 52},  {14, -8, 0},  {15, 8, 0},
                  {16, -20, 4}, {17, 20, 4}, {2, -40, 56}, {5, 40, 56}};

    for (size_t i = 0; i < sizeof joints / sizeof joints[0]; i++)
        person[joints[i].joint] =
            (hatpose_keypoint){x + joints[i].x, y + joints[i].y, 0.9f};
}

static hatpose_status match_two(hatpose_context *context,
                                const hatpose_hat *hats, uint32_t hat_count,
                                hatpose_result **result, hatpose_error *err)
{
    hatpose_keypoint keypoints[2 * HATPOSE_KEYPOINT_COUNT] = {{0}};

    place_head(keypoints, 200, 100);
    place_head(keypoints + HATPOSE_KEYPOINT_COUNT, 400, 100);
    return hatpose_match(context, 640, 480, keypoints, 2, hats, hat_count,
                         result, err);
}

static int32_t state_of(const hatpose_result *result, uint32_t index)
{
    hatpose_person person = {.struct_size = sizeof person};

    CHECK(hatpose_result_person(result, index, &person) == HATPOSE_OK);
    return person.hat_state;
}

static void hats_find_their_people(void)
{
    hatpose_options o = small_options();
    hatpose_hat hats[2] = {
        {.left = 375, .top = 55, .width = 50, .height = 44, .score = 0.7f},
        {.left = 10, .top = 300, .width = 50, .height = 44, .score = 0.5f}};
    hatpose_hat hat;
    hatpose_result *result;
    hatpose_times times = {.struct_size = sizeof times};

    for (uint32_t rule = 0; rule < 2; rule++) {
        o.hat_rule = rule;
        hatpose_context *context = make_context(&o);
        hats[0].person_index = hats[0].holder_index = 77;
        CHECK(match_two(context, hats, 2, &result, NULL) == HATPOSE_OK);
        CHECK(state_of(result, 0) == HATPOSE_HAT_NOT_WORN);
        CHECK(state_of(result, 1) == HATPOSE_HAT_WORN);
        CHECK(hatpose_result_hat_count(result) == 2);
        CHECK(hatpose_result_hat(result, 0, &hat) == HATPOSE_OK);
        CHECK(hat.left == 375 && hat.score == 0.7f && hat.person_index == 1);
        CHECK(hat.holder_index == -1 && hat.source == HATPOSE_FROM_CALLER);
        CHECK(hatpose_result_hat(result, 1, &hat) == HATPOSE_OK);
        CHECK(hat.person_index == -1);
        CHECK(hatpose_result_hat(result, 2, &hat) == HATPOSE_E_ARGUMENT);
        CHECK(hatpose_result_times(result, &times) == HATPOSE_OK);
        CHECK(times.match_us > 0 && times.total_us >= times.match_us);
        hatpose_result_destroy(result);
        hatpose_context_destroy(context);
    }
}

static void no_detector_is_not_no_hat(void)
{
    hatpose_options o = small_options();
    hatpose_hat hat = {.left = 375, .top = 55, .width = 50, .height = 44};
    hatpose_result *result;

    hatpose_context *context = make_context(&o);
    CHECK(match_two(context, NULL, 0, &result, NULL) == HATPOSE_OK);
    CHECK(state_of(result, 0) == HATPOSE_HAT_UNKNOWN);
    hatpose_result_destroy(result);
    CHECK(match_two(context, &hat, 0, &result, NULL) == HATPOSE_OK);
    CHECK(state_of(result, 0) == HATPOSE_HAT_NOT_WORN);
    hatpose_result_destroy(result);
    /* Boxes that the options do not want are no evidence. */
    o.hat_sources = HATPOSE_FROM_MODEL;
    CHECK(hatpose_context_configure(context, &o, NULL) == HATPOSE_OK);
    CHECK(match_two(context, &hat, 1, &result, NULL) == HATPOSE_OK);
    CHECK(state_of(result, 1) == HATPOSE_HAT_UNKNOWN);
    CHECK(hatpose_result_hat_count(result) == 0);
    hatpose_result_destroy(result);
    hatpose_context_destroy(context);
}

static void bad_hats_are_named(void)
{
    hatpose_options o = small_options();
    hatpose_hat hats[3] = {{.width = 1, .height = 1},
                           {.width = 1, .height = 1},
                           {.width = 1, .height = 1}};
    hatpose_result *result;
    hatpose_error err;

    o.max_hats = 2;
    hatpose_context *context = make_context(&o);
    CHECK(match_two(context, hats, 3, &result, &err) == HATPOSE_E_LIMIT);
    CHECK(result == NULL && strstr(err.message, "max_hats") != NULL);
    CHECK(match_two(context, NULL, 1, &result, &err) == HATPOSE_E_ARGUMENT);
    hats[1].width = NAN;
    CHECK(match_two(context, hats, 2, &result, &err) == HATPOSE_E_ARGUMENT);
    CHECK(result == NULL && strstr(err.message, "hat 1") != NULL);
    hatpose_context_destroy(context);
}

/* Where the old service answered 500. */
static void compat_rule_fails_where_the_service_did(void)
{
    hatpose_options o = small_options();
    hatpose_keypoint keypoints[2 * HATPOSE_KEYPOINT_COUNT] = {{0}};
    hatpose_hat hat = {.left = 3e9, .width = 1, .height = 1};
    hatpose_result *result;
    hatpose_error err;

    o.hat_rule = HATPOSE_HATS_COMPAT;
    hatpose_context *context = make_context(&o);
    place_head(keypoints, 200, 100);
    CHECK(hatpose_match(context, 640, 480, keypoints, 2, &hat, 0, &result,
                        &err) == HATPOSE_E_ARGUMENT);
    CHECK(result == NULL && strstr(err.message, "person 1") != NULL);
    CHECK(match_two(context, &hat, 1, &result, NULL) == HATPOSE_OK);
    hatpose_result_destroy(result);
    o.paint_hats = 1;
    CHECK(hatpose_context_configure(context, &o, NULL) == HATPOSE_OK);
    CHECK(match_two(context, &hat, 1, &result, &err) == HATPOSE_E_ARGUMENT);
    CHECK(result == NULL && strstr(err.message, "hat 0") != NULL);
    hatpose_context_destroy(context);
}

/* Rows of the disc, from the middle on: half their widths. */
static void paint_disc(unsigned char pixels[HEIGHT_PX][WIDTH_PX][3], int x,
                       int y)
{
    static const int half[] = {6, 5, 5, 5, 4, 3, 0};

    for (int dy = -6; dy <= 6; dy++)
        for (int dx = -half[abs(dy)]; dx <= half[abs(dy)]; dx++)
            if (y + dy >= 0 && y + dy < HEIGHT_PX && x + dx >= 0 &&
                x + dx < WIDTH_PX)
                memset(pixels[y + dy][x + dx], 255, 3);
}

static void discs_are_painted_on_a_copy(void)
{
    static unsigned char before[HEIGHT_PX][WIDTH_PX][3];
    static unsigned char painted[HEIGHT_PX][WIDTH_PX][3];
    static unsigned char file[200000];
    hatpose_options o = small_options();
    hatpose_image layout = layout_of(HATPOSE_RGB8);
    const hatpose_hat hats[2] = {
        {.left = 40.9, .top = 30, .width = 10, .height = 9},
        {.left = -6, .top = 55, .width = 10, .height = 9}};
    hatpose_result *result, *expected;
    size_t bytes;

    hatpose_context *context = make_context(&o);
    memcpy(before, rgb, sizeof rgb);
    memcpy(painted, rgb, sizeof rgb);
    paint_disc(painted, 45, 34);
    paint_disc(painted, -1, 59);
    CHECK(hatpose_detect(context, painted, &layout, hats, 2, &expected, NULL) ==
          HATPOSE_OK);
    o.paint_hats = 1;
    CHECK(hatpose_context_configure(context, &o, NULL) == HATPOSE_OK);
    CHECK(hatpose_detect(context, rgb, &layout, hats, 2, &result, NULL) ==
          HATPOSE_OK);
    CHECK(memcmp(before, rgb, sizeof rgb) == 0);
    CHECK(same_people(expected, result));
    hatpose_result_destroy(result);
    CHECK(hatpose_image_encode(context, rgb, &layout, HATPOSE_FILE_PNG, 0, file,
                               sizeof file, &bytes, NULL) == HATPOSE_OK);
    CHECK(hatpose_detect_encoded(context, file, bytes, hats, 2, &result,
                                 NULL) == HATPOSE_OK);
    CHECK(same_people(expected, result));
    hatpose_result *plain = detect(context);
    CHECK(!same_people(plain, result));
    hatpose_result_destroy(plain);
    hatpose_result_destroy(result);
    hatpose_result_destroy(expected);
    hatpose_context_destroy(context);
}

/* ---- Pictures --------------------------------------------------------- */

static void formats_of_one_picture_agree(void)
{
    enum { PAD_BYTES = 13 };
    static const int channels[] = {0, 3, 3, 4, 4};
    static const int red_at[] = {0, 0, 2, 0, 2};
    static unsigned char other[HEIGHT_PX * (WIDTH_PX * 4 + PAD_BYTES)];
    hatpose_options o = small_options();
    hatpose_context *context = make_context(&o);
    hatpose_result *expected = detect(context);

    for (uint32_t f = HATPOSE_RGB8; f <= HATPOSE_BGRA8; f++) {
        hatpose_image layout = layout_of(f);
        hatpose_result *result;
        int n = channels[f], red = red_at[f];
        layout.stride_bytes = WIDTH_PX * n + PAD_BYTES;
        memset(other, 0x5a, sizeof other);
        for (int y = 0; y < HEIGHT_PX; y++)
            for (int x = 0; x < WIDTH_PX; x++) {
                unsigned char *p = other + y * (int)layout.stride_bytes + x * n;
                p[red] = rgb[y][x][0];
                p[1] = rgb[y][x][1];
                p[2 - red] = rgb[y][x][2];
            }
        CHECK(hatpose_detect(context, other, &layout, NULL, 0, &result, NULL) ==
              HATPOSE_OK);
        CHECK_MESSAGE(same_people(expected, result), "format %u", (unsigned)f);
        hatpose_result_destroy(result);
    }
    hatpose_result_destroy(expected);
    hatpose_context_destroy(context);
}

static void text_is_cut_at_the_borders(void)
{
    static unsigned char page[HEIGHT_PX][WIDTH_PX][3];
    const int32_t far[] = {INT32_MIN, -1000, INT32_MAX};
    hatpose_image layout = layout_of(HATPOSE_RGB8);

    CHECK(hatpose_image_text(page, &layout, 10, 20, "-", 2, 0x123456, NULL) ==
          HATPOSE_OK);
    for (int y = 0; y < HEIGHT_PX; y++)
        for (int x = 0; x < WIDTH_PX; x++) {
            const unsigned char *p = page[y][x];
            bool in_cell = x >= 10 && x < 22 && y >= 20 && y < 38;

            CHECK((p[0] == 0 && p[1] == 0 && p[2] == 0) ||
                  (in_cell && p[0] == 0x12 && p[1] == 0x34 && p[2] == 0x56));
        }
    CHECK(memchr(page, 0x12, sizeof page) != NULL);
    memset(page, 0, sizeof page);
    for (int i = 0; i < 9; i++)
        CHECK(hatpose_image_text(page, &layout, far[i % 3], far[i / 3],
                                 "\xC3\xA9~ W", 64, 0xFFFFFF,
                                 NULL) == HATPOSE_OK);
    CHECK(memchr(page, 0xFF, sizeof page) == NULL);
    CHECK(hatpose_image_text(page, &layout, -300, -300, "WWWWWWWWWW", 64,
                             0xFFFFFF, NULL) == HATPOSE_OK);
    CHECK(memchr(page, 0xFF, sizeof page) != NULL);
    CHECK(hatpose_image_text(page, &layout, 0, 0, "a", 0, 0, NULL) ==
          HATPOSE_E_ARGUMENT);
    CHECK(hatpose_image_text(page, &layout, 0, 0, "a", 65, 0, NULL) ==
          HATPOSE_E_ARGUMENT);
    CHECK(hatpose_image_text(page, &layout, 0, 0, NULL, 1, 0, NULL) ==
          HATPOSE_E_ARGUMENT);
}

static void png_comes_back_as_it_was(void)
{
    static unsigned char file[200000], back[HEIGHT_PX][WIDTH_PX][3];
    hatpose_options o = small_options();
    hatpose_context *context = make_context(&o);
    hatpose_image layout = layout_of(HATPOSE_RGB8);
    hatpose_image found = {.struct_size = sizeof found, .format = HATPOSE_RGB8};
    hatpose_result *result;
    size_t bound, needed;

    CHECK(hatpose_image_encode(context, rgb, &layout, HATPOSE_FILE_PNG, 0, NULL,
                               0, &bound, NULL) == HATPOSE_OK);
    CHECK(hatpose_image_encode(context, rgb, &layout, HATPOSE_FILE_PNG, 0, file,
                               sizeof file, &needed, NULL) == HATPOSE_OK);
    CHECK(needed <= bound && needed > 0);
    size_t bytes = needed;
    CHECK(hatpose_image_decode(context, file, bytes, &found, NULL, 0, &needed,
                               NULL) == HATPOSE_OK);
    CHECK(found.width_px == WIDTH_PX && found.height_px == HEIGHT_PX);
    CHECK(needed == sizeof back);
    CHECK(hatpose_image_decode(context, file, bytes, &found, back,
                               sizeof back - 1, &needed,
                               NULL) == HATPOSE_E_BUFFER_TOO_SMALL);
    CHECK(hatpose_image_decode(context, file, bytes, &found, back, sizeof back,
                               &needed, NULL) == HATPOSE_OK);
    CHECK(memcmp(rgb, back, sizeof back) == 0);
    CHECK(hatpose_detect_encoded(context, file, bytes, NULL, 0, &result,
                                 NULL) == HATPOSE_OK);
    hatpose_result *expected = detect(context);
    CHECK(same_people(expected, result));
    hatpose_result_destroy(expected);
    hatpose_result_destroy(result);
    hatpose_context_destroy(context);
}

/* ---- The two halves --------------------------------------------------- */

static void maps_then_people_is_detect(uint32_t decode)
{
    static float maps[57 * 100 * 100];
    hatpose_options o = small_options();
    hatpose_image layout = layout_of(HATPOSE_RGB8);
    hatpose_map_shape shape = {.struct_size = sizeof shape};
    hatpose_result *result;
    size_t needed;

    o.decode = decode;
    hatpose_context *context = make_context(&o);
    CHECK(hatpose_maps(context, rgb, &layout, &shape, NULL, 0, &needed, NULL) ==
          HATPOSE_OK);
    CHECK(needed == (size_t)57 * shape.width_map_px * shape.height_map_px);
    CHECK(hatpose_maps(context, rgb, &layout, &shape, maps, needed - 1, &needed,
                       NULL) == HATPOSE_E_BUFFER_TOO_SMALL);
    CHECK(hatpose_maps(context, rgb, &layout, &shape, maps, needed, &needed,
                       NULL) == HATPOSE_OK);
    CHECK(hatpose_detect_maps(context, maps, &shape, WIDTH_PX, HEIGHT_PX, NULL,
                              0, &result, NULL) == HATPOSE_OK);
    CHECK(hatpose_result_precision(result) == 0);
    hatpose_result *expected = detect(context);
    CHECK(hatpose_result_precision(expected) == HATPOSE_PRECISION_F32 ||
          hatpose_result_precision(expected) == HATPOSE_PRECISION_BF16);
    CHECK(hatpose_result_peak_count(expected) > 0);
    CHECK(same_people(expected, result));
    hatpose_result_destroy(expected);
    hatpose_result_destroy(result);
    const hatpose_hat hat = {.left = 3, .width = 9, .height = 8};
    CHECK(hatpose_detect_maps(context, maps, &shape, WIDTH_PX, HEIGHT_PX, &hat,
                              1, &result, NULL) == HATPOSE_OK);
    CHECK(hatpose_detect(context, rgb, &layout, &hat, 1, &expected, NULL) ==
          HATPOSE_OK);
    CHECK(hatpose_result_hat_count(result) == 1);
    CHECK(same_people(expected, result));
    hatpose_result_destroy(expected);
    hatpose_result_destroy(result);
    shape.width_map_px++;
    CHECK(hatpose_detect_maps(context, maps, &shape, WIDTH_PX, HEIGHT_PX, NULL,
                              0, &result, NULL) == HATPOSE_E_ARGUMENT);
    CHECK(result == NULL);
    hatpose_context_destroy(context);
}

static void halves_agree_with_detect(void)
{
    maps_then_people_is_detect(HATPOSE_DECODE_BEST);
    maps_then_people_is_detect(HATPOSE_DECODE_COMPAT);
    maps_then_people_is_detect(HATPOSE_DECODE_COMPAT_EXACT);
}

static void filter_drops_weak_joints_only(void)
{
    hatpose_options o = small_options();
    hatpose_context *context = make_context(&o);
    hatpose_result *whole = detect(context), *strong, *same;
    uint32_t count = hatpose_result_person_count(whole);
    uint32_t dropped = 0, kept = 0;
    const float least = 0.5f;

    CHECK(hatpose_result_filter(whole, -1, &same, NULL) == HATPOSE_OK);
    CHECK(same_people(whole, same));
    hatpose_result_destroy(same);
    CHECK(hatpose_result_filter(whole, least, &strong, NULL) == HATPOSE_OK);
    CHECK(hatpose_result_person_count(strong) == count && count > 0);
    CHECK(hatpose_result_peak_count(strong) ==
          hatpose_result_peak_count(whole));
    for (uint32_t i = 0; i < count; i++) {
        hatpose_person before = {.struct_size = sizeof before};
        hatpose_person after = {.struct_size = sizeof after};

        hatpose_result_person(whole, i, &before);
        hatpose_result_person(strong, i, &after);
        for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++) {
            if (before.keypoints[k].score >= least) {
                kept++;
                continue;
            }
            dropped += before.keypoints[k].score > 0;
            before.keypoints[k] = (hatpose_keypoint){0, 0, 0};
            before.peaks[k] = -1;
        }
        CHECK(memcmp(&before, &after, sizeof before) == 0);
    }
    CHECK(dropped > 0 && kept > 0);
    CHECK(hatpose_result_filter(whole, NAN, &same, NULL) ==
              HATPOSE_E_ARGUMENT &&
          same == NULL);
    CHECK(hatpose_result_filter(NULL, 0, &same, NULL) == HATPOSE_E_ARGUMENT);
    hatpose_result_destroy(strong);
    hatpose_result_destroy(whole);
    hatpose_context_destroy(context);
}

static void match_takes_people_from_elsewhere(void)
{
    hatpose_keypoint keypoints[2 * HATPOSE_KEYPOINT_COUNT] = {{0}};
    hatpose_options o = small_options();
    hatpose_context *context = make_context(&o);
    hatpose_person person = {.struct_size = sizeof person};
    hatpose_result *result;
    hatpose_error err;

    keypoints[18] = (hatpose_keypoint){10, 20, 0.5f};
    keypoints[20] = (hatpose_keypoint){30, 25, 0.9f};
    CHECK(hatpose_match(context, 100, 100, keypoints, 2, NULL, 0, &result,
                        NULL) == HATPOSE_OK);
    CHECK(hatpose_result_person(result, 1, &person) == HATPOSE_OK);
    CHECK(person.keypoint_count == 2 && person.left == 10.0f);
    CHECK(person.width == 20.0f && person.height == 5.0f);
    CHECK(person.hat_state == HATPOSE_HAT_UNKNOWN && person.hat_index == -1);
    CHECK(hatpose_result_person(result, 2, &person) == HATPOSE_E_ARGUMENT);
    hatpose_result_destroy(result);
    keypoints[20].x = NAN;
    CHECK(hatpose_match(context, 100, 100, keypoints, 2, NULL, 0, &result,
                        &err) == HATPOSE_E_ARGUMENT);
    CHECK(result == NULL && strstr(err.message, "person 1") != NULL);
    hatpose_context_destroy(context);
}

/* ---- Ownership, memory, threads --------------------------------------- */

static void result_outlives_context_and_model(void)
{
    counting_host counting;
    network_file network;
    hatpose_model *own;
    hatpose_context *context;
    hatpose_options o = small_options();
    size_t bytes, needed;

    counting_host_init(&counting);
    network_file_init(&network);
    unsigned char *file = network_file_build(&network, &bytes);
    CHECK(hatpose_model_load_memory(file, bytes, &counting.host, &own, NULL) ==
          HATPOSE_OK);
    free(file);
    CHECK(hatpose_context_create(own, &o, &context, NULL) == HATPOSE_OK);
    hatpose_model_release(own);
    hatpose_result *result = detect(context);
    hatpose_context_destroy(context);
    CHECK(atomic_load(&counting.live_blocks) == 1);
    CHECK(hatpose_result_to_json(result, 0, NULL, 0, &needed) == HATPOSE_OK);
    char *text = malloc(needed);
    CHECK(hatpose_result_to_json(result, 0, text, needed, &needed) ==
          HATPOSE_OK);
    CHECK(strlen(text) + 1 == needed);
    free(text);
    hatpose_result_destroy(result);
    CHECK(atomic_load(&counting.live_blocks) == 0);
}

static hatpose_result *detect_hats(hatpose_context *context)
{
    const hatpose_hat hats[3] = {{.left = 3, .width = 9, .height = 8},
                                 {.left = 33, .width = 19, .height = 18},
                                 {.left = 53, .width = 9, .height = 28}};
    hatpose_image layout = layout_of(HATPOSE_RGB8);
    hatpose_result *result;

    CHECK(hatpose_detect(context, rgb, &layout, hats, 3, &result, NULL) ==
          HATPOSE_OK);
    return result;
}

static void steady_state_allocates_the_result_only(void)
{
    counting_host counting;
    network_file network;
    hatpose_model *own;
    hatpose_context *context;
    size_t bytes;

    for (uint32_t decode = 0; decode < 3; decode++) {
        hatpose_options o = small_options();
        o.decode = decode;
        o.paint_hats = 1;
        o.thread_count = 2;
        counting_host_init(&counting);
        network_file_init(&network);
        unsigned char *file = network_file_build(&network, &bytes);
        CHECK(hatpose_model_load_memory(file, bytes, &counting.host, &own,
                                        NULL) == HATPOSE_OK);
        free(file);
        CHECK(hatpose_context_create(own, &o, &context, NULL) == HATPOSE_OK);
        hatpose_result_destroy(detect_hats(context));
        long before = atomic_load(&counting.allocations);
        hatpose_result_destroy(detect_hats(context));
        CHECK(atomic_load(&counting.allocations) == before + 1);
        hatpose_context_destroy(context);
        hatpose_model_release(own);
    }
}

static void thread_count_changes_no_bit(void)
{
    static const uint32_t counts[] = {1, 2, 3, 8, 16};
    hatpose_options o = small_options();
    hatpose_context *context = make_context(&o);
    hatpose_result *expected = detect(context);

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        o.thread_count = counts[i];
        CHECK(hatpose_context_configure(context, &o, NULL) == HATPOSE_OK);
        hatpose_result *result = detect(context);
        CHECK_MESSAGE(same_people(expected, result), "%u threads",
                      (unsigned)counts[i]);
        hatpose_result_destroy(result);
    }
    hatpose_result_destroy(expected);
    hatpose_context_destroy(context);
}

typedef struct rush {
    hatpose_context *context;
    int answered, refused, wrong;
} rush;

static void *detect_often(void *argument)
{
    rush *r = argument;
    hatpose_image layout = layout_of(HATPOSE_RGB8);

    for (int i = 0; i < 50; i++) {
        hatpose_result *result;
        hatpose_status status =
            hatpose_detect(r->context, rgb, &layout, NULL, 0, &result, NULL);
        if (status == HATPOSE_OK)
            r->answered++;
        else if (status == HATPOSE_E_ARGUMENT && result == NULL)
            r->refused++;
        else
            r->wrong++;
        hatpose_result_destroy(result);
    }
    return NULL;
}

static void second_caller_is_refused_not_raced(void)
{
    hatpose_options o = small_options();
    hatpose_context *context = make_context(&o);
    rush rushes[3] = {{.context = context}};
    pthread_t threads[3];
    int answered = 0;

    for (int i = 0; i < 3; i++) {
        rushes[i].context = context;
        pthread_create(&threads[i], NULL, detect_often, &rushes[i]);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        CHECK(rushes[i].wrong == 0);
        answered += rushes[i].answered;
    }
    CHECK(answered > 0);
    hatpose_context_destroy(context);
}

static void contexts_share_a_model(void)
{
    hatpose_options o = small_options();
    rush rushes[4];
    pthread_t threads[4];

    memset(rushes, 0, sizeof rushes);
    for (int i = 0; i < 4; i++) {
        rushes[i].context = make_context(&o);
        pthread_create(&threads[i], NULL, detect_often, &rushes[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CHECK(rushes[i].answered == 50);
        hatpose_context_destroy(rushes[i].context);
    }
}

/* ---- Small things ----------------------------------------------------- */

static void numbers_have_names(void)
{
    CHECK(strcmp(hatpose_status_string(HATPOSE_E_IMAGE_CORRUPT),
                 "image_corrupt") == 0);
    CHECK(strcmp(hatpose_status_string(12345), "unknown_status") == 0);
    CHECK(strcmp(hatpose_reason_string(HATPOSE_REASON_HEAD_BARE),
                 "head_bare") == 0);
    CHECK(strcmp(hatpose_keypoint_name(4), "right_wrist") == 0);
    CHECK(hatpose_keypoint_name(18) == NULL);
    CHECK(hatpose_check_abi(HATPOSE_VERSION) == HATPOSE_OK);
    CHECK(hatpose_check_abi(HATPOSE_VERSION + 0x100) == HATPOSE_E_ABI);
    CHECK(hatpose_check_abi(HATPOSE_VERSION + 0x10000) == HATPOSE_E_ABI);
}

static void model_describes_itself(void)
{
    hatpose_model_info info = {.struct_size = sizeof info};

    CHECK(hatpose_model_describe(model, &info) == HATPOSE_OK);
    CHECK(strcmp(info.name, hatpose_model_name(model)) == 0);
    CHECK(info.heatmap_count == 19 && info.paf_count == 38);
    CHECK(info.operation_count > 0 && info.parameter_count > 0);
    CHECK(info.crc32 != 0 && info.file_bytes > 0);
}

static void layers_have_times(void)
{
    hatpose_options o = small_options();
    hatpose_context *context = make_context(&o);
    hatpose_model_info info = {.struct_size = sizeof info};
    hatpose_layer_time layer = {.struct_size = sizeof layer};

    hatpose_model_describe(model, &info);
    CHECK(hatpose_context_layer_time(context, 0, &layer) == HATPOSE_E_ARGUMENT);
    hatpose_result_destroy(detect(context));
    for (uint32_t i = 0; i < info.operation_count; i++) {
        CHECK(hatpose_context_layer_time(context, i, &layer) == HATPOSE_OK);
        CHECK(layer.name[0] != '\0' && layer.kernel[0] != '\0');
    }
    CHECK(hatpose_context_layer_time(context, info.operation_count, &layer) ==
          HATPOSE_E_ARGUMENT);
    hatpose_context_destroy(context);
}

static uint32_t precision_of(uint32_t precision, uint32_t decode)
{
    hatpose_options o = small_options();
    o.precision = precision;
    o.decode = decode;
    hatpose_context *context = make_context(&o);
    hatpose_result *result = detect(context);
    uint32_t ran = hatpose_result_precision(result);

    hatpose_result_destroy(result);
    hatpose_context_destroy(context);
    return ran;
}

static void precision_is_what_was_asked_for(void)
{
    uint32_t by_itself =
        precision_of(HATPOSE_PRECISION_AUTO, HATPOSE_DECODE_BEST);

    CHECK(by_itself == HATPOSE_PRECISION_F32 ||
          by_itself == HATPOSE_PRECISION_BF16);
    CHECK(precision_of(HATPOSE_PRECISION_AUTO, HATPOSE_DECODE_COMPAT) ==
          HATPOSE_PRECISION_F32);
    CHECK(precision_of(HATPOSE_PRECISION_F32, HATPOSE_DECODE_BEST) ==
          HATPOSE_PRECISION_F32);
    CHECK(precision_of(HATPOSE_PRECISION_BF16, HATPOSE_DECODE_COMPAT) ==
          HATPOSE_PRECISION_BF16);
}

static void int8_needs_ranges(void)
{
    hatpose_options o = small_options();
    hatpose_context *context = make_context(&o);
    hatpose_error err;

    o.precision = HATPOSE_PRECISION_INT8;
    CHECK(hatpose_context_configure(context, &o, &err) ==
          HATPOSE_E_UNSUPPORTED);
    CHECK_MESSAGE(strstr(err.message, "hatpose-calibrate") != NULL, "%s",
                  err.message);
    hatpose_result_destroy(detect(context)); /* as before */
    hatpose_context_destroy(context);
}

int main(void)
{
    network_file network;
    size_t bytes;
    unsigned seed = 1;

    for (int y = 0; y < HEIGHT_PX; y++)
        for (int x = 0; x < WIDTH_PX; x++)
            for (int c = 0; c < 3; c++) {
                seed = seed * 1664525u + 1013904223u;
                rgb[y][x][c] = (unsigned char)(seed >> 24);
            }
    network_file_init(&network);
    unsigned char *file = network_file_build(&network, &bytes);
    CHECK(hatpose_model_load_memory(file, bytes, NULL, &model, NULL) ==
          HATPOSE_OK);
    free(file);
    RUN(options_are_checked_by_name);
    RUN(limits_are_named);
    RUN(default_model_is_there_or_says_so);
    RUN(structs_may_be_of_another_release);
    RUN(own_host_can_be_wrapped);
    RUN(filled_structs_keep_their_size);
    RUN(configure_is_all_or_nothing);
    RUN(null_is_refused);
    RUN(bad_layouts_are_refused);
    RUN(hats_find_their_people);
    RUN(no_detector_is_not_no_hat);
    RUN(bad_hats_are_named);
    RUN(compat_rule_fails_where_the_service_did);
    RUN(discs_are_painted_on_a_copy);
    RUN(formats_of_one_picture_agree);
    RUN(text_is_cut_at_the_borders);
    RUN(png_comes_back_as_it_was);
    RUN(halves_agree_with_detect);
    RUN(filter_drops_weak_joints_only);
    RUN(match_takes_people_from_elsewhere);
    RUN(result_outlives_context_and_model);
    RUN(steady_state_allocates_the_result_only);
    RUN(thread_count_changes_no_bit);
    RUN(second_caller_is_refused_not_raced);
    RUN(contexts_share_a_model);
    RUN(numbers_have_names);
    RUN(model_describes_itself);
    RUN(layers_have_times);
    RUN(precision_is_what_was_asked_for);
    RUN(int8_needs_ranges);
    hatpose_model_release(model);
    CHECK_EXIT();
}
