/* test_engine_memory.c - what the engine allocates, when, how much, and what
 * happens when it gets none. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "engine_case.h"
#include "tables.h"

/* Three operations of the depthwise kind halve the sides: little work for a
 * large input. */
static void make_pyramid(naive_network *network)
{
    int from = 0;

    naive_init(network, 4);
    for (int i = 0; i < 3; i++) {
        int to = naive_value(network, 3);
        hp_op op = {.kind = HP_OP_DEPTHWISE,
                    .activation = HP_ACTIVATION_RELU,
                    .input = from,
                    .input_count = 3,
                    .output = to,
                    .output_count = 3,
                    .kernel = 3,
                    .stride = 2,
                    .dilation = 1};
        naive_op(network, op, true);
        from = to;
    }
    network->model.heatmaps = (hp_map_group){from, 0, 3};
}

static void make_chain(naive_network *network)
{
    naive_init(network, 6);
    int a = naive_value(network, 8), b = naive_value(network, 8),
        c = naive_value(network, 8);
    hp_op op = {.kind = HP_OP_CONV,
                .input = a,
                .input_count = 8,
                .output = b,
                .output_count = 8,
                .kernel = 3,
                .stride = 1,
                .dilation = 1};

    naive_pointwise(network, 0, a);
    naive_op(network, op, true);
    naive_pointwise(network, b, c);
    network->model.heatmaps = (hp_map_group){c, 0, 8};
}

static bool run_is_right(engine_case *c, const naive_network *network,
                         int width, int height)
{
    float *planes = random_planes((uint64_t)width, width, height);
    hp_maps maps;
    hatpose_status status =
        engine_case_run(c, planes, width, height, &maps, NULL);
    bool right =
        status == HATPOSE_OK &&
        engine_case_error(network, &maps, planes, width, height) <= 3e-4;

    free(planes);
    return right;
}

static void second_run_allocates_nothing(void)
{
    naive_network network;
    engine_case c = {.engine = NULL};

    make_chain(&network);
    CHECK(engine_case_open(&c, &network, 2, 0, NULL) == HATPOSE_OK);
    CHECK(run_is_right(&c, &network, 40, 24));
    int before = c.counter.allocations;
    CHECK(run_is_right(&c, &network, 40, 24));
    CHECK(c.counter.allocations == before);
    CHECK(engine_case_close(&c));
    naive_release(&network);
}

/* The largest comes first, so the arena never grows: what is allocated is
 * the place of each of the eight plans, when it is first used. */
static void eight_sizes_are_kept(void)
{
    naive_network network;
    engine_case c = {.engine = NULL};
    int before = 0;

    make_chain(&network);
    CHECK(engine_case_open(&c, &network, 1, 0, NULL) == HATPOSE_OK);
    for (int i = 0; i < 8; i++) {
        before = c.counter.allocations;
        CHECK(run_is_right(&c, &network, 80 - 8 * i, 32));
        CHECK(c.counter.allocations > before);
    }
    before = c.counter.allocations;
    for (int i = 7; i >= 0; i--)
        CHECK(run_is_right(&c, &network, 80 - 8 * i, 32));
    CHECK(run_is_right(&c, &network, 8, 32));
    CHECK(run_is_right(&c, &network, 80, 32));
    CHECK(run_is_right(&c, &network, 24, 32));
    CHECK(c.counter.allocations == before);
    /* One arena: a larger size costs one allocation more, once. */
    CHECK(run_is_right(&c, &network, 96, 32));
    CHECK(c.counter.allocations == before + 1);
    CHECK(run_is_right(&c, &network, 24, 32));
    CHECK(run_is_right(&c, &network, 96, 32));
    CHECK(c.counter.allocations == before + 1);
    CHECK(engine_case_close(&c));
    naive_release(&network);
}

static int map_width(engine_case *c, int width)
{
    float *planes = random_planes(1, width, 16);
    hp_maps maps = {.width_map_px = 0};

    CHECK(engine_case_run(c, planes, width, 16, &maps, NULL) == HATPOSE_OK);
    free(planes);
    return maps.width_map_px;
}

/* A model never changes; here it does, to tell plans that were kept from
 * those that are made anew. */
static void size_used_longest_ago_is_forgotten(void)
{
    naive_network network;
    engine_case c = {.engine = NULL};

    make_pyramid(&network);
    CHECK(engine_case_open(&c, &network, 1, 0, NULL) == HATPOSE_OK);
    for (int i = 1; i <= 8; i++)
        CHECK(map_width(&c, 16 * i) == 2 * i);
    CHECK(map_width(&c, 16) == 2);      /* 32 is now the oldest */
    CHECK(map_width(&c, 16 * 9) == 18); /* the ninth */
    network.ops[2].stride = 1;
    for (int i = 3; i <= 9; i++)
        CHECK(map_width(&c, 16 * i) == 2 * i);
    CHECK(map_width(&c, 16) == 2);
    CHECK(map_width(&c, 32) == 8);
    CHECK(engine_case_close(&c));
    naive_release(&network);
}

/* A long chain needs two values at a time, not all of them. */
static void memory_is_used_again(void)
{
    naive_network network;
    engine_case c = {.layers = hp_layers_scalar(HP_STORAGE_F32),
                     .choices = HP_ENGINE_SEPARATE};
    const size_t value_bytes = sizeof(float) * 16 * 64 * 64;

    naive_init(&network, 6);
    int last = naive_value(&network, 8);
    naive_pointwise(&network, 0, last);
    for (int i = 0; i < 30; i++) {
        int next = naive_value(&network, 8);
        naive_pointwise(&network, last, next);
        last = next;
    }
    network.model.heatmaps = (hp_map_group){last, 0, 8};
    CHECK(engine_case_open(&c, &network, 1, 0, NULL) == HATPOSE_OK);
    CHECK(run_is_right(&c, &network, 64, 64));
    CHECK(atomic_load(&c.memory.used_bytes) < 3 * value_bytes);
    CHECK(engine_case_close(&c));
    naive_release(&network);
}

static void each_allocation_may_fail(void)
{
    naive_network network;
    float *planes = random_planes(1, 16, 16);
    bool done = false;

    make_chain(&network);
    for (int fail_at = 1; !done && fail_at < 100; fail_at++) {
        engine_case c = {.engine = NULL};
        hatpose_error err;
        hp_maps maps;
        c.counter.fail_at = fail_at;
        hatpose_status status = engine_case_open(&c, &network, 2, 0, &err);
        if (status != HATPOSE_OK) {
            CHECK(status == HATPOSE_E_MEMORY && c.counter.live == 0);
            CHECK(err.status == status && err.message[0] != '\0');
            continue;
        }
        status = engine_case_run(&c, planes, 16, 16, &maps, &err);
        done = status == HATPOSE_OK;
        CHECK(done || status == HATPOSE_E_MEMORY);
        /* What failed once may succeed when asked again. */
        CHECK(run_is_right(&c, &network, 16, 16));
        CHECK(engine_case_close(&c));
    }
    CHECK(done);
    naive_release(&network);
    free(planes);
}

static void budget_is_kept(void)
{
    naive_network network;
    engine_case c = {.engine = NULL};
    hatpose_error err;

    make_pyramid(&network);
    CHECK(engine_case_open(&c, &network, 1, 1 << 20, NULL) == HATPOSE_OK);
    CHECK(run_is_right(&c, &network, 64, 64));
    CHECK(hp_engine_plan(c.engine, 1024, 512, &err) == HATPOSE_E_LIMIT);
    CHECK_MESSAGE(strstr(err.message, "1024x512") != NULL &&
                      strstr(err.message, "max_memory_bytes") != NULL,
                  "%s", err.message);
    CHECK(run_is_right(&c, &network, 64, 64));
    CHECK(engine_case_close(&c));
    naive_release(&network);
}

static void sizes_are_checked(void)
{
    static const int wrong[][2] = {{0, 8}, {8, 0}, {-8, 8}, {8, -2147483647}};
    naive_network network;
    engine_case c = {.engine = NULL};
    hatpose_error err;

    make_pyramid(&network);
    CHECK(engine_case_open(&c, &network, 1, 0, NULL) == HATPOSE_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(hp_engine_plan(c.engine, wrong[i][0], wrong[i][1], &err) ==
              HATPOSE_E_ARGUMENT);
    CHECK(hp_engine_plan(c.engine, 2147483640, 2147483640, &err) ==
          HATPOSE_E_LIMIT);
    for (int i = 0; i < 2; i++) /* a failure is not taken for a plan */
        CHECK(hp_engine_plan(c.engine, 65536, 32768, &err) == HATPOSE_E_LIMIT);
    CHECK(strstr(err.message, "65536x32768") != NULL);
    CHECK(run_is_right(&c, &network, 2048, 2048));
    CHECK(run_is_right(&c, &network, 8, 4096));
    CHECK(engine_case_close(&c));
    naive_release(&network);
}

/* Each channel of a wide value read by itself: whole blocks would be mostly
 * empty. */
static void too_many_pieces_are_refused(void)
{
    naive_network network;
    engine_case c = {.layers = hp_layers_scalar(HP_STORAGE_F32)};
    hatpose_error err;

    naive_init(&network, 3);
    int wide = naive_value(&network, 300), out = naive_value(&network, 8);
    int ends = naive_value(&network, 50);
    naive_pointwise(&network, 0, wide);
    naive_pointwise(&network, wide, out);
    for (int i = 0; i < 50; i++)
        naive_op(&network,
                 (hp_op){.kind = HP_OP_DEPTHWISE,
                         .input = wide,
                         .input_first = 2 * i,
                         .input_count = 1,
                         .output = ends,
                         .output_first = i,
                         .output_count = 1,
                         .kernel = 3,
                         .stride = 1,
                         .dilation = 1},
                 false);
    network.model.heatmaps = (hp_map_group){out, 0, 8};
    CHECK(engine_case_open(&c, &network, 1, 0, &err) == HATPOSE_OK);
    CHECK(run_is_right(&c, &network, 9, 9));
    CHECK(engine_case_close(&c));
    c = (engine_case){.layers = hp_layers_scalar(HP_STORAGE_INT8)};
    float *planes = random_planes(1, 9, 9);
    naive_find_ranges(&network, planes, 9, 9);
    free(planes);
    CHECK(engine_case_open(&c, &network, 1, 0, &err) == HATPOSE_E_LIMIT);
    CHECK_MESSAGE(strstr(err.message, "too many pieces") != NULL, "%s",
                  err.message);
    naive_release(&network);
}

static void destroying_nothing_is_fine(void)
{
    hp_engine_destroy(NULL);
}

int main(void)
{
    RUN(second_run_allocates_nothing);
    RUN(eight_sizes_are_kept);
    RUN(size_used_longest_ago_is_forgotten);
    RUN(memory_is_used_again);
    RUN(each_allocation_may_fail);
    RUN(budget_is_kept);
    RUN(sizes_are_checked);
    RUN(too_many_pieces_are_refused);
    RUN(destroying_nothing_is_fine);
    CHECK_EXIT();
}
