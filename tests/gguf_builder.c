/* gguf_builder.c - writes GGUF v3 files in memory for tests. */
#include "gguf_builder.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { TYPE_U32 = 4, TYPE_F32 = 6, TYPE_STRING = 8, TYPE_ARRAY = 9 };

typedef struct bytes {
    unsigned char *data;
    size_t count, capacity;
} bytes;

typedef struct entry {
    char *key;
    uint32_t type;
    bytes payload;
} entry;

typedef struct tensor {
    char *name;
    uint32_t type, dimension_count;
    uint64_t dimensions[8];
    bool moved;
    uint64_t offset; /* claimed, when moved */
    bytes data;
} tensor;

struct gguf_builder {
    entry *entries;
    size_t entry_count;
    tensor *tensors;
    size_t tensor_count;
    size_t alignment;
    size_t crc32_offset;
};

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "gguf_builder: %s\n", what);
    exit(2);
}

static void append(bytes *to, const void *data, size_t count)
{
    if (to->count + count > to->capacity) {
        to->capacity = (to->count + count) * 2;
        to->data = realloc(to->data, to->capacity);
        require(to->data != NULL, "no memory");
    }
    if (count > 0)
        memcpy(to->data + to->count, data, count);
    to->count += count;
}

static void append_u32(bytes *to, uint32_t value)
{
    unsigned char raw[4];

    for (int i = 0; i < 4; i++)
        raw[i] = (unsigned char)(value >> (8 * i));
    append(to, raw, sizeof raw);
}

static void append_u64(bytes *to, uint64_t value)
{
    append_u32(to, (uint32_t)value);
    append_u32(to, (uint32_t)(value >> 32));
}

static void append_string(bytes *to, const char *text)
{
    append_u64(to, strlen(text));
    append(to, text, strlen(text));
}

static void append_zeros(bytes *to, size_t alignment)
{
    while (to->count % alignment != 0)
        append(to, "", 1);
}

static char *copy_text(const char *text)
{
    char *copy = malloc(strlen(text) + 1);

    require(copy != NULL, "no memory");
    return strcpy(copy, text);
}

gguf_builder *gguf_builder_create(void)
{
    gguf_builder *builder = calloc(1, sizeof *builder);

    require(builder != NULL, "no memory");
    builder->alignment = 32;
    return builder;
}

static void release_entry(entry *e)
{
    free(e->key);
    free(e->payload.data);
}

static void release_tensor(tensor *t)
{
    free(t->name);
    free(t->data.data);
}

void gguf_builder_destroy(gguf_builder *builder)
{
    for (size_t i = 0; i < builder->entry_count; i++)
        release_entry(&builder->entries[i]);
    for (size_t i = 0; i < builder->tensor_count; i++)
        release_tensor(&builder->tensors[i]);
    free(builder->entries);
    free(builder->tensors);
    free(builder);
}

static entry *find_entry(gguf_builder *builder, const char *key)
{
    for (size_t i = 0; i < builder->entry_count; i++)
        if (strcmp(builder->entries[i].key, key) == 0)
            return &builder->entries[i];
    return NULL;
}

static entry *add_entry(gguf_builder *builder, const char *key)
{
    builder->entries =
        realloc(builder->entries, (builder->entry_count + 1) * sizeof(entry));
    require(builder->entries != NULL, "no memory");
    entry *e = &builder->entries[builder->entry_count++];
    memset(e, 0, sizeof *e);
    e->key = copy_text(key);
    return e;
}

void gguf_put_raw(gguf_builder *builder, const char *key, uint32_t type,
                  const void *payload, size_t count)
{
    entry *e = find_entry(builder, key);

    if (e == NULL)
        e = add_entry(builder, key);
    e->type = type;
    e->payload.count = 0;
    append(&e->payload, payload, count);
}

/* Takes over what is in payload. */
static void put_bytes(gguf_builder *builder, const char *key, uint32_t type,
                      bytes *payload)
{
    gguf_put_raw(builder, key, type, payload->data, payload->count);
    free(payload->data);
}

void gguf_put_u32(gguf_builder *builder, const char *key, uint32_t value)
{
    bytes payload = {0};

    append_u32(&payload, value);
    put_bytes(builder, key, TYPE_U32, &payload);
}

void gguf_put_u32s(gguf_builder *builder, const char *key,
                   const uint32_t *values, size_t count)
{
    bytes payload = {0};

    append_u32(&payload, TYPE_U32);
    append_u64(&payload, count);
    for (size_t i = 0; i < count; i++)
        append_u32(&payload, values[i]);
    put_bytes(builder, key, TYPE_ARRAY, &payload);
}

void gguf_put_f32s(gguf_builder *builder, const char *key, const float *values,
                   size_t count)
{
    bytes payload = {0};

    append_u32(&payload, TYPE_F32);
    append_u64(&payload, count);
    append(&payload, values, count * sizeof *values);
    put_bytes(builder, key, TYPE_ARRAY, &payload);
}

void gguf_put_string(gguf_builder *builder, const char *key, const char *text)
{
    bytes payload = {0};

    append_string(&payload, text);
    put_bytes(builder, key, TYPE_STRING, &payload);
}

void gguf_put_strings(gguf_builder *builder, const char *key,
                      const char *const *texts, size_t count)
{
    bytes payload = {0};

    append_u32(&payload, TYPE_STRING);
    append_u64(&payload, count);
    for (size_t i = 0; i < count; i++)
        append_string(&payload, texts[i]);
    put_bytes(builder, key, TYPE_ARRAY, &payload);
}

void gguf_remove(gguf_builder *builder, const char *key)
{
    entry *e = find_entry(builder, key);

    require(e != NULL, key);
    release_entry(e);
    size_t index = (size_t)(e - builder->entries);
    builder->entry_count--;
    memmove(e, e + 1, (builder->entry_count - index) * sizeof *e);
}

void gguf_duplicate(gguf_builder *builder, const char *key)
{
    require(find_entry(builder, key) != NULL, key);
    entry *copy = add_entry(builder, key);
    const entry *e = find_entry(builder, key);
    copy->type = e->type;
    append(&copy->payload, e->payload.data, e->payload.count);
}

static tensor *find_tensor(gguf_builder *builder, const char *name)
{
    for (size_t i = 0; i < builder->tensor_count; i++)
        if (strcmp(builder->tensors[i].name, name) == 0)
            return &builder->tensors[i];
    return NULL;
}

static tensor *add_tensor(gguf_builder *builder, const char *name)
{
    builder->tensors =
        realloc(builder->tensors, (builder->tensor_count + 1) * sizeof(tensor));
    require(builder->tensors != NULL, "no memory");
    tensor *t = &builder->tensors[builder->tensor_count++];
    memset(t, 0, sizeof *t);
    t->name = copy_text(name);
    return t;
}

void gguf_put_tensor(gguf_builder *builder, const char *name, uint32_t type,
                     const uint64_t *dimensions, uint32_t dimension_count,
                     const void *data, size_t count)
{
    tensor *t = find_tensor(builder, name);

    if (t == NULL)
        t = add_tensor(builder, name);
    require(dimension_count <= 8, "too many dimensions");
    t->type = type;
    t->dimension_count = dimension_count;
    memcpy(t->dimensions, dimensions, dimension_count * sizeof *dimensions);
    t->data.count = 0;
    append(&t->data, data, count);
}

void gguf_remove_tensor(gguf_builder *builder, const char *name)
{
    tensor *t = find_tensor(builder, name);

    require(t != NULL, name);
    release_tensor(t);
    size_t index = (size_t)(t - builder->tensors);
    builder->tensor_count--;
    memmove(t, t + 1, (builder->tensor_count - index) * sizeof *t);
}

void gguf_duplicate_tensor(gguf_builder *builder, const char *name)
{
    require(find_tensor(builder, name) != NULL, name);
    tensor *copy = add_tensor(builder, name);
    const tensor *t = find_tensor(builder, name);
    copy->type = t->type;
    copy->dimension_count = t->dimension_count;
    memcpy(copy->dimensions, t->dimensions, sizeof t->dimensions);
    append(&copy->data, t->data.data, t->data.count);
}

void gguf_move_tensor(gguf_builder *builder, const char *name, uint64_t offset)
{
    tensor *t = find_tensor(builder, name);

    require(t != NULL, name);
    t->moved = true;
    t->offset = offset;
}

void *gguf_tensor_data(gguf_builder *builder, const char *name, size_t *count)
{
    tensor *t = find_tensor(builder, name);

    require(t != NULL, name);
    *count = t->data.count;
    return t->data.data;
}

void gguf_set_alignment(gguf_builder *builder, size_t alignment)
{
    builder->alignment = alignment;
}

static void append_entries(gguf_builder *builder, bytes *file)
{
    builder->crc32_offset = 0;
    for (size_t i = 0; i < builder->entry_count; i++) {
        const entry *e = &builder->entries[i];
        append_string(file, e->key);
        append_u32(file, e->type);
        if (strcmp(e->key, "hatpose.crc32") == 0)
            builder->crc32_offset = file->count;
        append(file, e->payload.data, e->payload.count);
    }
}

static void append_tensor_list(const gguf_builder *builder, bytes *file)
{
    uint64_t offset = 0;

    for (size_t i = 0; i < builder->tensor_count; i++) {
        const tensor *t = &builder->tensors[i];
        append_string(file, t->name);
        append_u32(file, t->dimension_count);
        for (uint32_t d = 0; d < t->dimension_count; d++)
            append_u64(file, t->dimensions[d]);
        append_u32(file, t->type);
        append_u64(file, t->moved ? t->offset : offset);
        offset += (t->data.count + builder->alignment - 1) /
                  builder->alignment * builder->alignment;
    }
}

unsigned char *gguf_build(gguf_builder *builder, size_t *count)
{
    bytes file = {0};
    void *block = NULL;

    append(&file, "GGUF", 4);
    append_u32(&file, 3);
    append_u64(&file, builder->tensor_count);
    append_u64(&file, builder->entry_count);
    append_entries(builder, &file);
    append_tensor_list(builder, &file);
    for (size_t i = 0; i < builder->tensor_count; i++) {
        append_zeros(&file, builder->alignment);
        append(&file, builder->tensors[i].data.data,
               builder->tensors[i].data.count);
    }
    /* Exactly as long as the file, so that a sanitizer sees a byte more. */
    require(posix_memalign(&block, 64, file.count) == 0, "no memory");
    memcpy(block, file.data, file.count);
    free(file.data);
    *count = file.count;
    if (builder->crc32_offset != 0)
        gguf_seal(block, *count, builder->crc32_offset);
    return block;
}

size_t gguf_crc32_offset(const gguf_builder *builder)
{
    return builder->crc32_offset;
}

void gguf_seal(unsigned char *file, size_t count, size_t offset)
{
    require(count >= 4 && offset <= count - 4, "checksum outside the file");
    memset(file + offset, 0, 4);
    uint32_t crc = (uint32_t)crc32_z(0, file, count);
    for (int i = 0; i < 4; i++)
        file[offset + (size_t)i] = (unsigned char)(crc >> (8 * i));
}
