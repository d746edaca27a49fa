/* test_oom.c - every allocation of the whole job failed in turn: an error,
 * no leak, and the next try works. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "counting_host.h"
#include "network_file.h"

enum { WIDTH_PX = 72, HEIGHT_PX = 48, MAX_STEPS = 5000 };

static unsigned char pixels[WIDTH_PX * HEIGHT_PX * 3];
static unsigned char *model_file;
static size_t model_bytes;
static unsigned char png[100000];
static size_t png_bytes;

static hatpose_image rgb_layout(void)
{
    hatpose_image layout = {.struct_size = sizeof layout,
                            .format = HATPOSE_RGB8,
                            .width_px = WIDTH_PX,
                            .height_px = HEIGHT_PX};

    return layout;
}

/* Painted and matched: each buffer of the hats is used. */
static const hatpose_hat hats[2] = {
    {.left = 10, .top = 10, .width = 20, .height = 18},
    {.left = 40, .top = 20, .width = 20, .height = 18}};

static hatpose_status pixels_and_file(hatpose_context *context,
                                      hatpose_error *err)
{
    hatpose_image layout = rgb_layout();
    hatpose_result *result;
    hatpose_status status =
        hatpose_detect(context, pixels, &layout, hats, 2, &result, err);

    CHECK((result != NULL) == (status == HATPOSE_OK));
    hatpose_result_destroy(result);
    if (status != HATPOSE_OK)
        return status;
    status = hatpose_detect_encoded(context, png, png_bytes, hats, 2, &result,
                                    err);
    CHECK((result != NULL) == (status == HATPOSE_OK));
    hatpose_result_destroy(result);
    return status;
}

static hatpose_status maps_and_match(hatpose_context *context,
                                     hatpose_error *err)
{
    static float maps[57 * 200 * 200];
    static hatpose_keypoint keypoints[2 * HATPOSE_KEYPOINT_COUNT];
    hatpose_image layout = rgb_layout();
    hatpose_map_shape shape = {.struct_size = sizeof shape};
    hatpose_result *result, *strong = NULL;
    size_t needed;
    hatpose_status status =
        hatpose_maps(context, pixels, &layout, &shape, maps,
                     sizeof maps / sizeof maps[0], &needed, err);

    if (status != HATPOSE_OK)
        return status;
    status = hatpose_detect_maps(context, maps, &shape, WIDTH_PX, HEIGHT_PX,
                                 NULL, 0, &result, err);
    hatpose_result_destroy(result);
    if (status != HATPOSE_OK)
        return status;
    status = hatpose_match(context, WIDTH_PX, HEIGHT_PX, keypoints, 2, hats,
                           2, &result, err);
    if (status == HATPOSE_OK)
        status = hatpose_result_filter(result, 0.5f, &strong, err);
    hatpose_result_destroy(strong);
    hatpose_result_destroy(result);
    return status;
}

static hatpose_status pictures(hatpose_context *context, hatpose_error *err)
{
    static unsigned char out[WIDTH_PX * HEIGHT_PX * 4];
    static unsigned char file[100000];
    hatpose_image layout = rgb_layout();
    size_t needed;
    hatpose_status status =
        hatpose_image_encode(context, pixels, &layout, HATPOSE_FILE_JPEG, 90,
                             file, sizeof file, &needed, err);

    if (status != HATPOSE_OK)
        return status;
    size_t file_bytes = needed;
    status = hatpose_image_decode(context, file, file_bytes, &layout, out,
                                  sizeof out, &needed, err);
    if (status != HATPOSE_OK)
        return status;
    return hatpose_image_encode(context, pixels, &layout, HATPOSE_FILE_PNG, 0,
                                file, sizeof file, &needed, err);
}

/* All that a program does; the first failure ends it. */
static hatpose_status whole_job(const hatpose_host *host, uint32_t decode,
                                hatpose_error *err)
{
    hatpose_model *model;
    hatpose_context *context = NULL;
    hatpose_options options;
    hatpose_status status = hatpose_model_load_memory(model_file, model_bytes,
                                                      host, &model, err);

    CHECK((model != NULL) == (status == HATPOSE_OK));
    if (status != HATPOSE_OK)
        return status;
    hatpose_options_init(&options, sizeof options);
    options.thread_count = 2;
    options.net_height_px = 64;
    options.decode = decode;
    options.paint_hats = 1;
    status = hatpose_context_create(model, &options, &context, err);
    CHECK((context != NULL) == (status == HATPOSE_OK));
    hatpose_model_release(model);
    if (status == HATPOSE_OK)
        status = pixels_and_file(context, err);
    options.thread_count = 1;
    if (status == HATPOSE_OK)
        status = hatpose_context_configure(context, &options, err);
    if (status == HATPOSE_OK)
        status = maps_and_match(context, err);
    if (status == HATPOSE_OK)
        status = pictures(context, err);
    hatpose_context_destroy(context);
    return status;
}

static void fail_each(uint32_t decode)
{
    for (long n = 0; n < MAX_STEPS; n++) {
        counting_host counting;
        hatpose_error err;
        counting_host_init(&counting);
        counting.fail_at = n;
        hatpose_status status = whole_job(&counting.host, decode, &err);
        CHECK(atomic_load(&counting.live_blocks) == 0);
        CHECK(atomic_load(&counting.live_bytes) == 0);
        if (status == HATPOSE_OK) {
            CHECK(n > 10);
            CHECK(atomic_load(&counting.allocations) <= n);
            return;
        }
        CHECK_MESSAGE(status == HATPOSE_E_MEMORY, "allocation %ld: %s: %s", n,
                      hatpose_status_string(status), err.message);
        CHECK(err.status == status && err.message[0] != '\0');
    }
    CHECK_MESSAGE(false, "allocations never end");
}

static void every_allocation_may_fail_in_best(void)
{
    fail_each(HATPOSE_DECODE_BEST);
}

static void every_allocation_may_fail_in_compat(void)
{
    fail_each(HATPOSE_DECODE_COMPAT);
}

/* A little of everything, so that each step has something to do. */
static void make_inputs(void)
{
    network_file network;
    hatpose_model *model;
    hatpose_context *context;
    hatpose_image layout = rgb_layout();

    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (unsigned char)(i * 2654435761u >> 13);
    network_file_init(&network);
    model_file = network_file_build(&network, &model_bytes);
    CHECK(hatpose_model_load_memory(model_file, model_bytes, NULL, &model,
                                    NULL) == HATPOSE_OK);
    CHECK(hatpose_context_create(model, NULL, &context, NULL) == HATPOSE_OK);
    CHECK(hatpose_image_encode(context, pixels, &layout, HATPOSE_FILE_PNG, 0,
                               png, sizeof png, &png_bytes, NULL) ==
          HATPOSE_OK);
    hatpose_context_destroy(context);
    hatpose_model_release(model);
}

int main(void)
{
    make_inputs();
    RUN(every_allocation_may_fail_in_best);
    RUN(every_allocation_may_fail_in_compat);
    free(model_file);
    CHECK_EXIT();
}
