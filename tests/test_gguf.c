/* test_gguf.c - the reader takes what GGUF v3 allows and nothing that points
 * outside the file, contradicts itself or costs more than it should. */
#include "model/gguf.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "gguf_builder.h"

static const uint64_t four = 4;
static const float numbers[4] = {1.5f, -2, 0.25f, 8};

/* Opens and closes the bytes; the error is the caller's to look at. */
static hatpose_status open_bytes(const void *data, size_t bytes,
                                 hatpose_error *err)
{
    hp_memory memory;
    hp_gguf gguf;

    memset(err, 0, sizeof *err);
    hp_memory_init(&memory, NULL, 0);
    hatpose_status status = hp_gguf_open(&memory, data, bytes, &gguf, err);
    if (status == HATPOSE_OK)
        hp_gguf_close(&memory, &gguf);
    CHECK(atomic_load(&memory.used_bytes) == 0);
    CHECK(status == err->status);
    return status;
}

static void expect(const void *data, size_t bytes, hatpose_status wanted,
                   const char *part)
{
    hatpose_error err;
    hatpose_status status = open_bytes(data, bytes, &err);

    CHECK_MESSAGE(status == wanted, "%d instead of %d: %s", status, wanted,
                  err.message);
    CHECK_MESSAGE(strstr(err.message, part) != NULL, "'%s' lacks '%s'",
                  err.message, part);
}

/* Builds, expects, and ends the builder's life. */
static void expect_built(gguf_builder *builder, hatpose_status wanted,
                         const char *part)
{
    size_t bytes;
    unsigned char *file = gguf_build(builder, &bytes);

    expect(file, bytes, wanted, part);
    free(file);
    gguf_builder_destroy(builder);
}

/* Two keys, two tensors of four floats. */
static gguf_builder *small_file(void)
{
    static const char *const words[3] = {"one", "", "three"};
    gguf_builder *builder = gguf_builder_create();

    gguf_put_u32(builder, "answer", 42);
    gguf_put_strings(builder, "words", words, 3);
    gguf_put_tensor(builder, "first", GGUF_TENSOR_F32, &four, 1, numbers,
                    sizeof numbers);
    gguf_put_tensor(builder, "second", GGUF_TENSOR_F32, &four, 1, numbers,
                    sizeof numbers);
    return builder;
}

static void keys_and_tensors_are_found(void)
{
    gguf_builder *builder = small_file();
    size_t bytes;
    unsigned char *file = gguf_build(builder, &bytes);
    hp_memory memory;
    hp_gguf gguf;

    hp_memory_init(&memory, NULL, 0);
    CHECK(hp_gguf_open(&memory, file, bytes, &gguf, NULL) == HATPOSE_OK);
    const hp_gguf_value *answer = hp_gguf_find_value(&gguf, "answer");
    CHECK(answer != NULL && answer->type == HP_GGUF_U32 && !answer->is_array);
    CHECK(hp_gguf_u32_at(answer, 0) == 42);
    CHECK(answer->data == file + answer->offset_bytes);
    const hp_gguf_value *words = hp_gguf_find_value(&gguf, "words");
    CHECK(words != NULL && words->is_array && words->count == 3);
    hp_gguf_string third = hp_gguf_string_at(words, 2);
    CHECK(third.bytes == 5 && memcmp(third.text, "three", 5) == 0);
    CHECK(hp_gguf_string_at(words, 1).bytes == 0);
    CHECK(hp_gguf_find_value(&gguf, "word") == NULL);
    const hp_gguf_tensor *second = hp_gguf_find_tensor(&gguf, "second");
    CHECK(second != NULL && second->element_count == 4);
    CHECK(second->bytes == sizeof numbers && second->dimensions[3] == 1);
    CHECK(second->data == file + second->offset_bytes);
    CHECK(memcmp(second->data, numbers, sizeof numbers) == 0);
    CHECK(hp_gguf_find_tensor(&gguf, "third") == NULL);
    hp_gguf_close(&memory, &gguf);
    CHECK(atomic_load(&memory.used_bytes) == 0);
    free(file);
    gguf_builder_destroy(builder);
}

static void every_type_is_skipped_by_its_size(void)
{
    static const unsigned char sizes[13] = {1, 1, 2, 2, 4, 4, 4,
                                            1, 0, 0, 8, 8, 8};
    const unsigned char zeros[8] = {0};
    gguf_builder *builder = gguf_builder_create();

    for (uint32_t type = 0; type < 13; type++) {
        char key[16];
        snprintf(key, sizeof key, "type %u", (unsigned)type);
        if (sizes[type] > 0)
            gguf_put_raw(builder, key, type, zeros, sizes[type]);
    }
    gguf_put_u32(builder, "last", 7);
    expect_built(builder, HATPOSE_OK, "");
}

static void empty_arrays_and_files_are_fine(void)
{
    gguf_builder *builder = gguf_builder_create();

    expect_built(builder, HATPOSE_OK, "");
    builder = gguf_builder_create();
    gguf_put_u32s(builder, "nothing", NULL, 0);
    gguf_put_strings(builder, "no words", NULL, 0);
    expect_built(builder, HATPOSE_OK, "");
}

static void other_files_are_named_as_such(void)
{
    gguf_builder *builder = small_file();
    size_t bytes;
    unsigned char *file = gguf_build(builder, &bytes);

    expect(file, 0, HATPOSE_E_MODEL_FORMAT, "not a GGUF file: it is empty");
    expect(file, 3, HATPOSE_E_MODEL_CORRUPT, "file ends after 3 bytes");
    expect(file, 23, HATPOSE_E_MODEL_CORRUPT, "file ends after 23 bytes");
    file[4] = 2;
    expect(file, bytes, HATPOSE_E_MODEL_FORMAT, "version 2");
    file[4] = 0, file[7] = 3;
    expect(file, bytes, HATPOSE_E_MODEL_FORMAT, "big-endian");
    file[0] = 'P';
    expect(file, bytes, HATPOSE_E_MODEL_FORMAT, "not a GGUF file");
    expect(file, 2, HATPOSE_E_MODEL_FORMAT, "not a GGUF file");
    free(file);
    gguf_builder_destroy(builder);
}

static void cut_files_say_where(void)
{
    gguf_builder *builder = small_file();
    size_t bytes;
    unsigned char *file = gguf_build(builder, &bytes);

    for (size_t cut = 0; cut < bytes; cut++) {
        /* A block of its own, so that a sanitizer sees a byte too far. */
        void *part = NULL;
        hatpose_error err;
        char size[32];

        CHECK(posix_memalign(&part, 64, cut + (cut == 0)) == 0);
        memcpy(part, file, cut);
        hatpose_status status = open_bytes(part, cut, &err);
        CHECK_MESSAGE(status == (cut == 0 ? HATPOSE_E_MODEL_FORMAT
                                          : HATPOSE_E_MODEL_CORRUPT),
                      "cut at %zu: %s", cut, err.message);
        snprintf(size, sizeof size, "after %zu ", cut);
        CHECK_MESSAGE(cut == 0 || strstr(err.message, size) != NULL,
                      "cut at %zu: %s", cut, err.message);
        free(part);
    }
    expect(file, bytes - 1, HATPOSE_E_MODEL_CORRUPT, "second is cut off");
    free(file);
    gguf_builder_destroy(builder);
}

static void hostile_counts_cost_nothing(void)
{
    gguf_builder *builder = small_file();
    size_t bytes;
    unsigned char *file = gguf_build(builder, &bytes);

    memset(file + 8, 0xff, 8);
    expect(file, bytes, HATPOSE_E_MODEL_CORRUPT,
           "18446744073709551615 tensors claimed");
    memset(file + 16, 0xff, 8);
    expect(file, bytes, HATPOSE_E_MODEL_CORRUPT,
           "18446744073709551615 keys claimed");
    free(file);
    gguf_builder_destroy(builder);
}

/* A value whose bytes claim `count` elements of the type. */
static void put_claim(gguf_builder *builder, uint32_t type, uint64_t count)
{
    unsigned char payload[16] = {0};

    memcpy(payload, &type, sizeof type);
    memcpy(payload + 4, &count, sizeof count);
    gguf_put_raw(builder, "claim", 9, payload, sizeof payload);
}

static void array_counts_are_checked(void)
{
    static const uint64_t counts[] = {5, UINT64_MAX, UINT64_MAX / 4 + 2};

    for (int i = 0; i < 3; i++) {
        gguf_builder *builder = gguf_builder_create();
        put_claim(builder, 4, counts[i]);
        expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "claim has");
        builder = gguf_builder_create();
        put_claim(builder, 8, counts[i]);
        expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "file ends after");
    }
}

static void nested_arrays_and_unknown_types_are_refused(void)
{
    gguf_builder *builder = small_file();

    put_claim(builder, 9, 0);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "claim: array of type 9");
    builder = small_file();
    put_claim(builder, 13, 0);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "claim: array of type 13");
    builder = small_file();
    gguf_put_raw(builder, "odd", 77, "", 0);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "odd: value of type 77");
}

static void strings_must_end_inside(void)
{
    static const uint64_t sizes[] = {1000, UINT64_MAX, UINT64_MAX - 40};

    for (int i = 0; i < 3; i++) {
        gguf_builder *builder = small_file();
        gguf_put_raw(builder, "text", 8, &sizes[i], 8);
        expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "key 3 of 3 needs");
    }
}

static void names_appear_once_and_are_not_empty(void)
{
    gguf_builder *builder = small_file();

    gguf_duplicate(builder, "words");
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "key words is there twice");
    builder = small_file();
    gguf_duplicate_tensor(builder, "first");
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT,
                 "tensor first is there twice");
    builder = small_file();
    gguf_put_u32(builder, "", 1);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "key 3 of 3: name of 0");
    builder = small_file();
    gguf_put_tensor(builder, "", GGUF_TENSOR_F32, &four, 1, numbers, 16);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "tensor 3 of 3: name of 0");
}

static void long_names_are_cut_in_messages(void)
{
    gguf_builder *builder = small_file();
    char *name = malloc(70001);

    CHECK(name != NULL);
    memset(name, 'k', 70000);
    name[70000] = '\0';
    gguf_put_u32(builder, name, 1);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "name of 70000 bytes");
    name[60000] = '\0';
    builder = small_file();
    gguf_put_raw(builder, name, 50, "", 0);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "kkk: value of type 50");
    free(name);
}

static void names_of_any_bytes_give_one_line(void)
{
    gguf_builder *builder = small_file();
    hatpose_error err;
    size_t bytes;

    gguf_put_raw(builder, "bad\n\x1b[31m\xff\xc3z", 50, "", 0);
    unsigned char *file = gguf_build(builder, &bytes);
    open_bytes(file, bytes, &err);
    CHECK_MESSAGE(
        strcmp(err.message, "bad??[31m??z: value of type 50 is not known") == 0,
        "%s", err.message);
    free(file);
    gguf_builder_destroy(builder);
}

static void dimensions_are_checked(void)
{
    static const uint64_t shapes[][4] = {
        {4, 0, 1, 1}, {UINT64_MAX, 2, 1, 1}, {1u << 31, 1u << 31, 4, 1}};
    static const uint64_t five[5] = {1, 1, 1, 1, 4};
    /* The elements can be counted, their bytes cannot. */
    static const uint64_t huge = (uint64_t)1 << 62;
    gguf_builder *builder;

    for (int i = 0; i < 3; i++) {
        builder = small_file();
        gguf_put_tensor(builder, "odd", GGUF_TENSOR_F32, shapes[i], 4, numbers,
                        sizeof numbers);
        expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "odd: ");
    }
    builder = small_file();
    gguf_put_tensor(builder, "odd", GGUF_TENSOR_F32, five, 5, numbers, 16);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "odd: 5 dimensions");
    builder = small_file();
    gguf_put_tensor(builder, "odd", GGUF_TENSOR_F32, five, 0, numbers, 16);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "odd: 0 dimensions");
    builder = small_file();
    gguf_put_tensor(builder, "odd", GGUF_TENSOR_F32, &huge, 1, numbers, 16);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT,
                 "odd: 4611686018427387904 elements");
    builder = small_file();
    gguf_put_tensor(builder, "odd", GGUF_TENSOR_I8, &huge, 1, numbers, 16);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "tensor odd is cut off");
}

static void tensors_lie_apart_inside_the_file(void)
{
    gguf_builder *builder = small_file();

    gguf_move_tensor(builder, "second", 0);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "overlap");
    builder = small_file();
    gguf_set_alignment(builder, 8);
    gguf_put_u32(builder, "general.alignment", 8);
    gguf_move_tensor(builder, "second", 8);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "overlap");
    builder = small_file();
    gguf_move_tensor(builder, "second", 33);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "second: offset 33");
    builder = small_file();
    gguf_move_tensor(builder, "second", 4096);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "second is cut off");
    builder = small_file();
    gguf_move_tensor(builder, "second", UINT64_MAX - 31);
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "second is cut off");
}

static void tensor_types_of_others_are_named(void)
{
    gguf_builder *builder = small_file();

    gguf_put_tensor(builder, "odd", 12, &four, 1, numbers, sizeof numbers);
    expect_built(builder, HATPOSE_E_MODEL_FORMAT, "odd: tensor type 12");
}

static void alignment_is_a_power_of_two_in_range(void)
{
    static const uint32_t wrong[] = {0, 4, 24, 8192, UINT32_MAX};
    gguf_builder *builder;

    for (int i = 0; i < 5; i++) {
        builder = small_file();
        gguf_put_u32(builder, "general.alignment", wrong[i]);
        expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "general.alignment");
    }
    builder = small_file();
    gguf_put_string(builder, "general.alignment", "32");
    expect_built(builder, HATPOSE_E_MODEL_CORRUPT, "general.alignment: u32");
    for (uint32_t right = 8; right <= 4096; right *= 8) {
        builder = small_file();
        gguf_put_u32(builder, "general.alignment", right);
        gguf_set_alignment(builder, right);
        expect_built(builder, HATPOSE_OK, "");
    }
}

/* The most keys that are allowed, with long names that differ at the end:
 * a comparison of all with all would take hours. */
static void many_long_names_are_quick(void)
{
    enum { COUNT = 65536, NAME = 400, ENTRY = 8 + NAME + 4 + 1 };
    size_t bytes = 24 + (size_t)COUNT * ENTRY;
    void *block = NULL;

    CHECK(posix_memalign(&block, 64, bytes) == 0);
    unsigned char *file = block;
    memset(file, 0, bytes);
    memcpy(file, "GGUF\3", 5);
    file[18] = 1; /* 65536 keys */
    for (size_t i = 0; i < COUNT; i++) {
        unsigned char *entry = file + 24 + i * ENTRY;
        entry[0] = NAME & 255;
        entry[1] = NAME >> 8;
        memset(entry + 8, 'k', NAME);
        entry[8 + NAME - 2] = (unsigned char)(i >> 8);
        entry[8 + NAME - 1] = (unsigned char)i;
    }
    expect(file, bytes, HATPOSE_OK, "");
    /* The last two equal. */
    file[bytes - 6] = 0xfe;
    expect(file, bytes, HATPOSE_E_MODEL_CORRUPT, "is there twice");
    free(file);
}

int main(void)
{
    RUN(keys_and_tensors_are_found);
    RUN(every_type_is_skipped_by_its_size);
    RUN(empty_arrays_and_files_are_fine);
    RUN(other_files_are_named_as_such);
    RUN(cut_files_say_where);
    RUN(hostile_counts_cost_nothing);
    RUN(array_counts_are_checked);
    RUN(nested_arrays_and_unknown_types_are_refused);
    RUN(strings_must_end_inside);
    RUN(names_appear_once_and_are_not_empty);
    RUN(long_names_are_cut_in_messages);
    RUN(names_of_any_bytes_give_one_line);
    RUN(dimensions_are_checked);
    RUN(tensors_lie_apart_inside_the_file);
    RUN(tensor_types_of_others_are_named);
    RUN(alignment_is_a_power_of_two_in_range);
    RUN(many_long_names_are_quick);
    CHECK_EXIT();
}
