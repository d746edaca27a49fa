/* checkrow.c - the kernels on a model file's bytes, rows of pixels and rows of
 * maps: every instruction set gives the scalar kernels' bits, over tails,
 * steps and extremes, and touches nothing outside: buffers end at a guard
 * page.
 *
 * checkrow [SEED] */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../check.h"
#include "guarded.h"
#include "hatpose.h"
#include "kernels.h"

static uint64_t random_state;

static uint32_t random_u32(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 32);
}

static int random_int(int low, int high)
{
    return low + (int)(random_u32() % (uint32_t)(high - low + 1));
}

/* `bytes` that end at a guard page. */
typedef struct block {
    guarded guard;
    uint8_t *bytes;
    size_t count;
} block;

static block block_create(size_t count)
{
    block b = {.guard = guarded_create(count, true), .count = count};

    b.bytes = (uint8_t *)b.guard.data + b.guard.bytes - count;
    return b;
}

static block random_block(size_t count)
{
    block b = block_create(count);
    bool extreme = random_u32() % 4 == 0;

    for (size_t i = 0; i < count; i++)
        b.bytes[i] =
            extreme ? (uint8_t)(random_u32() % 2 * 255) : (uint8_t)random_u32();
    return b;
}

static void block_destroy(block *b)
{
    guarded_destroy(&b->guard);
}

static int random_channels(void)
{
    static const int channels[] = {1, 3, 4};

    return channels[random_int(0, 2)];
}

/* ---- model file --------------------------------------------------------- */

/* In two pieces, as long ones are. */
static void check_crc(const hp_rows *rows, const hp_rows *plain)
{
    static const uint8_t digits[] = "123456789";
    size_t count = (size_t)random_int(0, random_int(0, 9) == 0 ? 5000 : 300);
    size_t first = (size_t)random_int(0, (int)count);
    block in = random_block(count);
    uint32_t wanted = plain->crc32(0, in.bytes, count);
    uint32_t begun = rows->crc32(0, in.bytes, first);

    CHECK(rows->crc32(0, digits, 9) == 0xcbf43926);
    CHECK_MESSAGE(rows->crc32(0, in.bytes, count) == wanted, "%zu bytes",
                  count);
    CHECK_MESSAGE(rows->crc32(begun, in.bytes + first, count - first) == wanted,
                  "%zu and %zu bytes", first, count - first);
    block_destroy(&in);
}

/* Those that are infinite or no number are not asked for. */
static void check_halves(const hp_rows *rows, const hp_rows *plain)
{
    size_t count = (size_t)random_int(1, 200);
    block in = block_create(2 * count);
    block got = block_create(4 * count), wanted = block_create(4 * count);
    uint16_t *halves = (uint16_t *)in.bytes;

    for (size_t i = 0; i < count; i++) {
        halves[i] = (uint16_t)random_u32();
        if ((halves[i] & 0x7c00) == 0x7c00)
            halves[i] &= 0x83ff; /* subnormal */
    }
    rows->widen_halves(halves, count, (float *)got.bytes);
    plain->widen_halves(halves, count, (float *)wanted.bytes);
    CHECK_MESSAGE(memcmp(got.bytes, wanted.bytes, 4 * count) == 0, "%zu halves",
                  count);
    block_destroy(&in);
    block_destroy(&got);
    block_destroy(&wanted);
}

/* ---- resize ------------------------------------------------------------- */

static void check_sums(const hp_rows *rows, const hp_rows *plain)
{
    size_t count = (size_t)random_int(1, 300);
    int row_count = random_int(0, 9) == 0 ? HP_SUM_ROWS_MAX : random_int(1, 9);
    size_t stride = count + (size_t)random_int(0, 40);
    block in = random_block(stride * (size_t)(row_count - 1) + count);
    block got = block_create(2 * count), wanted = block_create(2 * count);

    rows->sum_rows(in.bytes, stride, row_count, count, (uint16_t *)got.bytes);
    plain->sum_rows(in.bytes, stride, row_count, count,
                    (uint16_t *)wanted.bytes);
    CHECK_MESSAGE(memcmp(got.bytes, wanted.bytes, 2 * count) == 0,
                  "%zu bytes, %d rows", count, row_count);
    block_destroy(&in);
    block_destroy(&got);
    block_destroy(&wanted);
}

static void check_means(const hp_rows *rows, const hp_rows *plain)
{
    int channels = random_channels(), count = random_int(1, 40);
    int factor = random_int(0, 9) == 0 ? random_int(1, 256) : random_int(1, 6);
    int row_count =
        random_int(0, 9) == 0 ? HP_SUM_ROWS_MAX : random_int(1, factor + 1);
    size_t sum_count = (size_t)(count * factor * channels);
    size_t out_count = (size_t)(count * channels);
    block sums = block_create(2 * (sum_count + HP_SUM_SLACK));
    block got = block_create(out_count), wanted = block_create(out_count);
    float scale = 1.0f / (float)(factor * row_count);
    uint16_t *sum = (uint16_t *)sums.bytes;
    bool extreme = random_u32() % 4 == 0;

    if (row_count > HP_SUM_ROWS_MAX)
        row_count = HP_SUM_ROWS_MAX;
    for (size_t i = 0; i < sum_count + HP_SUM_SLACK; i++)
        sum[i] = (uint16_t)(extreme ? 255 * row_count
                                    : random_int(0, 255 * row_count));
    rows->mean_blocks(sum, count, channels, factor, scale, got.bytes);
    plain->mean_blocks(sum, count, channels, factor, scale, wanted.bytes);
    CHECK_MESSAGE(memcmp(got.bytes, wanted.bytes, out_count) == 0,
                  "%d blocks of %d x %d, %d channels", count, factor, row_count,
                  channels);
    block_destroy(&sums);
    block_destroy(&got);
    block_destroy(&wanted);
}

static void check_columns(const hp_rows *rows, const hp_rows *plain)
{
    int channels = random_channels(), count = random_int(1, 60);
    int width = random_int(0, 5) == 0 ? random_int(1, 3) : random_int(1, 90);
    block row = random_block((size_t)(width * channels));
    size_t out_bytes = 2 * (size_t)(count * channels);
    block columns = block_create((size_t)count * sizeof(hp_column));
    block got = block_create(out_bytes), wanted = block_create(out_bytes);
    hp_column *column = (hp_column *)columns.bytes;
    hp_column_run run = {row.bytes, row.count, column,
                         count,     channels,  width > 1 ? channels : 0};
    int last = width > 1 ? width - 2 : 0;

    for (int i = 0; i < count; i++) {
        column[i].offset = last * i / count * channels;
        column[i].left = (int16_t)random_int(0, 2048);
        column[i].right = (int16_t)(2048 - column[i].left);
    }
    column[count - 1].offset = last * channels;
    rows->mix_columns(&run, (int16_t *)got.bytes);
    plain->mix_columns(&run, (int16_t *)wanted.bytes);
    CHECK_MESSAGE(memcmp(got.bytes, wanted.bytes, out_bytes) == 0,
                  "%d columns of %d, %d channels", count, width, channels);
    block_destroy(&row);
    block_destroy(&columns);
    block_destroy(&got);
    block_destroy(&wanted);
}

static void check_blend(const hp_rows *rows, const hp_rows *plain)
{
    int count = random_int(1, 200);
    block upper = block_create(2 * (size_t)count);
    block lower = block_create(2 * (size_t)count);
    block got = block_create((size_t)count);
    block wanted = block_create((size_t)count);
    int16_t weight = (int16_t)random_int(0, 2048);
    int16_t rest = (int16_t)(2048 - weight);

    for (int i = 0; i < count; i++) {
        int a = random_int(0, 3) == 0 ? 32655 : random_int(0, 32655);
        int b = random_int(0, 3) == 0 ? 32655 : random_int(0, 32655);
        ((int16_t *)upper.bytes)[i] = (int16_t)a;
        ((int16_t *)lower.bytes)[i] = (int16_t)b;
    }
    rows->blend_rows((int16_t *)upper.bytes, (int16_t *)lower.bytes, count,
                     weight, rest, got.bytes);
    plain->blend_rows((int16_t *)upper.bytes, (int16_t *)lower.bytes, count,
                      weight, rest, wanted.bytes);
    CHECK_MESSAGE(memcmp(got.bytes, wanted.bytes, (size_t)count) == 0,
                  "%d values, weights %d and %d", count, weight, rest);
    block_destroy(&upper);
    block_destroy(&lower);
    block_destroy(&got);
    block_destroy(&wanted);
}

/* ---- peak --------------------------------------------------------------- */

/* `count` floats of a small set of values, so that many are equal, and now
 * and then one that is no number. */
static block random_map(size_t count)
{
    block b = block_create(count * sizeof(float));
    float *values = (float *)b.bytes;
    int kinds = random_int(0, 3) == 0 ? 200 : 20;

    for (size_t i = 0; i < count; i++) {
        static const float odd[] = {NAN, INFINITY, -INFINITY, -0.0f};
        int kind = random_int(0, kinds);

        values[i] =
            kind < 4 && kinds == 200 ? odd[kind] : (float)kind / 32 - 0.25f;
    }
    return b;
}

static void check_maxima(const hp_rows *rows, const hp_rows *plain)
{
    int count = random_int(1, 70);
    size_t stride = (size_t)count + 2;
    block map = random_map(3 * stride);
    block got = block_create(sizeof(int32_t) * (size_t)count);
    block wanted = block_create(sizeof(int32_t) * (size_t)count);
    const float *row = (const float *)map.bytes + stride + 1;
    float threshold = random_int(0, 1) == 0 ? 0.1f : 0.3f;
    int32_t *a = (int32_t *)got.bytes, *b = (int32_t *)wanted.bytes;

    int found = rows->find_maxima8(row, stride, count, threshold, a);
    int expected = plain->find_maxima8(row, stride, count, threshold, b);
    CHECK_MESSAGE(found == expected &&
                      memcmp(a, b, (size_t)found * sizeof *a) == 0,
                  "%d columns: %d maxima, not %d", count, found, expected);
    found = rows->find_maxima4(row, stride, count, threshold, a);
    expected = plain->find_maxima4(row, stride, count, threshold, b);
    CHECK_MESSAGE(found == expected &&
                      memcmp(a, b, (size_t)found * sizeof *a) == 0,
                  "%d columns: %d maxima of 4, not %d", count, found, expected);
    block_destroy(&map);
    block_destroy(&got);
    block_destroy(&wanted);
}

/* Equal bits, or both no number. */
static bool same_floats(const float *a, const float *b, int count)
{
    bool same = true;

    for (int i = 0; i < count; i++)
        same = same && (memcmp(&a[i], &b[i], sizeof *a) == 0 ||
                        (isnan(a[i]) && isnan(b[i])));
    return same;
}

static void check_mix(const hp_rows *rows, const hp_rows *plain)
{
    int count = random_int(1, 70);
    block in[4];
    const float *from[4];
    float weights[4];
    block got = block_create(sizeof(float) * (size_t)count);
    block wanted = block_create(sizeof(float) * (size_t)count);

    for (int i = 0; i < 4; i++) {
        in[i] = random_map((size_t)count);
        from[i] = (const float *)in[i].bytes;
        weights[i] = (float)random_int(-999, 999) / 777;
    }
    rows->mix_rows(from, weights, count, (float *)got.bytes);
    plain->mix_rows(from, weights, count, (float *)wanted.bytes);
    CHECK_MESSAGE(same_floats((float *)got.bytes, (float *)wanted.bytes, count),
                  "%d values", count);
    for (int i = 0; i < 4; i++)
        block_destroy(&in[i]);
    block_destroy(&got);
    block_destroy(&wanted);
}

/* ---- limb --------------------------------------------------------------- */

enum { SEGMENTS = 9 };

/* A field of random cells, and segments on it. */
typedef struct limbs {
    block cells;
    hp_field field;
    int width, height;
    hp_segment segments[SEGMENTS];
} limbs;

static float random_place(int low, int high)
{
    return (float)random_int(low * 16, high * 16) / 16;
}

/* up: whole pixels of the enlarged map; else from half a cell outside on,
 * counted from the cell (-1, -1). */
static hp_segment random_segment(const limbs *l, bool up)
{
    int left = up ? 0 : 1, right = up ? 4 * l->width - 1 : l->width;
    int bottom = up ? 4 * l->height - 1 : l->height;
    hp_segment s = {.x = random_place(left, right),
                    .y = random_place(left, bottom),
                    .threshold = 0.05f};
    float x = random_place(left, right), y = random_place(left, bottom);

    if (up) {
        s.x = floorf(s.x);
        s.y = floorf(s.y);
        x = floorf(x);
        y = floorf(y);
    }
    s.way_x = x - s.x;
    s.way_y = y - s.y;
    s.length = sqrtf(s.way_x * s.way_x + s.way_y * s.way_y) + 1e-6f;
    s.along_x = s.way_x / s.length;
    s.along_y = s.way_y / s.length;
    return s;
}

static limbs random_limbs(bool up)
{
    limbs l = {.width = random_int(1, 20), .height = random_int(1, 20)};
    size_t row = 2 * ((size_t)l.width + 2 * HP_FIELD_BORDER);

    l.cells = random_map(row * ((size_t)l.height + 2 * HP_FIELD_BORDER));
    l.field = (hp_field){(const float *)l.cells.bytes, (int)row};
    for (int i = 0; i < SEGMENTS; i++)
        l.segments[i] = random_segment(&l, up);
    return l;
}

static void check_linear(const hp_rows *rows, const hp_rows *plain)
{
    limbs l = random_limbs(false);
    int32_t got[SEGMENTS], wanted[SEGMENTS];
    int middle = random_int(0, 3), most = random_int(middle, 6);
    int kept = rows->filter_linear(&l.field, l.segments, SEGMENTS, middle, got);
    int expected =
        plain->filter_linear(&l.field, l.segments, SEGMENTS, middle, wanted);

    CHECK_MESSAGE(kept == expected &&
                      memcmp(got, wanted, (size_t)kept * sizeof *got) == 0,
                  "%d segments kept, not %d", kept, expected);
    for (int i = 0; i < SEGMENTS; i++) {
        float a = rows->sum_linear(&l.field, &l.segments[i], middle, most);
        float b = plain->sum_linear(&l.field, &l.segments[i], middle, most);
        CHECK_MESSAGE(same_floats(&a, &b, 1), "%g, not %g", (double)a,
                      (double)b);
    }
    block_destroy(&l.cells);
}

static void check_cubic(const hp_rows *rows, const hp_rows *plain)
{
    limbs l = random_limbs(true);
    int most = random_int(0, 2) == 0 ? HP_SAMPLES : random_int(0, 3);

    for (int i = 0; i < SEGMENTS; i++) {
        float a[HP_SAMPLES] = {0}, b[HP_SAMPLES] = {0};
        int failed = rows->sample_cubic(&l.field, &l.segments[i], most, a);
        int expected = plain->sample_cubic(&l.field, &l.segments[i], most, b);

        /* Where too many fail, how many were looked at is free. */
        CHECK((failed > most) == (expected > most));
        if (failed <= most && expected <= most)
            CHECK_MESSAGE(failed == expected && same_floats(a, b, HP_SAMPLES),
                          "%d failed, not %d", failed, expected);
    }
    block_destroy(&l.cells);
}

/* ------------------------------------------------------------------------- */

static void check_all(const hp_rows *rows, const hp_rows *plain)
{
    for (int i = 0; i < 2000; i++) {
        check_crc(rows, plain);
        check_halves(rows, plain);
        check_sums(rows, plain);
        check_means(rows, plain);
        check_columns(rows, plain);
        check_blend(rows, plain);
        check_maxima(rows, plain);
        check_mix(rows, plain);
        check_linear(rows, plain);
        check_cubic(rows, plain);
    }
}

int main(int argc, char **argv)
{
    hp_kernels widest, scalar;

    random_state =
        argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
    printf("seed %llu\n", (unsigned long long)random_state);
    hp_kernels_select(UINT32_MAX, HATPOSE_PRECISION_F32, &scalar);
    hp_kernels_select(0, HATPOSE_PRECISION_F32, &widest);
    check_all(scalar.rows, scalar.rows); /* nothing outside is touched */
    if (widest.rows == scalar.rows)
        printf("skip: only scalar rows on this machine\n");
    else
        check_all(widest.rows, scalar.rows);
    CHECK_EXIT();
}
