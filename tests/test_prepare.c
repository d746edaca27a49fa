/* test_prepare.c - the network's input: compat to the bit, best without
 * aliasing, the same from every pixel format. */
#include "image/prepare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "check.h"
#include "golden.h"

enum { SMALL_WIDTH = 40, SMALL_HEIGHT = 24, NET_LIMIT = 2048 };

static hp_memory memory;
static hp_kernels kernels;
static hp_preparer preparer = {.resizer.kernels = &kernels};

static const hp_normalisation plain = {{0, 0, 0}, {1, 1, 1}, false};

/* What the network sees at a place, as layer.h has it. */
static float input_at(const hp_input *input, int c, int x, int y)
{
    x -= input->left;
    y -= input->top;
    if (x < 0 || y < 0 || x >= input->picture_width ||
        y >= input->picture_height)
        return 0;
    uint8_t byte = input->pixels[(size_t)y * input->stride_bytes +
                                 (size_t)(x * input->pixel_bytes) +
                                 (size_t)input->order[c]];
    return ((float)byte - input->mean[c]) * input->scale[c];
}

/* The input planes, to be freed. */
static float *prepare(const hp_pixels *picture, const hp_mapping *mapping,
                      const hp_normalisation *normalisation)
{
    const size_t plane =
        (size_t)mapping->width_net_px * (size_t)mapping->height_net_px;
    float *planes = malloc(3 * plane * sizeof *planes), *to = planes;
    hp_input input = {0};
    hatpose_error err;

    if (planes == NULL)
        exit(1);
    CHECK_MESSAGE(hp_prepare(&memory, &preparer, picture, mapping,
                             normalisation, &input, &err) == HATPOSE_OK,
                  "%s", err.message);
    CHECK(input.width == mapping->width_net_px &&
          input.height == mapping->height_net_px);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < mapping->height_net_px; y++)
            for (int x = 0; x < mapping->width_net_px; x++)
                *to++ = input_at(&input, c, x, y);
    return planes;
}

static hp_normalisation original_normalisation(const json_t *test_case)
{
    const char *norm = json_string_value(json_object_get(test_case, "norm"));
    float scale =
        strcmp(norm, "(x-128)/255") == 0 ? 1.0f / 255.0f : 1.0f / 256.0f;
    hp_normalisation n = {{128, 128, 128}, {scale, scale, scale}, false};

    return n;
}

static void check_mapping(const json_t *test_case, const hp_mapping *m)
{
    const char *key = "pad_top_left_bottom_right";
    int bottom =
        m->height_net_px - m->resized_height_net_px - m->pad_top_net_px;
    int right = m->width_net_px - m->resized_width_net_px - m->pad_left_net_px;

    CHECK(m->pad_top_net_px == golden_element(test_case, key, 0));
    CHECK(m->pad_left_net_px == golden_element(test_case, key, 1));
    CHECK(bottom == golden_element(test_case, key, 2));
    CHECK(right == golden_element(test_case, key, 3));
    CHECK(m->scale_x == golden_number(test_case, "scale"));
}

/* p_ cases hold the tensor, e_ cases its checksum. */
static void check_tensor(const golden_set *set, const json_t *test_case,
                         const float *planes, size_t count)
{
    const char *crc =
        json_string_value(json_object_get(test_case, "tensor_crc32_f32"));
    golden_array tensor;

    if (crc != NULL) {
        unsigned long got =
            crc32(0, (const Bytef *)planes, (uInt)(count * sizeof *planes));

        CHECK_MESSAGE(got == strtoul(crc, NULL, 16), "%s: %08lx, not %s",
                      golden_name(test_case), got, crc);
        return;
    }
    if (!golden_load(set, test_case, "tensor", &tensor)) {
        CHECK_MESSAGE(false, "no vector");
        return;
    }
    CHECK(tensor.count == count);
    CHECK_MESSAGE(memcmp(planes, tensor.f32, count * sizeof *planes) == 0,
                  "%s differs", golden_name(test_case));
    golden_unload(&tensor);
}

static int check_group(const golden_set *set, const char *group)
{
    size_t i;
    const json_t *test_case;
    int count = 0;

    json_array_foreach(golden_cases(set, group), i, test_case)
    {
        golden_array image;
        hp_mapping m;
        hatpose_error err;

        /* The validation program resizes otherwise, and elsewhere. */
        if (strcmp(json_string_value(json_object_get(test_case, "program")),
                   "demo") != 0)
            continue;
        if (!golden_load(set, test_case, "image", &image)) {
            CHECK_MESSAGE(false, "no vector");
            continue;
        }
        hp_pixels picture = {image.u8, image.shape[1], image.shape[0],
                             3 * (size_t)image.shape[1], HATPOSE_BGR8};
        CHECK_MESSAGE(
            hp_mapping_compat(picture.width_px, picture.height_px,
                              (int)golden_number(test_case, "net_height"),
                              NET_LIMIT, &m, &err) == HATPOSE_OK,
            "%s", err.message);
        check_mapping(test_case, &m);
        hp_normalisation n = original_normalisation(test_case);
        float *planes = prepare(&picture, &m, &n);
        check_tensor(set, test_case, planes,
                     3 * (size_t)m.width_net_px * (size_t)m.height_net_px);
        free(planes);
        golden_unload(&image);
        count++;
    }
    return count;
}

static void compat_equals_the_original_in_every_bit(void)
{
    golden_set set;

    if (!golden_open(&set))
        return;
    if (set.complete) {
        CHECK(check_group(&set, "p_preprocess") == 4);
        CHECK(check_group(&set, "e_end_to_end") == 3);
    } else {
        printf("skipped: compat tensors need the photos of HATPOSE_SHARED\n");
    }
    golden_close(&set);
}

/* A made-up picture in B, G, R. */
static void paint(uint8_t *bgr, int width_px, int height_px)
{
    for (int y = 0; y < height_px; y++)
        for (int x = 0; x < width_px; x++) {
            uint8_t *p = bgr + 3 * (y * width_px + x);

            p[0] = (uint8_t)(x * 5);
            p[1] = (uint8_t)(y * 9);
            p[2] = (uint8_t)((x * y) ^ 0x55);
        }
}

static void every_format_gives_the_same_planes(void)
{
    static const uint32_t formats[] = {HATPOSE_RGB8, HATPOSE_RGBA8,
                                       HATPOSE_BGRA8};
    uint8_t bgr[SMALL_WIDTH * SMALL_HEIGHT * 3];
    uint8_t other[SMALL_WIDTH * SMALL_HEIGHT * 4];
    hp_pixels picture = {bgr, SMALL_WIDTH, SMALL_HEIGHT, SMALL_WIDTH * 3,
                         HATPOSE_BGR8};
    hp_normalisation n = {{1, 2, 3}, {0.5f, 0.25f, 2}, false};
    hp_mapping m;

    paint(bgr, SMALL_WIDTH, SMALL_HEIGHT);
    CHECK(hp_mapping_best(SMALL_WIDTH, SMALL_HEIGHT, 16, NET_LIMIT, &m, NULL) ==
          HATPOSE_OK);
    size_t plane = (size_t)m.width_net_px * (size_t)m.height_net_px;
    float *expected = prepare(&picture, &m, &n);
    for (int i = 0; i < 3; i++) {
        hp_pixels in_format = {other, SMALL_WIDTH, SMALL_HEIGHT,
                               SMALL_WIDTH * (size_t)hp_pixel_bytes(formats[i]),
                               formats[i]};

        hp_pixels_from_bgr(&picture, formats[i], other, in_format.stride_bytes);
        float *planes = prepare(&in_format, &m, &n);
        CHECK(memcmp(planes, expected, 3 * plane * sizeof *planes) == 0);
        free(planes);
    }
    /* Planes R, G, B: the first is the last of B, G, R. */
    hp_normalisation turned = {{3, 2, 1}, {2, 0.25f, 0.5f}, true};
    float *planes = prepare(&picture, &m, &turned);
    CHECK(memcmp(planes, expected + 2 * plane, plane * sizeof *planes) == 0);
    CHECK(memcmp(planes + 2 * plane, expected, plane * sizeof *planes) == 0);
    free(planes);
    free(expected);
}

static void gray_is_three_equal_planes(void)
{
    uint8_t gray[6 * 5];
    hp_pixels picture = {gray, 6, 5, 6, HATPOSE_GRAY8};
    hp_mapping m;

    for (int i = 0; i < 30; i++)
        gray[i] = (uint8_t)(i * 8);
    CHECK(hp_mapping_best(6, 5, 16, NET_LIMIT, &m, NULL) == HATPOSE_OK);
    size_t plane = (size_t)m.width_net_px * (size_t)m.height_net_px;
    float *planes = prepare(&picture, &m, &plain);
    CHECK(memcmp(planes, planes + plane, plane * sizeof *planes) == 0);
    CHECK(memcmp(planes, planes + 2 * plane, plane * sizeof *planes) == 0);
    CHECK(planes[0] == 0 && planes[plane - 1] == 232);
    free(planes);
}

/* Black and white lines of one pixel must become grey, not lines again. */
static void big_pictures_are_averaged_down(void)
{
    enum { WIDTH = 1237, HEIGHT = 811 };
    uint8_t *gray = malloc((size_t)WIDTH * HEIGHT);
    hp_pixels picture = {gray, WIDTH, HEIGHT, WIDTH, HATPOSE_GRAY8};
    hp_mapping m;
    float lowest = 255, highest = 0;

    if (gray == NULL)
        exit(1);
    for (int y = 0; y < HEIGHT; y++)
        memset(gray + (size_t)y * WIDTH, y % 2 == 0 ? 0 : 255, WIDTH);
    CHECK(hp_mapping_best(WIDTH, HEIGHT, 64, NET_LIMIT, &m, NULL) ==
          HATPOSE_OK);
    float *planes = prepare(&picture, &m, &plain);
    for (int y = 1; y < m.height_net_px - 1; y++)
        for (int x = 0; x < m.width_net_px; x++) {
            lowest = fminf(lowest, planes[y * m.width_net_px + x]);
            highest = fmaxf(highest, planes[y * m.width_net_px + x]);
        }
    CHECK_MESSAGE(lowest > 100 && highest < 156, "%g to %g", (double)lowest,
                  (double)highest);
    free(planes);
    free(gray);
}

/* A ramp keeps its place: averaging must not shift the picture. Half a block
 * of the 10 x 10 that are averaged would be 0.6 levels; the two cuts of the
 * bilinear step cost 0.13. */
static void averaging_keeps_positions(void)
{
    enum { WIDTH = 2000, HEIGHT = 1125 };
    uint8_t *gray = malloc((size_t)WIDTH * HEIGHT);
    hp_pixels picture = {gray, WIDTH, HEIGHT, WIDTH, HATPOSE_GRAY8};
    hp_mapping m;
    double sum = 0;

    if (gray == NULL)
        exit(1);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        gray[i] = (uint8_t)((i % WIDTH) / 8);
    CHECK(hp_mapping_best(WIDTH, HEIGHT, 96, NET_LIMIT, &m, NULL) ==
          HATPOSE_OK);
    float *planes = prepare(&picture, &m, &plain);
    for (int x = 1; x < m.width_net_px - 1; x++) {
        /* The mean of floor(x / 8) lies 3.5/8 below x / 8. */
        double middle = (x + 0.5) * (double)WIDTH / m.width_net_px - 0.5;

        sum += (double)planes[x] - (middle - 3.5) / 8;
    }
    double bias = sum / (m.width_net_px - 2);
    CHECK_MESSAGE(fabs(bias) < 0.2, "%g", bias);
    free(planes);
    free(gray);
}

static void second_picture_allocates_nothing(void)
{
    uint8_t bgr[SMALL_WIDTH * SMALL_HEIGHT * 3];
    hp_pixels picture = {bgr, SMALL_WIDTH, SMALL_HEIGHT, SMALL_WIDTH * 3,
                         HATPOSE_BGR8};
    hp_mapping m;

    paint(bgr, SMALL_WIDTH, SMALL_HEIGHT);
    CHECK(hp_mapping_best(SMALL_WIDTH, SMALL_HEIGHT, 8, NET_LIMIT, &m, NULL) ==
          HATPOSE_OK);
    free(prepare(&picture, &m, &plain));
    const void *resized = preparer.resized.data;
    const void *tables = preparer.resizer.tables.data;
    size_t used = atomic_load(&memory.used_bytes);
    free(prepare(&picture, &m, &plain));
    CHECK(resized == preparer.resized.data);
    CHECK(tables == preparer.resizer.tables.data);
    CHECK(used == atomic_load(&memory.used_bytes));
}

static void budget_is_an_error_and_no_leak(void)
{
    uint8_t bgr[SMALL_WIDTH * SMALL_HEIGHT * 3] = {0};
    hp_pixels picture = {bgr, SMALL_WIDTH, SMALL_HEIGHT, SMALL_WIDTH * 3,
                         HATPOSE_BGR8};
    hp_memory tight;
    hp_preparer poor = {.resizer.kernels = &kernels};
    hp_mapping m;
    hp_input input;

    CHECK(hp_mapping_best(SMALL_WIDTH, SMALL_HEIGHT, 16, NET_LIMIT, &m, NULL) ==
          HATPOSE_OK);
    hatpose_status status = HATPOSE_E_LIMIT;
    uint64_t limit = 1;
    for (; status != HATPOSE_OK && limit < 100000; limit += 100) {
        hp_memory_init(&tight, NULL, limit);
        status = hp_prepare(&tight, &poor, &picture, &m, &plain, &input, NULL);
        CHECK(status == HATPOSE_OK || status == HATPOSE_E_LIMIT);
        hp_preparer_release(&tight, &poor);
        CHECK(atomic_load(&tight.used_bytes) == 0);
    }
    CHECK(status == HATPOSE_OK && limit > 1000);
}

int main(void)
{
    hp_memory_init(&memory, NULL, 0);
    hp_kernels_select(0, HATPOSE_PRECISION_F32, &kernels);
    RUN(compat_equals_the_original_in_every_bit);
    RUN(every_format_gives_the_same_planes);
    RUN(gray_is_three_equal_planes);
    RUN(big_pictures_are_averaged_down);
    RUN(averaging_keeps_positions);
    RUN(second_picture_allocates_nothing);
    RUN(budget_is_an_error_and_no_leak);
    hp_preparer_release(&memory, &preparer);
    CHECK(atomic_load(&memory.used_bytes) == 0);
    CHECK_EXIT();
}
