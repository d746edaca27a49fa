/* test_engine.c - the engine computes what a plain program in double does:
 * every operation over odd shapes, channel ranges, random networks, any
 * number of threads. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "cpu.h"
#include "engine_case.h"
#include "tables.h"

/* Of the largest number in the network, and 1: what is rounded on the way is
 * as large as that, though a difference of two may be small. Floats round a
 * sum of up to 400 terms 400 times by 2^-24, with errors of random signs, and
 * Winograd is some times worse. SPLIT and BF16 round each value and weight to
 * 16 and 8 bits, INT8 each value to a step of 1/128 of its range or less; in
 * random networks some twenty operations add to it. */
static double tolerance(hp_storage storage)
{
    static const double tolerances[] = {[HP_STORAGE_F32] = 4e-6,
                                        [HP_STORAGE_SPLIT] = 4e-5,
                                        [HP_STORAGE_BF16] = 0.015,
                                        [HP_STORAGE_INT8] = 0.05};

    return tolerances[storage];
}

static const uint32_t CHOICES[] = {0, HP_ENGINE_SEPARATE | HP_ENGINE_DIRECT};
static unsigned turn;

/* Every table that this machine can run: fills layers, gives their number. */
static int all_layers(const hp_layers *layers[32])
{
    int count, found = 0;
    const hp_variant *variants = hp_variants(&count);

    for (int i = 0; i < count; i++)
        for (int s = HP_STORAGE_F32; s <= HP_STORAGE_INT8; s++) {
            if ((variants[i].needs & ~hp_cpu_bits(UINT32_MAX)) != 0)
                continue;
            layers[found] = variants[i].layers((hp_storage)s);
            found += layers[found] != NULL;
        }
    return found;
}

static void check_run(const naive_network *network, const hp_layers *layers,
                      uint32_t choices, uint32_t thread_count,
                      const float *planes, int width, int height)
{
    engine_case c = {.layers = layers, .choices = choices};
    hp_maps maps;
    hatpose_error err = {0};

    if (engine_case_open(&c, network, thread_count, 0, &err) != HATPOSE_OK) {
        CHECK_MESSAGE(false, "%s: no engine: %s", layers->name, err.message);
        return;
    }
    if (engine_case_run(&c, planes, width, height, &maps, &err) != HATPOSE_OK) {
        CHECK_MESSAGE(false, "%s: no run: %s", layers->name, err.message);
    } else {
        double error =
            engine_case_error(network, &maps, planes, width, height) /
            (1 + naive_largest(network));
        const hp_op *op = &network->ops[network->model.op_count - 1];
        CHECK_MESSAGE(error <= tolerance(layers->storage),
                      "%s, storage %d, choices %u, input %dx%d, last kind %d "
                      "kernel %d stride %d dilation %d activation %d: error %g",
                      layers->name, (int)layers->storage, (unsigned)choices,
                      width, height, (int)op->kind, op->kernel, op->stride,
                      op->dilation, (int)op->activation, error);
    }
    CHECK(engine_case_close(&c));
}

/* The two choices take turns. */
static void check_network(naive_network *network, int width, int height,
                          uint32_t thread_count)
{
    float *planes = random_planes(7, width, height);
    const hp_layers *layers[32];
    const int count = all_layers(layers);

    naive_find_ranges(network, planes, width, height);
    for (int i = 0; i < count; i++)
        check_run(network, layers[i], CHOICES[(turn + (unsigned)i) % 2],
                  thread_count, planes, width, height);
    turn++; /* the other choices for the same table */
    free(planes);
}

/* Value 1 has `channels` channels made from the input; the operation reads
 * some of them and writes into the middle of the last value, whose other
 * channels, if stride allows, come from a pointwise operation. */
static void check_op(hp_op op, int width, int height, bool bias)
{
    naive_network network;
    const int margin = op.stride == 1 ? 2 : 0;

    naive_init(&network, 1);
    int source = naive_value(&network, op.input_count + 3);
    int target = naive_value(&network, op.output_count + margin + 1);
    naive_pointwise(&network, 0, source);
    if (margin > 0)
        naive_op(&network,
                 (hp_op){.kind = HP_OP_CONV,
                         .input = 0,
                         .input_count = 3,
                         .output = target,
                         .output_count = margin,
                         .kernel = 1,
                         .stride = 1,
                         .dilation = 1},
                 false);
    op.input = source;
    op.input_first = 2;
    if (op.kind == HP_OP_ADD) {
        op.addend = source;
        op.addend_first = 1;
    }
    op.output = target;
    op.output_first = margin;
    naive_op(&network, op, bias);
    network.model.heatmaps =
        (hp_map_group){target, 0, op.output_count + margin};
    check_network(&network, width, height, 1);
    naive_release(&network);
}

static const int SIDES[][2] = {{1, 1},   {1, 7},   {9, 1},  {2, 2},
                               {3, 2},   {5, 3},   {8, 8},  {16, 9},
                               {17, 23}, {33, 64}, {4, 50}, {57, 32}};

static void check_over_sides(hp_op op)
{
    for (size_t i = 0; i < sizeof SIDES / sizeof *SIDES; i++)
        for (int a = HP_ACTIVATION_NONE; a <= HP_ACTIVATION_ELU; a++) {
            op.activation = (hp_activation)a;
            check_op(op, SIDES[i][0], SIDES[i][1], (i + (size_t)a) % 2 == 0);
        }
}

static void pointwise_convolution(void)
{
    check_over_sides((hp_op){.kind = HP_OP_CONV,
                             .input_count = 5,
                             .output_count = 7,
                             .kernel = 1,
                             .stride = 1,
                             .dilation = 1});
}

static void dense_convolution(void)
{
    static const int variants[][2] = {{1, 1}, {1, 2}, {2, 1}};

    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        check_over_sides((hp_op){.kind = HP_OP_CONV,
                                 .input_count = 4,
                                 .output_count = 6,
                                 .kernel = 3,
                                 .stride = variants[i][0],
                                 .dilation = variants[i][1]});
}

static void depthwise_convolution(void)
{
    static const int variants[][2] = {{1, 1}, {1, 2}, {2, 1}};

    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        check_over_sides((hp_op){.kind = HP_OP_DEPTHWISE,
                                 .input_count = 5,
                                 .output_count = 5,
                                 .kernel = 3,
                                 .stride = variants[i][0],
                                 .dilation = variants[i][1]});
}

static void sum_of_two(void)
{
    check_over_sides((hp_op){.kind = HP_OP_ADD,
                             .input_count = 5,
                             .output_count = 5,
                             .kernel = 1,
                             .stride = 1,
                             .dilation = 1});
}

/* Maps wider than one block of columns, and sums long enough that the matrix
 * behind a 3x3 convolution does not fit one block of scratch. */
static void work_is_cut_at_blocks(void)
{
    hp_op op = {.kind = HP_OP_CONV,
                .input_count = 40,
                .output_count = 9,
                .kernel = 1,
                .stride = 1,
                .dilation = 1};

    check_op(op, 97, 31, true);
    op.kernel = 3;
    check_op(op, 97, 31, true);
    op.dilation = 2;
    check_op(op, 61, 47, true);
    op = (hp_op){.kind = HP_OP_CONV,
                 .input_count = 400,
                 .output_count = 2,
                 .kernel = 3,
                 .stride = 1,
                 .dilation = 1};
    check_op(op, 19, 23, true);
    op = (hp_op){.kind = HP_OP_DEPTHWISE,
                 .input_count = 3,
                 .output_count = 3,
                 .kernel = 3,
                 .stride = 1,
                 .dilation = 2};
    check_op(op, 260, 140, false);
    op = (hp_op){.kind = HP_OP_ADD,
                 .input_count = 3,
                 .output_count = 3,
                 .kernel = 1,
                 .stride = 1,
                 .dilation = 1};
    check_op(op, 260, 140, false);
}

static int add_conv(naive_network *network, int input, int channels, int kernel,
                    int stride, int dilation, hp_activation activation)
{
    const int output = naive_value(network, channels);

    naive_op(network,
             (hp_op){.kind = HP_OP_CONV,
                     .activation = activation,
                     .input = input,
                     .input_count = network->values[input].channels,
                     .output = output,
                     .output_count = channels,
                     .kernel = kernel,
                     .stride = stride,
                     .dilation = dilation},
             true);
    return output;
}

static int add_depthwise(naive_network *network, int input, int stride,
                         int dilation)
{
    const int channels = network->values[input].channels;
    const int output = naive_value(network, channels);

    naive_op(network,
             (hp_op){.kind = HP_OP_DEPTHWISE,
                     .activation = HP_ACTIVATION_RELU,
                     .input = input,
                     .input_count = channels,
                     .output = output,
                     .output_count = channels,
                     .kernel = 3,
                     .stride = stride,
                     .dilation = dilation},
             true);
    return output;
}

static int add_sum(naive_network *network, int a, int b)
{
    const int channels = network->values[a].channels;
    const int output = naive_value(network, channels);

    naive_op(network,
             (hp_op){.kind = HP_OP_ADD,
                     .activation = HP_ACTIVATION_ELU,
                     .input = a,
                     .input_count = channels,
                     .addend = b,
                     .output = output,
                     .output_count = channels,
                     .kernel = 1,
                     .stride = 1,
                     .dilation = 1},
             false);
    return output;
}

/* A small one built like the real one: everything that can be joined, what
 * must not be, Winograd with both dilations, and a concatenation whose parts
 * are maps and features. */
static void make_small_pose(naive_network *network)
{
    naive_init(network, 8);
    int stem = add_conv(network, 0, 20, 3, 2, 1, HP_ACTIVATION_RELU);
    int a = add_depthwise(network, stem, 2, 1);
    a = add_conv(network, a, 70, 1, 1, 1, HP_ACTIVATION_RELU);
    a = add_depthwise(network, a, 1, 2);
    a = add_conv(network, a, 50, 1, 1, 1, HP_ACTIVATION_RELU);
    a = add_conv(network, a, 36, 1, 1, 1, HP_ACTIVATION_RELU);
    int trunk = add_depthwise(network, a, 1, 1);
    trunk = add_conv(network, trunk, 36, 1, 1, 1, HP_ACTIVATION_ELU);
    a = add_sum(network, a, trunk);
    int both = naive_value(network, 40 + 5);
    naive_op(network,
             (hp_op){.kind = HP_OP_CONV,
                     .activation = HP_ACTIVATION_RELU,
                     .input = a,
                     .input_count = 36,
                     .output = both,
                     .output_count = 40,
                     .kernel = 3,
                     .stride = 1,
                     .dilation = 1},
             true);
    int head = add_conv(network, a, 33, 1, 1, 1, HP_ACTIVATION_RELU);
    naive_op(network,
             (hp_op){.kind = HP_OP_CONV,
                     .input = head,
                     .input_count = 33,
                     .output = both,
                     .output_first = 40,
                     .output_count = 5,
                     .kernel = 1,
                     .stride = 1,
                     .dilation = 1},
             true);
    int initial = add_conv(network, both, 32, 1, 1, 1, HP_ACTIVATION_RELU);
    a = add_conv(network, initial, 32, 3, 1, 1, HP_ACTIVATION_RELU);
    a = add_conv(network, a, 32, 3, 1, 2, HP_ACTIVATION_RELU);
    a = add_sum(network, initial, a);
    a = add_conv(network, a, 6, 1, 1, 1, HP_ACTIVATION_NONE);
    network->model.heatmaps = (hp_map_group){a, 0, 6};
    network->model.pafs = (hp_map_group){both, 38, 7};
}

static void joined_operations(void)
{
    static const int sides[][2] = {{8, 8}, {57, 70}, {130, 37}};

    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        naive_network network;
        make_small_pose(&network);
        check_network(&network, sides[i][0], sides[i][1], 2);
        check_network(&network, sides[i][0], sides[i][1], 2);
        network.model.heatmaps = network.model.pafs;
        check_network(&network, sides[i][0], sides[i][1], 1);
        naive_release(&network);
    }
}

/* A value that is whole: all its channels are written. */
typedef struct whole {
    int value, stride;
} whole;

static int draw(naive_network *network, int below)
{
    return (int)naive_random(network, (uint32_t)below);
}

/* A random operation on part of `from`, for `add` also of `other`; what it
 * writes is not said yet. One draw a statement: the order of evaluation in
 * an expression is the compiler's, and a seed shall mean one network. */
static hp_op draw_op(naive_network *network, whole from, whole other)
{
    const int channels = network->values[from.value].channels;
    const int most = network->values[other.value].channels;
    hp_op op = {.input = from.value, .kernel = 1, .stride = 1, .dilation = 1};

    op.kind = (hp_op_kind)draw(network, 3);
    op.activation = (hp_activation)draw(network, 3);
    op.input_first = draw(network, channels);
    op.input_count = 1 + draw(network, channels - op.input_first);
    if (op.kind == HP_OP_ADD) {
        op.input_count = op.input_count < most ? op.input_count : most;
        op.addend = other.value;
        op.addend_first = most - op.input_count;
    }
    op.output_count = op.input_count;
    if (op.kind == HP_OP_CONV)
        op.output_count = 1 + draw(network, 12);
    if (op.kind == HP_OP_DEPTHWISE ||
        (op.kind == HP_OP_CONV && draw(network, 2) == 0))
        op.kernel = 3;
    if (op.kernel == 3 && from.stride < 8 && draw(network, 4) == 0)
        op.stride = 2;
    else if (op.kernel == 3)
        op.dilation = 1 + draw(network, 2);
    return op;
}

/* One more value from random operations on those that are whole; sometimes
 * two of them write it. */
static whole grow(naive_network *network, const whole *have, int have_count)
{
    whole from = have[draw(network, have_count)];
    whole other = have[draw(network, have_count)];

    if (other.stride != from.stride)
        other = from;
    hp_op op = draw_op(network, from, other);
    int extra = network->values[other.value].channels;
    if (op.stride != 1 || op.output_count + extra > 30 || draw(network, 3) != 0)
        extra = 0;
    op.output = naive_value(network, op.output_count + extra);
    op.output_first = extra;
    naive_op(network, op, draw(network, 2) == 0);
    if (extra > 0)
        naive_op(network,
                 (hp_op){.kind = HP_OP_DEPTHWISE,
                         .input = other.value,
                         .input_count = extra,
                         .output = op.output,
                         .output_count = extra,
                         .kernel = 3,
                         .stride = 1,
                         .dilation = 1},
                 true);
    return (whole){op.output, from.stride * op.stride};
}

static void make_random_network(naive_network *network, uint64_t seed)
{
    whole have[24] = {{0, 1}};

    naive_init(network, seed);
    /* Old values stay among the candidates: long lives in the arena. */
    for (int count = 1; count < 24; count++)
        have[count] = grow(network, have, count);
    whole last = have[23];
    network->model.heatmaps =
        (hp_map_group){last.value, 0, network->values[last.value].channels};
}

static uint64_t base_seed;

static void random_networks(void)
{
    for (uint64_t i = 0; i < 40; i++) {
        naive_network network;
        int before = check_failures;
        make_random_network(&network, base_seed + i);
        int width = 5 + draw(&network, 30);
        int height = 5 + draw(&network, 30);
        check_network(&network, width, height, 1 + (uint32_t)(i % 3));
        if (check_failures != before)
            fprintf(stderr, "seed of the network: %llu\n",
                    (unsigned long long)(base_seed + i));
        naive_release(&network);
    }
}

static void compare_bits(const naive_network *network, const hp_layers *layers,
                         const float *planes, int width, int height)
{
    static const uint32_t thread_counts[] = {1, 2, 3, 8, 16};
    float *first = NULL;
    size_t bytes = 0;

    for (size_t i = 0; i < sizeof thread_counts / sizeof *thread_counts; i++) {
        engine_case c = {.layers = layers};
        hp_maps maps;
        CHECK(engine_case_open(&c, network, thread_counts[i], 0, NULL) ==
              HATPOSE_OK);
        /* Threads that share what they should not are caught by some runs
         * only. */
        for (int run = 0; run < 3; run++) {
            CHECK(engine_case_run(&c, planes, width, height, &maps, NULL) ==
                  HATPOSE_OK);
            bytes = sizeof(float) * (size_t)maps.heatmap_count *
                    (size_t)maps.width_map_px * (size_t)maps.height_map_px;
            if (first == NULL) {
                first = malloc(bytes);
                memcpy(first, maps.heatmaps, bytes);
            }
            CHECK_MESSAGE(memcmp(first, maps.heatmaps, bytes) == 0,
                          "%u threads, %s", (unsigned)thread_counts[i],
                          layers->name);
        }
        CHECK(engine_case_close(&c));
    }
    free(first);
}

static void compare_all_bits(naive_network *network, int width, int height)
{
    const hp_layers *layers[32];
    const int count = all_layers(layers);
    float *planes = random_planes(3, width, height);

    naive_find_ranges(network, planes, width, height);
    for (int i = 0; i < count; i++)
        compare_bits(network, layers[i], planes, width, height);
    free(planes);
}

/* Each operation has several tasks at 50x30. */
static void threads_change_no_bit(void)
{
    naive_network network;

    naive_init(&network, 5);
    int a = naive_value(&network, 48), b = naive_value(&network, 48),
        c = naive_value(&network, 48), d = naive_value(&network, 48);
    naive_pointwise(&network, 0, a);
    hp_op op = {.kind = HP_OP_DEPTHWISE,
                .activation = HP_ACTIVATION_ELU,
                .input = a,
                .input_count = 48,
                .output = b,
                .output_count = 48,
                .kernel = 3,
                .stride = 1,
                .dilation = 1};
    naive_op(&network, op, true);
    op.kind = HP_OP_CONV;
    op.input = b;
    op.input_count = 16;
    op.output = c;
    naive_op(&network, op, true);
    op = (hp_op){.kind = HP_OP_ADD,
                 .input = b,
                 .input_count = 48,
                 .addend = c,
                 .output = d,
                 .output_count = 48,
                 .kernel = 1,
                 .stride = 1,
                 .dilation = 1};
    naive_op(&network, op, false);
    network.model.heatmaps = (hp_map_group){d, 0, 48};
    compare_all_bits(&network, 50, 30);
    naive_release(&network);
}

static void threads_change_no_bit_when_joined(void)
{
    naive_network network;

    make_small_pose(&network);
    compare_all_bits(&network, 150, 90);
    naive_release(&network);
}

static void maps_are_ranges_of_values(void)
{
    naive_network network;
    engine_case c = {.engine = NULL};
    float *planes = random_planes(2, 16, 8);
    hp_maps maps;

    naive_init(&network, 9);
    int a = naive_value(&network, 9), b = naive_value(&network, 4);
    naive_pointwise(&network, 0, a);
    naive_pointwise(&network, a, b);
    for (int i = 0; i < 3; i++) /* values that must not lie where maps do */
        naive_pointwise(&network, b, naive_value(&network, 9));
    network.model.heatmaps = (hp_map_group){a, 1, 3};
    network.model.pafs = (hp_map_group){a, 4, 5};
    CHECK(engine_case_open(&c, &network, 1, 0, NULL) == HATPOSE_OK);
    CHECK(engine_case_run(&c, planes, 16, 8, &maps, NULL) == HATPOSE_OK);
    CHECK(maps.heatmap_count == 3 && maps.paf_count == 5);
    CHECK(maps.width_map_px == 16 && maps.height_map_px == 8);
    CHECK(maps.pafs == maps.heatmaps + 3 * 16 * 8);
    CHECK(maps.hats == NULL && maps.hat_count == 0);
    CHECK(engine_case_error(&network, &maps, planes, 16, 8) <= 3e-4);
    CHECK(engine_case_close(&c));
    network.model.hats = (hp_map_group){b, 2, 2};
    CHECK(engine_case_open(&c, &network, 1, 0, NULL) == HATPOSE_OK);
    CHECK(engine_case_run(&c, planes, 16, 8, &maps, NULL) == HATPOSE_OK);
    CHECK(maps.hats == maps.pafs + 5 * 16 * 8 && maps.hat_count == 2);
    CHECK(engine_case_close(&c));
    naive_release(&network);
    free(planes);
}

static void operations_are_timed(void)
{
    naive_network network;
    engine_case c = {.engine = NULL};
    float *planes = random_planes(2, 16, 8);
    hp_op_time op_time;
    hp_maps maps;

    naive_init(&network, 9);
    int a = naive_value(&network, 6), b = naive_value(&network, 6);
    naive_pointwise(&network, 0, a);
    hp_op op = {.kind = HP_OP_DEPTHWISE,
                .input = a,
                .input_count = 6,
                .output = b,
                .output_count = 6,
                .kernel = 3,
                .stride = 2,
                .dilation = 1};
    naive_op(&network, op, false);
    network.model.heatmaps = (hp_map_group){b, 0, 6};
    CHECK(engine_case_open(&c, &network, 2, 0, NULL) == HATPOSE_OK);
    CHECK(!hp_engine_op_time(c.engine, 0, &op_time));
    CHECK(engine_case_run(&c, planes, 16, 8, &maps, NULL) == HATPOSE_OK);
    CHECK(hp_engine_op_count(c.engine) == 2);
    CHECK(hp_engine_op_time(c.engine, 0, &op_time));
    CHECK(strcmp(op_time.name, "op0") == 0);
    CHECK(strcmp(op_time.kernel, "1x1") == 0);
    CHECK(op_time.mac_count == 16 * 8 * 3 * 6 && op_time.time_us > 0);
    CHECK(op_time.precision == HATPOSE_PRECISION_F32);
    CHECK(hp_engine_op_time(c.engine, 1, &op_time));
    CHECK(strcmp(op_time.kernel, "depthwise") == 0);
    CHECK(op_time.mac_count == 8 * 4 * 9 * 6 && op_time.time_us > 0);
    CHECK(!hp_engine_op_time(c.engine, 2, &op_time));
    CHECK(!hp_engine_op_time(c.engine, -1, &op_time));
    CHECK(engine_case_close(&c));
    naive_release(&network);
    free(planes);
}

/* test_engine [SEED]: of the random networks. */
int main(int argc, char **argv)
{
    base_seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
    printf("seed %llu\n", (unsigned long long)base_seed);
    RUN(pointwise_convolution);
    RUN(dense_convolution);
    RUN(depthwise_convolution);
    RUN(sum_of_two);
    RUN(work_is_cut_at_blocks);
    RUN(joined_operations);
    RUN(random_networks);
    RUN(threads_change_no_bit);
    RUN(threads_change_no_bit_when_joined);
    RUN(maps_are_ranges_of_values);
    RUN(operations_are_timed);
    CHECK_EXIT();
}
