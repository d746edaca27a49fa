/* test_model.c - a model's life: loaded from memory and from files, weights
 * of four types, damaged anywhere, every allocation refused in turn. */
#include "model/model.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "model/weights.h"
#include "network_file.h"

#define KEY(name) "lightweight-openpose." name

enum { STEM, DW, DOWN, WIDE, SUM, HEATMAPS, PAFS }; /* of the tiny network */

/* Counts blocks; refuses the one of number `refused`. */
typedef struct ledger {
    long live, made, refused;
} ledger;

static void *ledger_allocate(void *user, size_t bytes, size_t alignment)
{
    ledger *book = user;
    void *block = NULL;

    if (book->made++ == book->refused)
        return NULL;
    if (posix_memalign(&block, alignment, bytes) != 0)
        return NULL;
    book->live++;
    return block;
}

static void ledger_deallocate(void *user, void *block, size_t bytes)
{
    ledger *book = user;

    (void)bytes;
    book->live--;
    free(block);
}

static hatpose_host host_of(ledger *book)
{
    *book = (ledger){.refused = -1};
    return (hatpose_host){.struct_size = sizeof(hatpose_host),
                          .user = book,
                          .allocate = ledger_allocate,
                          .deallocate = ledger_deallocate};
}

static gguf_builder *describe(const network_file *network)
{
    gguf_builder *builder = gguf_builder_create();

    network_file_describe(network, builder);
    return builder;
}

static gguf_builder *tiny(void)
{
    network_file network;

    network_file_init(&network);
    return describe(&network);
}

/* Loads what is built, NULL and the error when it is refused. */
static hatpose_model *load(gguf_builder *builder, hatpose_error *err)
{
    hatpose_model *model;
    size_t bytes;
    unsigned char *file = gguf_build(builder, &bytes);

    memset(err, 0, sizeof *err);
    hatpose_status status =
        hp_model_from_memory(file, bytes, true, NULL, &model, err);
    CHECK((model != NULL) == (status == HATPOSE_OK));
    CHECK(status == err->status);
    free(file);
    return model;
}

/* Builds, expects to be refused, and ends the builder's life. */
static void expect(gguf_builder *builder, hatpose_status wanted,
                   const char *part)
{
    hatpose_error err;
    hatpose_model *model = load(builder, &err);

    CHECK_MESSAGE(err.status == wanted, "%d instead of %d: %s", err.status,
                  wanted, err.message);
    CHECK_MESSAGE(strstr(err.message, part) != NULL, "'%s' lacks '%s'",
                  err.message, part);
    hp_model_release(model);
    gguf_builder_destroy(builder);
}

static void tiny_model_is_what_the_file_says(void)
{
    gguf_builder *builder = tiny();
    hatpose_error err;

    gguf_put_string(builder, "general.license", "Apache-2.0");
    gguf_put_string(builder, "general.description", "a small one");
    gguf_put_string(builder, "general.source.url", "https://example.org/");
    hatpose_model *model = load(builder, &err);
    CHECK_MESSAGE(model != NULL, "%s", err.message);
    CHECK(strcmp(model->name, "tiny") == 0);
    CHECK(strcmp(model->license, "Apache-2.0") == 0);
    CHECK(strcmp(model->description, "a small one") == 0);
    CHECK(strcmp(model->source_url, "https://example.org/") == 0);
    CHECK(!model->normalisation.rgb);
    CHECK(model->normalisation.mean[1] == 127);
    CHECK(model->normalisation.scale[2] == 1 / 257.0f);
    CHECK(model->value_count == 7 && model->op_count == 7);
    CHECK(model->values[0].stride == 1 && model->values[1].stride == 2);
    CHECK(model->values[2].stride == 4 && model->values[6].stride == 8);
    CHECK(model->values[6].channels == 57);
    CHECK(model->heatmaps.value == 6 && model->heatmaps.first == 0);
    CHECK(model->pafs.first == 19 && model->pafs.count == 38);
    CHECK(model->hats.count == 0);
    CHECK(model->limb_paf[0] == 12 && model->limb_paf[18] == 26);
    CHECK(model->parameter_count == 112 + 40 + 288 + 584 + 171 + 342);
    const hp_op *sum = &model->ops[SUM];
    CHECK(strcmp(sum->name, "sum") == 0 && sum->kind == HP_OP_ADD);
    CHECK(sum->input == 3 && sum->addend == 4 && sum->output == 5);
    CHECK(sum->activation == HP_ACTIVATION_RELU && sum->weight == NULL);
    CHECK(model->ops[DW].activation == HP_ACTIVATION_ELU);
    CHECK(model->ops[WIDE].dilation == 2 && model->ops[STEM].stride == 2);
    CHECK(model->ops[DOWN].bias == NULL && model->ops[WIDE].bias != NULL);
    hp_model_release(model);
    gguf_builder_destroy(builder);
}

static void optional_texts_may_be_missing(void)
{
    gguf_builder *builder = tiny();
    hatpose_error err;
    hatpose_model *model = load(builder, &err);

    CHECK(model != NULL && model->license[0] == '\0');
    CHECK(model->description[0] == '\0' && model->source_url[0] == '\0');
    hp_model_release(model);
    gguf_builder_destroy(builder);
}

static void unknown_keys_are_ignored(void)
{
    static const char *const words[2] = {"a", "b"};
    gguf_builder *builder = tiny();

    gguf_put_strings(builder, "tokenizer.ggml.tokens", words, 2);
    gguf_put_raw(builder, "some.flag", 7, "\1", 1);
    expect(builder, HATPOSE_OK, "");
}

static void every_required_key_is_missed_by_name(void)
{
    static const char *const keys[] = {
        "general.architecture", "general.name",        "hatpose.format_version",
        "hatpose.crc32",        KEY("input.channels"), KEY("input.mean"),
        KEY("input.scale"),     KEY("stride"),         KEY("map.heatmaps"),
        KEY("map.pafs"),        KEY("keypoint.names"), KEY("limb.from"),
        KEY("limb.to"),         KEY("limb.paf"),       KEY("value.channels"),
        KEY("op.name"),         KEY("op.kind"),        KEY("op.input"),
        KEY("op.input_first"),  KEY("op.input_count"), KEY("op.addend"),
        KEY("op.addend_first"), KEY("op.output"),      KEY("op.output_first"),
        KEY("op.output_count"), KEY("op.kernel"),      KEY("op.stride"),
        KEY("op.dilation"),     KEY("op.activation")};
    char part[96];

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        snprintf(part, sizeof part, "%s: missing", keys[i]);
        gguf_builder *builder = tiny();
        gguf_remove(builder, keys[i]);
        expect(builder, HATPOSE_E_MODEL_FORMAT, part);
        /* No key is a plain f64. */
        snprintf(part, sizeof part, "%s: ", keys[i]);
        builder = tiny();
        gguf_put_raw(builder, keys[i], 12, "12345678", 8);
        expect(builder, HATPOSE_E_MODEL_FORMAT, part);
        /* Nor an array of no strings. The checksum's four bytes would not
         * fit in there. */
        if (strcmp(keys[i], "hatpose.crc32") == 0)
            continue;
        builder = tiny();
        gguf_put_strings(builder, keys[i], NULL, 0);
        expect(builder, HATPOSE_E_MODEL_FORMAT, part);
    }
}

static void others_and_newer_files_are_told_apart(void)
{
    gguf_builder *builder = tiny();

    gguf_put_string(builder, "general.architecture", "llama");
    expect(builder, HATPOSE_E_MODEL_FORMAT, "architecture llama");
    builder = tiny();
    gguf_put_string(builder, "general.architecture", "llama");
    gguf_remove(builder, "hatpose.crc32");
    expect(builder, HATPOSE_E_MODEL_FORMAT, "architecture llama");
    builder = tiny();
    gguf_put_u32(builder, "hatpose.format_version", 2);
    expect(builder, HATPOSE_E_UNSUPPORTED, "format_version 2");
    builder = tiny();
    gguf_put_u32(builder, "hatpose.format_version", 0);
    expect(builder, HATPOSE_E_UNSUPPORTED, "format_version 0");
}

static void texts_are_one_short_line(void)
{
    static const char *const keys[] = {"general.name", "general.license",
                                       "general.description",
                                       "general.source.url"};
    char text[257] = {0};
    gguf_builder *builder;

    memset(text, 'n', 256);
    for (int i = 0; i < 4; i++) {
        builder = tiny();
        gguf_put_string(builder, keys[i], "two\nlines");
        expect(builder, HATPOSE_E_MODEL_FORMAT, keys[i]);
        builder = tiny();
        gguf_put_string(builder, keys[i], "\xff");
        expect(builder, HATPOSE_E_MODEL_FORMAT, keys[i]);
        builder = tiny();
        gguf_put_string(builder, keys[i], text);
        expect(builder, HATPOSE_E_MODEL_FORMAT, "256 bytes");
        builder = tiny();
        gguf_put_string(builder, keys[i], text + 1);
        expect(builder, HATPOSE_OK, "");
    }
    builder = tiny();
    gguf_put_string(builder, "general.name", "");
    expect(builder, HATPOSE_E_MODEL_FORMAT, "general.name: 0 bytes");
}

static void normalisation_is_checked(void)
{
    static const float scales[][3] = {{1, 1, 0}, {1, -1, 1}};
    const float nan[3] = {0, NAN, 0}, infinite[3] = {1, 1, INFINITY};
    gguf_builder *builder = tiny();

    gguf_put_string(builder, KEY("input.channels"), "bgra");
    expect(builder, HATPOSE_E_MODEL_FORMAT, "input.channels: bgra");
    builder = tiny();
    gguf_put_f32s(builder, KEY("input.mean"), nan, 3);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "input.mean: element 1");
    builder = tiny();
    gguf_put_f32s(builder, KEY("input.mean"), nan, 2);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "input.mean: 2 elements");
    builder = tiny();
    gguf_put_f32s(builder, KEY("input.scale"), infinite, 3);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "input.scale: element 2");
    for (int i = 0; i < 2; i++) {
        builder = tiny();
        gguf_put_f32s(builder, KEY("input.scale"), scales[i], 3);
        expect(builder, HATPOSE_E_MODEL_FORMAT, "is not positive");
    }
    builder = tiny();
    gguf_put_u32(builder, KEY("stride"), 4);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "stride: 4, 8 expected");
}

static void ranges_come_with_both_ends_or_not_at_all(void)
{
    enum { MOST = 256 };
    float low[MOST] = {0}, high[MOST] = {0};
    gguf_builder *builder = tiny();
    hatpose_error err;
    hatpose_model *model = load(builder, &err);
    size_t count = 0, of_first = 0;

    CHECK(model != NULL && model->values[0].low == NULL);
    of_first = (size_t)model->values[0].channels;
    for (int i = 0; i < model->value_count; i++)
        count += (size_t)model->values[i].channels;
    hp_model_release(model);
    CHECK(count > of_first && count < MOST);
    low[of_first] = -2;
    high[count - 1] = 3;
    gguf_put_f32s(builder, KEY("range.low"), low, count);
    gguf_put_f32s(builder, KEY("range.high"), high, count);
    model = load(builder, &err);
    CHECK_MESSAGE(model != NULL, "%s", err.message);
    CHECK(model->values[0].low[0] == 0 && model->values[1].low[0] == -2);
    CHECK(model->values[6].high[model->values[6].channels - 1] == 3);
    hp_model_release(model);
    gguf_put_f32s(builder, KEY("range.high"), high, count - 1);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "range.high");
    builder = tiny();
    gguf_put_f32s(builder, KEY("range.low"), low, count);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "range.high: missing");
    builder = tiny();
    low[of_first] = 1;
    gguf_put_f32s(builder, KEY("range.low"), low, count);
    gguf_put_f32s(builder, KEY("range.high"), high, count);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "do not enclose 0");
}

static void rgb_order_is_read(void)
{
    gguf_builder *builder = tiny();
    hatpose_error err;

    gguf_put_string(builder, KEY("input.channels"), "rgb");
    hatpose_model *model = load(builder, &err);
    CHECK(model != NULL && model->normalisation.rgb);
    hp_model_release(model);
    gguf_builder_destroy(builder);
}

static void skeleton_is_the_librarys(void)
{
    const char *names[HATPOSE_KEYPOINT_COUNT];
    uint32_t numbers[HP_LIMB_COUNT] = {1, 1, 2};
    gguf_builder *builder = tiny();

    for (int i = 0; i < HATPOSE_KEYPOINT_COUNT; i++)
        names[i] = hp_keypoint_names[i];
    names[17] = "left_eyes";
    gguf_put_strings(builder, KEY("keypoint.names"), names, 18);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "name 17 is not left_ear");
    builder = tiny();
    gguf_put_strings(builder, KEY("keypoint.names"), names, 17);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "keypoint.names: 17 elements");
    builder = tiny();
    gguf_put_u32s(builder, KEY("limb.from"), numbers, HP_LIMB_COUNT);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "limb.from: limb 3 is 0-4, 3-4");
    builder = tiny();
    gguf_put_u32s(builder, KEY("limb.to"), numbers, HP_LIMB_COUNT);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "limb.to: limb 0 is 1-1, 1-2");
    builder = tiny();
    numbers[4] = 37;
    gguf_put_u32s(builder, KEY("limb.paf"), numbers, HP_LIMB_COUNT);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "limb.paf: limb 4 has channel 37");
}

/* The numbers of a half by its definition, apart from the loader's way. */
static float half_value(uint32_t bits)
{
    int exponent = (int)(bits >> 10 & 31);
    double mantissa = bits & 1023;
    double magnitude = exponent == 0 ? ldexp(mantissa, -24)
                                     : ldexp(mantissa + 1024, exponent - 25);

    return (float)(bits & 0x8000 ? -magnitude : magnitude);
}

static float bf16_value(uint32_t bits)
{
    int exponent = (int)(bits >> 7 & 255);
    double mantissa = bits & 127;
    double magnitude = exponent == 0 ? ldexp(mantissa, -133)
                                     : ldexp(mantissa + 128, exponent - 134);

    return (float)(bits & 0x8000 ? -magnitude : magnitude);
}

/* The tiny network and a 1x1 convolution with one weight per 16-bit number,
 * those zero that are not finite. */
static gguf_builder *all_numbers(uint32_t type, uint32_t exponent_bits)
{
    static uint16_t numbers[65536];
    static const uint64_t shape[4] = {1, 1, 4096, 16};
    network_file network;

    network_file_init(&network);
    network.values[7] = 4096;
    network.values[8] = 16;
    network.value_count = 9;
    network.ops[7] = (network_op){
        "many", "conv", "none",         5,    0, 8, 0, 0, 7, 0, 4096, 1,
        1,      1,      GGUF_TENSOR_I8, false};
    network.ops[8] = (network_op){"all", "conv", "none", 7, 0, 4096, 0,    0, 8,
                                  0,     16,     1,      1, 1, type, false};
    network.op_count = 9;
    gguf_builder *builder = describe(&network);
    for (uint32_t i = 0; i < 65536; i++)
        numbers[i] = (i & exponent_bits) == exponent_bits ? 0 : (uint16_t)i;
    gguf_put_tensor(builder, "all.weight", type, shape, 4, numbers,
                    sizeof numbers);
    return builder;
}

static void check_all_numbers(uint32_t type, uint32_t exponent_bits,
                              float (*value_of)(uint32_t bits))
{
    static float weight[65536];
    gguf_builder *builder = all_numbers(type, exponent_bits);
    hatpose_error err;
    hatpose_model *model = load(builder, &err);

    CHECK_MESSAGE(model != NULL, "%s", err.message);
    for (int scalar = 0; scalar < 2; scalar++) {
        const hp_rows *rows = hp_rows_select(scalar ? UINT32_MAX : 0);

        for (int output = 0; output < 16; output++)
            hp_weight_row(rows, &model->ops[8], output, weight + 4096 * output);
        for (uint32_t i = 0; i < 65536; i++) {
            bool finite = (i & exponent_bits) != exponent_bits;
            float expected = value_of(finite ? i : 0);
            CHECK_MESSAGE(memcmp(&weight[i], &expected, sizeof expected) == 0,
                          "%04x is %a, not %a", (unsigned)i, (double)weight[i],
                          (double)expected);
        }
    }
    hp_model_release(model);
    gguf_builder_destroy(builder);
}

static void every_half_is_exact(void)
{
    check_all_numbers(GGUF_TENSOR_F16, 0x7c00, half_value);
}

static void every_bf16_is_exact(void)
{
    check_all_numbers(GGUF_TENSOR_BF16, 0x7f80, bf16_value);
}

static void int8_is_scaled_per_output(void)
{
    gguf_builder *builder = tiny();
    hatpose_error err;
    size_t bytes;
    signed char *q = gguf_tensor_data(builder, "dw.weight", &bytes);
    float *scale = gguf_tensor_data(builder, "dw.scale", &bytes);

    q[0] = -128;
    q[1] = 127;
    scale[2] = -0.5f;
    scale[3] = 0;
    hatpose_model *model = load(builder, &err);
    CHECK_MESSAGE(model != NULL, "%s", err.message);
    CHECK(model->ops[DW].weight_type == HP_WEIGHT_I8);
    for (int c = 0; c < 4; c++) {
        float row[9];
        hp_weight_row(hp_rows_select(0), &model->ops[DW], c, row);
        for (int i = 0; i < 9; i++)
            CHECK(row[i] == (float)q[9 * c + i] * scale[c]);
    }
    hp_model_release(model);
    gguf_builder_destroy(builder);
}

static bool lies_in(const void *p, const void *block, size_t bytes)
{
    const unsigned char *at = p, *start = block;

    return at >= start && at < start + bytes;
}

static void weights_stay_where_they_are(void)
{
    network_file network;
    hatpose_model *model;
    size_t bytes;

    network_file_init(&network);
    unsigned char *file = network_file_build(&network, &bytes);
    CHECK(hp_model_from_memory(file, bytes, false, NULL, &model, NULL) ==
          HATPOSE_OK);
    CHECK(model->file == NULL);
    CHECK(lies_in(model->ops[STEM].weight, file, bytes));
    CHECK(lies_in(model->ops[DW].bias, file, bytes));
    CHECK(lies_in(model->ops[DW].weight, file, bytes));
    hp_model_release(model);
    CHECK(hp_model_from_memory(file, bytes, true, NULL, &model, NULL) ==
          HATPOSE_OK);
    CHECK(lies_in(model->ops[STEM].weight, model->file, bytes));
    /* Copied: what the caller does with the bytes is no matter. */
    memset(file, 0xff, bytes);
    CHECK(*(const float *)model->ops[STEM].weight * 0 == 0);
    hp_model_release(model);
    free(file);
}

/* The tiny file with the first element of a tensor replaced. */
static void expect_element(const char *tensor, const void *element,
                           size_t element_bytes, const char *part)
{
    gguf_builder *builder = tiny();
    size_t bytes;
    unsigned char *data = gguf_tensor_data(builder, tensor, &bytes);

    memcpy(data + bytes - element_bytes, element, element_bytes);
    expect(builder, HATPOSE_E_MODEL_FORMAT, part);
}

static void numbers_are_finite(void)
{
    static const float too_large = 1e37f; /* times 128 it overflows */
    static const float nan = NAN, infinite = -INFINITY;

    expect_element("stem.weight", &nan, 4, "stem.weight: a weight");
    expect_element("stem.weight", &infinite, 4, "stem.weight: a weight");
    expect_element("stem.bias", &infinite, 4, "stem.bias: a number");
    expect_element("dw.scale", &nan, 4, "dw.scale: a number");
    expect_element("dw.scale", &too_large, 4, "dw.weight: a weight");
    expect_element("down.weight", "\x00\x7c", 2, "down.weight: a weight");
    expect_element("down.weight", "\x01\xfc", 2, "down.weight: a weight");
    expect_element("wide.weight", "\x80\x7f", 2, "wide.weight: a weight");
    expect_element("wide.weight", "\xff\xff", 2, "wide.weight: a weight");
}

static void tensors_fit_their_operation(void)
{
    static const float numbers[128];
    static const uint64_t turned[4] = {4, 3, 3, 3}, four = 4, five = 5;
    gguf_builder *builder = tiny();

    gguf_put_tensor(builder, "stem.weight", GGUF_TENSOR_F32, turned, 4, numbers,
                    108 * 4);
    expect(builder, HATPOSE_E_MODEL_FORMAT,
           "stem.weight: shape 4 x 3 x 3 x 3, 3 x 3 x 3 x 4 expected");
    builder = tiny();
    gguf_put_tensor(builder, "stem.bias", GGUF_TENSOR_F32, &five, 1, numbers,
                    20);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "stem.bias: shape 5 x 1");
    builder = tiny();
    gguf_put_tensor(builder, "stem.bias", GGUF_TENSOR_F16, &four, 1, numbers,
                    8);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "stem.bias: f32 expected");
    builder = tiny();
    gguf_put_tensor(builder, "dw.scale", GGUF_TENSOR_BF16, &four, 1, numbers,
                    8);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "dw.scale: f32 expected");
    builder = tiny();
    gguf_put_tensor(builder, "dw.scale", GGUF_TENSOR_F32, &five, 1, numbers,
                    20);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "dw.scale: shape 5");
}

static void tensors_are_all_there_and_all_used(void)
{
    static const float numbers[4];
    static const uint64_t four = 4;
    gguf_builder *builder = tiny();

    gguf_remove_tensor(builder, "wide.weight");
    expect(builder, HATPOSE_E_MODEL_FORMAT, "wide.weight: missing");
    builder = tiny();
    gguf_remove_tensor(builder, "dw.scale");
    expect(builder, HATPOSE_E_MODEL_FORMAT, "dw.scale: missing");
    builder = tiny();
    gguf_put_tensor(builder, "stem.scale", GGUF_TENSOR_F32, &four, 1, numbers,
                    16);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "stem.scale: no operation");
    builder = tiny();
    gguf_put_tensor(builder, "sum.bias", GGUF_TENSOR_F32, &four, 1, numbers,
                    16);
    expect(builder, HATPOSE_E_MODEL_FORMAT, "sum.bias: no operation");
    builder = tiny();
    gguf_remove_tensor(builder, "wide.bias");
    expect(builder, HATPOSE_OK, "");
}

static unsigned char *tiny_file(size_t *bytes, size_t *checksum)
{
    gguf_builder *builder = tiny();
    unsigned char *file = gguf_build(builder, bytes);

    *checksum = gguf_crc32_offset(builder);
    gguf_builder_destroy(builder);
    return file;
}

static void checksum_names_both_sums(void)
{
    size_t bytes, checksum;
    unsigned char *file = tiny_file(&bytes, &checksum);
    hatpose_model *model;
    hatpose_error err;
    char part[64];

    snprintf(part, sizeof part, "checksum %02x%02x%02x%02x expected, ",
             file[checksum + 3], file[checksum + 2], file[checksum + 1],
             file[checksum]);
    file[bytes - 1] ^= 1;
    CHECK(hp_model_from_memory(file, bytes, true, NULL, &model, &err) ==
          HATPOSE_E_MODEL_CORRUPT);
    CHECK_MESSAGE(strncmp(err.message, part, strlen(part)) == 0, "%s: %s", part,
                  err.message);
    CHECK(strstr(err.message, " computed") != NULL);
    CHECK(err.offset == checksum);
    free(file);
}

/* How a byte is damaged: one bit, another each byte, or all of it. */
static unsigned char damage(size_t at, int kind)
{
    return (unsigned char)(kind == 0 ? 1 << at % 8 : 0xff);
}

static void a_flip_anywhere_is_found(void)
{
    size_t bytes, checksum;
    unsigned char *file = tiny_file(&bytes, &checksum);

    for (size_t i = 0; i < bytes * 2; i++) {
        unsigned char flip = damage(i / 2, (int)(i % 2));
        hatpose_model *model;
        hatpose_error err = {0};

        file[i / 2] ^= flip;
        hatpose_status status =
            hp_model_from_memory(file, bytes, true, NULL, &model, &err);
        CHECK_MESSAGE(status == HATPOSE_E_MODEL_FORMAT ||
                          status == HATPOSE_E_MODEL_CORRUPT,
                      "byte %zu: %d", i / 2, status);
        CHECK(model == NULL && err.message[0] != '\0');
        file[i / 2] ^= flip;
    }
    free(file);
}

/* With the checksum put right a flip may give another valid model, or any
 * refusal but one that blames the machine. */
static void a_sealed_flip_does_no_harm(void)
{
    size_t bytes, checksum;
    unsigned char *file = tiny_file(&bytes, &checksum);

    for (size_t i = 0; i < bytes * 2; i++) {
        unsigned char flip = damage(i / 2, (int)(i % 2));
        hatpose_model *model;
        hatpose_error err = {0};

        if (i / 2 >= checksum && i / 2 < checksum + 4)
            continue;
        file[i / 2] ^= flip;
        gguf_seal(file, bytes, checksum);
        hatpose_status status =
            hp_model_from_memory(file, bytes, false, NULL, &model, &err);
        CHECK_MESSAGE(status == HATPOSE_OK ||
                          status == HATPOSE_E_MODEL_FORMAT ||
                          status == HATPOSE_E_MODEL_CORRUPT ||
                          status == HATPOSE_E_UNSUPPORTED,
                      "byte %zu: %d", i / 2, status);
        hp_model_release(model);
        file[i / 2] ^= flip;
    }
    free(file);
}

static void a_cut_anywhere_says_so(void)
{
    size_t bytes, checksum;
    unsigned char *file = tiny_file(&bytes, &checksum);

    for (size_t cut = 0; cut < bytes; cut++) {
        hatpose_model *model;
        hatpose_error err = {0};
        char size[32];
        hatpose_status status =
            hp_model_from_memory(file, cut, true, NULL, &model, &err);

        CHECK(status ==
              (cut == 0 ? HATPOSE_E_MODEL_FORMAT : HATPOSE_E_MODEL_CORRUPT));
        snprintf(size, sizeof size, "after %zu ", cut);
        CHECK_MESSAGE(cut == 0 || strstr(err.message, size) != NULL,
                      "cut at %zu: %s", cut, err.message);
        CHECK(model == NULL);
    }
    free(file);
}

static void every_refused_allocation_is_an_error(void)
{
    size_t bytes, checksum;
    unsigned char *file = tiny_file(&bytes, &checksum);
    hatpose_model *model;
    ledger book;
    hatpose_host host = host_of(&book);
    long refused = 0;

    for (;; refused++) {
        hatpose_error err = {0};
        book = (ledger){.refused = refused};
        hatpose_status status =
            hp_model_from_memory(file, bytes, true, &host, &model, &err);
        if (status == HATPOSE_OK)
            break;
        CHECK_MESSAGE(status == HATPOSE_E_MEMORY, "%ld: %d", refused, status);
        CHECK(strstr(err.message, "no memory for") != NULL);
        CHECK(model == NULL && book.live == 0);
    }
    /* model, file, keys, tensors, values, ops, check, two lists */
    CHECK_MESSAGE(refused == 9, "%ld", refused);
    hp_model_release(model);
    CHECK(book.live == 0);
    free(file);
}

static void the_last_release_ends_it(void)
{
    size_t bytes, checksum;
    unsigned char *file = tiny_file(&bytes, &checksum);
    hatpose_model *model;
    ledger book;
    hatpose_host host = host_of(&book);

    CHECK(hp_model_from_memory(file, bytes, true, &host, &model, NULL) ==
          HATPOSE_OK);
    hp_model_retain(model);
    hp_model_release(model);
    CHECK(book.live > 0 && strcmp(model->name, "tiny") == 0);
    hp_model_release(model);
    CHECK(book.live == 0);
    hp_model_release(NULL);
    free(file);
}

/* A folder of our own, removed at the end. */
static char folder[] = "/tmp/hatpose_test_model_XXXXXX";

static const char *path_of(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const void *data, size_t bytes)
{
    FILE *file = fopen(path_of(name), "wb");

    CHECK(file != NULL && fwrite(data, 1, bytes, file) == bytes);
    CHECK(fclose(file) == 0);
}

/* The message starts with the path. */
static void expect_path(const char *path, hatpose_status wanted,
                        const char *part)
{
    hatpose_model *model;
    hatpose_error err = {0};
    ledger book;
    hatpose_host host = host_of(&book);
    hatpose_status status = hp_model_from_file(path, &host, &model, &err);

    CHECK_MESSAGE(status == wanted && err.status == wanted,
                  "%d instead of %d: %s", status, wanted, err.message);
    CHECK(model == NULL && book.live == 0);
    CHECK_MESSAGE(strncmp(err.message, path, strlen(path)) == 0, "%s",
                  err.message);
    CHECK_MESSAGE(strstr(err.message, part) != NULL, "'%s' lacks '%s'",
                  err.message, part);
}

static void a_file_loads(void)
{
    size_t bytes, checksum;
    unsigned char *file = tiny_file(&bytes, &checksum);
    hatpose_model *model;
    hatpose_error err = {0};

    write_file("m\xc3\xb6"
               "del.gguf",
               file, bytes);
    CHECK(hp_model_from_file(path_of("m\xc3\xb6"
                                     "del.gguf"),
                             NULL, &model, &err) == HATPOSE_OK);
    CHECK_MESSAGE(model != NULL, "%s", err.message);
    CHECK(model->file_bytes == bytes);
    hp_model_release(model);
    unlink(path_of("m\xc3\xb6"
                   "del.gguf"));
    file[bytes / 2] ^= 1;
    write_file("damaged.gguf", file, bytes);
    expect_path(path_of("damaged.gguf"), HATPOSE_E_MODEL_CORRUPT, "checksum");
    write_file("damaged.gguf", file, bytes / 2);
    expect_path(path_of("damaged.gguf"), HATPOSE_E_MODEL_CORRUPT,
                "file ends after");
    write_file("damaged.gguf", "", 0);
    expect_path(path_of("damaged.gguf"), HATPOSE_E_MODEL_FORMAT,
                "not a GGUF file: it is empty");
    write_file("damaged.gguf", "a poem\n", 7);
    expect_path(path_of("damaged.gguf"), HATPOSE_E_MODEL_FORMAT,
                "not a GGUF file");
    unlink(path_of("damaged.gguf"));
    free(file);
}

static void what_is_no_file_is_named(void)
{
    expect_path(path_of("nowhere.gguf"), HATPOSE_E_IO,
                "No such file or directory");
    expect_path("", HATPOSE_E_IO, "No such file or directory");
    expect_path(folder, HATPOSE_E_IO, "is a folder");
    expect_path("/dev/null", HATPOSE_E_IO, "device");
    CHECK(mkfifo(path_of("pipe"), 0600) == 0);
    expect_path(path_of("pipe"), HATPOSE_E_IO, "is a pipe");
    unlink(path_of("pipe"));
}

static void unreadable_file_gives_the_systems_reason(void)
{
    uid_t user = geteuid();

    write_file("secret.gguf", "GGUF", 4);
    CHECK(chmod(path_of("secret.gguf"), 0) == 0);
    /* root may read everything: be nobody for a moment. */
    CHECK(user != 0 || seteuid(65534) == 0);
    expect_path(path_of("secret.gguf"), HATPOSE_E_IO, "Permission denied");
    CHECK(user != 0 || seteuid(0) == 0);
    unlink(path_of("secret.gguf"));
}

static void over_a_gibibyte_is_refused_unread(void)
{
    int file = open(path_of("huge"), O_WRONLY | O_CREAT, 0600);

    /* A file with a hole: it takes no room. */
    CHECK(file >= 0 && ftruncate(file, (off_t)(1 << 30) + 1) == 0);
    close(file);
    expect_path(path_of("huge"), HATPOSE_E_MODEL_FORMAT,
                "1073741825 bytes, at most 1073741824");
    unlink(path_of("huge"));
    hatpose_model *model;
    CHECK(hp_model_from_memory("", (size_t)(1 << 30) + 1, true, NULL, &model,
                               NULL) == HATPOSE_E_MODEL_FORMAT);
}

static void of_a_long_path_the_end_is_shown(void)
{
    hatpose_model *model;
    hatpose_error err = {0};
    char path[400];

    memset(path, 'p', sizeof path);
    snprintf(path + 300, 100, "/there.gguf");
    CHECK(hp_model_from_file(path, NULL, &model, &err) == HATPOSE_E_IO);
    CHECK(strncmp(err.message, "...ppp", 6) == 0);
    CHECK_MESSAGE(strstr(err.message, "p/there.gguf: cannot be opened: File "
                                      "name too long") != NULL,
                  "%s", err.message);
}

static void every_refused_allocation_of_a_file_is_an_error(void)
{
    size_t bytes, checksum;
    unsigned char *file = tiny_file(&bytes, &checksum);
    hatpose_model *model;
    ledger book;
    hatpose_host host = host_of(&book);
    long refused = 0;

    write_file("tiny.gguf", file, bytes);
    for (;; refused++) {
        hatpose_error err = {0};
        book = (ledger){.refused = refused};
        hatpose_status status =
            hp_model_from_file(path_of("tiny.gguf"), &host, &model, &err);
        if (status == HATPOSE_OK)
            break;
        CHECK_MESSAGE(status == HATPOSE_E_MEMORY, "%ld: %d", refused, status);
        CHECK(strncmp(err.message, folder, strlen(folder)) == 0);
        CHECK(model == NULL && book.live == 0);
    }
    CHECK_MESSAGE(refused == 9, "%ld", refused);
    hp_model_release(model);
    CHECK(book.live == 0);
    unlink(path_of("tiny.gguf"));
    free(file);
}

static hatpose_model *load_written(const char *name, ledger *book)
{
    size_t bytes, checksum;
    unsigned char *file = tiny_file(&bytes, &checksum);
    hatpose_host host = host_of(book);
    hatpose_model *model;

    write_file(name, file, bytes);
    CHECK(hp_model_from_file(path_of(name), &host, &model, NULL) == HATPOSE_OK);
    free(file);
    return model;
}

static void weights_of_a_file_come_back(void)
{
    ledger book;
    hatpose_model *model = load_written("tiny.gguf", &book);
    const hp_op *op = &model->ops[HEATMAPS];
    const long live = book.live;
    float before[64], after[64];

    CHECK(op->input_count * op->kernel * op->kernel <= 64 && op->bias != NULL);
    hp_weight_row(hp_rows_select(0), op, 1, before);
    const float bias = op->bias[1];
    CHECK(hp_model_open_weights(model, NULL) == HATPOSE_OK);
    CHECK(book.live == live);
    hp_model_close_weights(model);
    CHECK(book.live == live - 1 && model->file == NULL);
    /* The name may be another file's by then, or nobody's. */
    unlink(path_of("tiny.gguf"));
    write_file("tiny.gguf", "another", 7);
    CHECK(hp_model_open_weights(model, NULL) == HATPOSE_OK);
    CHECK(book.live == live);
    memset(after, 0xff, sizeof after);
    hp_weight_row(hp_rows_select(0), op, 1, after);
    CHECK(memcmp(before, after,
                 sizeof(float) *
                     (size_t)(op->input_count * op->kernel * op->kernel)) == 0);
    CHECK(op->bias[1] == bias);
    CHECK(model->ops[SUM].weight == NULL && model->ops[SUM].bias == NULL);
    hp_model_release(model);
    CHECK(book.live == 0);
    unlink(path_of("tiny.gguf"));
}

static void expect_lost(hatpose_model *model, const char *part)
{
    hatpose_error err = {0};

    hp_model_close_weights(model);
    CHECK(hp_model_open_weights(model, &err) == HATPOSE_E_IO);
    CHECK(err.status == HATPOSE_E_IO && model->file == NULL);
    CHECK(strncmp(err.message, model->name, strlen(model->name)) == 0);
    CHECK_MESSAGE(strstr(err.message, part) != NULL, "'%s' lacks '%s'",
                  err.message, part);
}

static void a_file_that_changes_is_noticed(void)
{
    ledger book;
    hatpose_model *model = load_written("tiny.gguf", &book);
    const char *path = path_of("tiny.gguf");
    int file = open(path, O_RDWR);
    unsigned char last = 0;
    off_t end = lseek(file, -1, SEEK_END);

    CHECK(end > 0 && pread(file, &last, 1, end) == 1);
    last ^= 1;
    CHECK(pwrite(file, &last, 1, end) == 1);
    expect_lost(model, "has changed since it was loaded");
    last ^= 1;
    CHECK(pwrite(file, &last, 1, end) == 1);
    CHECK(hp_model_open_weights(model, NULL) == HATPOSE_OK);
    CHECK(ftruncate(file, end) == 0);
    expect_lost(model, "file ended after");
    /* A program that closes what it does not know keeps what it opens. */
    int other = open("/dev/null", O_RDONLY);
    CHECK(other >= 0 && dup2(other, model->on_disk.descriptor) >= 0);
    expect_lost(model, "closed by somebody else");
    int descriptor = model->on_disk.descriptor;
    hp_model_release(model);
    CHECK(book.live == 0);
    CHECK(fcntl(descriptor, F_GETFD) >= 0);
    close(descriptor);
    close(other);
    close(file);
    unlink(path_of("tiny.gguf"));
}

static void run_files(void)
{
    RUN(weights_of_a_file_come_back);
    RUN(a_file_that_changes_is_noticed);
    RUN(a_file_loads);
    RUN(what_is_no_file_is_named);
    RUN(unreadable_file_gives_the_systems_reason);
    RUN(over_a_gibibyte_is_refused_unread);
    RUN(of_a_long_path_the_end_is_shown);
    RUN(every_refused_allocation_of_a_file_is_an_error);
}

int main(void)
{
    RUN(tiny_model_is_what_the_file_says);
    RUN(optional_texts_may_be_missing);
    RUN(unknown_keys_are_ignored);
    RUN(every_required_key_is_missed_by_name);
    RUN(others_and_newer_files_are_told_apart);
    RUN(texts_are_one_short_line);
    RUN(normalisation_is_checked);
    RUN(ranges_come_with_both_ends_or_not_at_all);
    RUN(rgb_order_is_read);
    RUN(skeleton_is_the_librarys);
    RUN(every_half_is_exact);
    RUN(every_bf16_is_exact);
    RUN(int8_is_scaled_per_output);
    RUN(weights_stay_where_they_are);
    RUN(numbers_are_finite);
    RUN(tensors_fit_their_operation);
    RUN(tensors_are_all_there_and_all_used);
    RUN(checksum_names_both_sums);
    RUN(a_flip_anywhere_is_found);
    RUN(a_sealed_flip_does_no_harm);
    RUN(a_cut_anywhere_says_so);
    RUN(every_refused_allocation_is_an_error);
    RUN(the_last_release_ends_it);
    if (mkdtemp(folder) == NULL) {
        fprintf(stderr, "%s: cannot be made\n", folder);
        return 1;
    }
    run_files();
    rmdir(folder);
    CHECK_EXIT();
}
