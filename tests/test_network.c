/* test_network.c - every rule on the list of operations: broken one at a
 * time, the message names the operation or key. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "model/model.h"
#include "network_file.h"

#define KEY(name) "lightweight-openpose." name

enum { STEM, DW, DOWN, WIDE, SUM, HEATMAPS, PAFS }; /* of the tiny network */

static network_file tiny(void)
{
    network_file network;

    network_file_init(&network);
    return network;
}

static void expect_file(unsigned char *file, size_t bytes, const char *part)
{
    hatpose_model *model;
    hatpose_error err = {0};
    hatpose_status status =
        hp_model_from_memory(file, bytes, true, NULL, &model, &err);

    if (part == NULL) {
        CHECK_MESSAGE(status == HATPOSE_OK, "%s", err.message);
        hp_model_release(model);
    } else {
        CHECK_MESSAGE(status == HATPOSE_E_MODEL_FORMAT, "%d: %s", status,
                      err.message);
        CHECK_MESSAGE(strstr(err.message, part) != NULL, "'%s' lacks '%s'",
                      err.message, part);
        CHECK(model == NULL);
    }
    free(file);
}

/* part NULL: the network is valid. */
static void expect(const network_file *network, const char *part)
{
    size_t bytes;
    unsigned char *file = network_file_build(network, &bytes);

    expect_file(file, bytes, part);
}

/* Replaces a key of the tiny network. */
static void expect_numbers(const char *key, const uint32_t *numbers,
                           size_t count, const char *part)
{
    network_file network = tiny();
    gguf_builder *builder = gguf_builder_create();
    size_t bytes;

    network_file_describe(&network, builder);
    gguf_put_u32s(builder, key, numbers, count);
    unsigned char *file = gguf_build(builder, &bytes);
    expect_file(file, bytes, part);
    gguf_builder_destroy(builder);
}

static void tiny_network_is_valid(void)
{
    network_file network = tiny();

    expect(&network, NULL);
}

static void values_have_channels_in_range(void)
{
    network_file network = tiny();

    network.values[0] = 4;
    expect(&network, "the input has 4 channels");
    network = tiny();
    network.values[3] = 0;
    expect(&network, "value 3 has 0 channels");
    network.values[3] = 4097;
    expect(&network, "value 3 has 4097 channels");
}

static void counts_are_bounded(void)
{
    static const uint32_t zeros[1025];

    expect_numbers(KEY("value.channels"), zeros, 1, "value.channels: 1 elem");
    expect_numbers(KEY("value.channels"), zeros, 1025,
                   "value.channels: 1025 elements, 2 to 1024");
    expect_numbers(KEY("op.stride"), zeros, 6,
                   "op.stride: 6 elements, 7 expected");
    expect_numbers(KEY("op.stride"), zeros, 0,
                   "op.stride: 0 elements, 7 expected");
}

static void operations_are_at_most_1024(void)
{
    static const char *names[1025];
    network_file network = tiny();
    gguf_builder *builder = gguf_builder_create();
    size_t bytes;

    for (int i = 0; i < 1025; i++)
        names[i] = "x";
    network_file_describe(&network, builder);
    gguf_put_strings(builder, KEY("op.name"), names, 1025);
    unsigned char *file = gguf_build(builder, &bytes);
    expect_file(file, bytes, "op.name: 1025 elements, 1 to 1024");
    gguf_put_strings(builder, KEY("op.name"), names, 0);
    file = gguf_build(builder, &bytes);
    expect_file(file, bytes, "op.name: 0 elements, 1 to 1024");
    gguf_builder_destroy(builder);
}

static void names_are_short_plain_and_unique(void)
{
    static char longest[64], too_long[65];
    network_file network = tiny();

    network.ops[WIDE].name = "";
    expect(&network, "operation 3: a name");
    network.ops[WIDE].name = "wi de";
    expect(&network, "operation 3: a name");
    network.ops[WIDE].name = "w\xc3\xaf";
    expect(&network, "operation 3: a name");
    memset(longest, 'n', 63);
    memset(too_long, 'n', 64);
    network.ops[WIDE].name = too_long;
    expect(&network, "operation 3: a name");
    network.ops[WIDE].name = longest;
    expect(&network, NULL);
    /* An add has no tensors that would be there twice. */
    network = tiny();
    network.ops[SUM].name = "wide";
    expect(&network, "wide: two operations");
}

static void words_are_known(void)
{
    network_file network = tiny();

    network.ops[SUM].kind = "mul";
    expect(&network, "sum: kind mul is not known");
    network.ops[SUM].kind = "ad";
    expect(&network, "sum: kind ad is not known");
    network = tiny();
    network.ops[SUM].activation = "gelu";
    expect(&network, "sum: activation gelu is not known");
    network.ops[SUM].activation = "";
    expect(&network, "sum: activation  is not known");
}

static void kernel_stride_dilation_fit(void)
{
    static const struct {
        int op;
        uint32_t kernel, stride, dilation;
        const char *part;
    } cases[] = {
        {WIDE, 5, 1, 1, "wide: no conv has kernel 5"},
        {WIDE, 2, 1, 1, "wide: no conv has kernel 2"},
        {WIDE, 1, 1, 2, "wide: no conv has kernel 1, stride 1 and dilation 2"},
        {WIDE, 3, 2, 2, "wide: no conv has kernel 3, stride 2 and dilation 2"},
        {WIDE, 3, 1, 3, "wide: no conv has kernel 3, stride 1 and dilation 3"},
        {WIDE, 3, 1, 0, "wide: no conv has kernel 3, stride 1 and dilation 0"},
        {HEATMAPS, 1, 2, 1, "heatmaps: no conv has kernel 1, stride 2"},
        {STEM, 3, 3, 1, "stem: no conv has kernel 3, stride 3"},
        {STEM, 3, 0, 1, "stem: no conv has kernel 3, stride 0"},
        {DW, 1, 1, 1, "dw: no depthwise has kernel 1"},
        {DW, 5, 2, 1, "dw: no depthwise has kernel 5"},
        {SUM, 0, 1, 1, "sum: no add has kernel 0"},
        {SUM, 3, 1, 1, "sum: no add has kernel 3"},
        {SUM, 1, 2, 1, "sum: no add has kernel 1, stride 2"},
        {SUM, 1, 1, 2, "sum: no add has kernel 1, stride 1 and dilation 2"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        network_file network = tiny();
        network.ops[cases[i].op].kernel = cases[i].kernel;
        network.ops[cases[i].op].stride = cases[i].stride;
        network.ops[cases[i].op].dilation = cases[i].dilation;
        expect(&network, cases[i].part);
    }
}

static void depthwise_and_add_keep_their_channels(void)
{
    network_file network = tiny();

    network.ops[DW].input_count = 3;
    expect(&network, "dw: depthwise reads 3 channels and writes 4");
    network = tiny();
    network.ops[SUM].input_count = 7;
    expect(&network, "sum: add reads 7 channels and writes 8");
}

static void addend_is_for_add_only(void)
{
    network_file network = tiny();

    network.ops[WIDE].addend = 1;
    expect(&network, "wide: conv has no addend");
    network = tiny();
    network.ops[DW].addend_first = 1;
    expect(&network, "dw: depthwise has no addend");
}

static void ranges_lie_in_their_values(void)
{
    static const uint32_t no_output[7] = {4, 4, 8, 0, 8, 19, 38};
    network_file network = tiny();

    network.ops[WIDE].input = 7;
    expect(&network, "wide: reads value 7, there are 7");
    network.ops[WIDE].input = UINT32_MAX;
    expect(&network, "op.input is 4294967295");
    network = tiny();
    network.ops[WIDE].input_first = 1;
    expect(&network, "wide: reads 8 channels from 1 on of value 3");
    network.ops[WIDE].input_first = 0x7fffffff;
    expect(&network, "op.input_first is 2147483647");
    network = tiny();
    network.ops[SUM].input_count = 0;
    network.ops[SUM].output_count = 0;
    expect(&network, "sum: reads 0 channels");
    network = tiny();
    network.ops[SUM].addend = 9;
    expect(&network, "sum: reads value 9");
    network.ops[SUM].addend = 4;
    network.ops[SUM].addend_first = 1;
    expect(&network, "sum: reads 8 channels from 1 on of value 4");
    network = tiny();
    network.ops[WIDE].output = 7;
    expect(&network, "wide: writes value 7");
    network = tiny();
    network.ops[WIDE].output_first = 1;
    expect(&network, "wide: writes 8 channels from 1 on of value 4");
    network.ops[WIDE].output_first = 0;
    network.ops[WIDE].output_count = 9;
    expect(&network, "wide: writes 9 channels");
    expect_numbers(KEY("op.output_count"), no_output, 7,
                   "wide: writes 0 channels");
}

static void nothing_writes_input_or_what_it_reads(void)
{
    network_file network = tiny();

    network.ops[WIDE].output = 0;
    network.ops[WIDE].output_count = 3;
    expect(&network, "wide: writes value 0");
    network = tiny();
    network.ops[WIDE].output = 3;
    expect(&network, "wide: writes value 3, which it reads");
    network = tiny();
    network.ops[SUM].output = 4;
    expect(&network, "sum: writes value 4, which it reads");
}

static void channels_are_written_once_and_before_they_are_read(void)
{
    network_file network = tiny();

    network.ops[PAFS].output_first = 18;
    expect(&network, "pafs: writes channel 18 of value 6 a second time");
    network = tiny();
    network.ops[WIDE].input = 5;
    expect(&network, "wide: reads channel 0 of value 5 before");
    network = tiny();
    network.ops[SUM].addend = 6;
    expect(&network, "sum: reads channel 0 of value 6 before");
    network = tiny();
    network.values[6] = 58;
    expect(&network, "no operation writes channel 57 of value 6");
    network = tiny();
    network.values[network.value_count++] = 5;
    expect(&network, "no operation writes channel 0 of value 7");
}

static void strides_agree(void)
{
    network_file network = tiny();

    network.ops[WIDE].dilation = 1;
    network.ops[WIDE].stride = 2;
    expect(&network, "wide: accumulated stride 16, at most 8");
    network = tiny();
    network.ops[SUM].input = 2;
    network.ops[SUM].addend = 3;
    network.ops[SUM].input_count = 4;
    network.ops[SUM].output_count = 4;
    expect(&network, "sum: adds values of strides 4 and 8");
    network = tiny();
    network.ops[PAFS].input = 2;
    network.ops[PAFS].input_count = 4;
    expect(&network, "pafs: writes value 6 at stride 4, which has stride 8");
}

static void maps_are_whole_and_at_stride_8(void)
{
    network_file network = tiny();

    network.heatmaps[2] = 18;
    expect(&network, "map.heatmaps: 18 channels, 19 expected");
    network = tiny();
    network.pafs[2] = 57;
    expect(&network, "map.pafs: 57 channels, 38 expected");
    network = tiny();
    network.pafs[0] = 7;
    expect(&network, "map.pafs: 38 channels from 19 on of value 7");
    network.pafs[0] = UINT32_MAX;
    expect(&network, "map.pafs: 38 channels from 19");
    network = tiny();
    network.pafs[1] = 20;
    expect(&network, "map.pafs: 38 channels from 20");
    network.pafs[1] = UINT32_MAX - 20;
    expect(&network, "map.pafs: 38 channels from 4294967275");
    network = tiny();
    network.heatmaps[0] = 5;
    expect(&network, "map.heatmaps: 19 channels from 0 on of value 5");
    network = tiny();
    network.hats[0] = 2;
    network.hats[2] = 2;
    expect(&network, "map.hats: value 2 has stride 4, 8 expected");
    network.hats[0] = 5;
    network.hats[1] = 6;
    expect(&network, NULL);
    network.hats[2] = 1;
    expect(&network, "map.hats: 1 channels, 2 expected");
}

int main(void)
{
    RUN(tiny_network_is_valid);
    RUN(values_have_channels_in_range);
    RUN(counts_are_bounded);
    RUN(operations_are_at_most_1024);
    RUN(names_are_short_plain_and_unique);
    RUN(words_are_known);
    RUN(kernel_stride_dilation_fit);
    RUN(depthwise_and_add_keep_their_channels);
    RUN(addend_is_for_add_only);
    RUN(ranges_lie_in_their_values);
    RUN(nothing_writes_input_or_what_it_reads);
    RUN(channels_are_written_once_and_before_they_are_read);
    RUN(strides_agree);
    RUN(maps_are_whole_and_at_stride_8);
    CHECK_EXIT();
}
