/* gguf.c - reader of GGUF v3. In: the file in memory. Out: its keys and
 * tensors, sorted by name, with every count, offset and size inside the
 * file. A file costs at most n log n in the number of its entries. */
#include "model/gguf.h"

#include <assert.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sort.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "weights are used where they lie in the file: little-endian only"
#endif

enum {
    VERSION = 3,
    HEADER_BYTES = 24, /* magic, version, two counts */
    /* The shortest key: length, one byte, type, one byte. */
    MIN_KEY_BYTES = 8 + 1 + 4 + 1,
    /* The shortest tensor: length, one byte, one dimension, type, offset. */
    MIN_TENSOR_BYTES = 8 + 1 + 4 + 8 + 4 + 8,
    /* Far above any model of ours (1024 operations with 3 tensors each), low
     * enough that a hostile count costs little memory. */
    MAX_KEYS = 65536,
    MAX_TENSORS = 65536,
    MAX_NAME_BYTES = 65535, /* of the format */
    DEFAULT_ALIGNMENT = 32,
    MIN_ALIGNMENT = 8,
    MAX_ALIGNMENT = 4096,
    SHOWN_NAME_BYTES = 80 /* of a name in a message */
};

/* Where the reader is; `part` and `index` of `count` say in what. */
typedef struct cursor {
    const unsigned char *data;
    size_t bytes, at;
    const char *part;
    uint64_t index, count;
    hatpose_error *err;
} cursor;

static uint32_t u32_at(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static uint64_t u64_at(const unsigned char *p)
{
    return u32_at(p) | (uint64_t)u32_at(p + 4) << 32;
}

static int shown(hp_gguf_string name)
{
    return name.bytes < SHOWN_NAME_BYTES ? (int)name.bytes : SHOWN_NAME_BYTES;
}

/* Are there that many bytes left? */
static hatpose_status need(cursor *c, uint64_t bytes)
{
    if (bytes <= c->bytes - c->at)
        return HATPOSE_OK;
    return hp_fail_at(c->err, HATPOSE_E_MODEL_CORRUPT, c->at,
                      "file ends after %zu bytes: %s %" PRIu64 " of %" PRIu64
                      " needs %" PRIu64 " bytes at byte %zu",
                      c->bytes, c->part, c->index + 1, c->count, bytes, c->at);
}

static hatpose_status read_u32(cursor *c, uint32_t *out)
{
    hatpose_status status = need(c, 4);

    if (status != HATPOSE_OK)
        return status;
    *out = u32_at(c->data + c->at);
    c->at += 4;
    return HATPOSE_OK;
}

static hatpose_status read_u64(cursor *c, uint64_t *out)
{
    hatpose_status status = need(c, 8);

    if (status != HATPOSE_OK)
        return status;
    *out = u64_at(c->data + c->at);
    c->at += 8;
    return HATPOSE_OK;
}

static hatpose_status skip(cursor *c, uint64_t bytes)
{
    hatpose_status status = need(c, bytes);

    if (status == HATPOSE_OK)
        c->at += (size_t)bytes;
    return status;
}

static hatpose_status read_string(cursor *c, hp_gguf_string *out)
{
    uint64_t bytes;
    hatpose_status status = read_u64(c, &bytes);

    if (status != HATPOSE_OK)
        return status;
    out->text = (const char *)c->data + c->at;
    status = skip(c, bytes);
    if (status == HATPOSE_OK)
        out->bytes = (size_t)bytes;
    return status;
}

static hatpose_status read_name(cursor *c, hp_gguf_string *out)
{
    size_t start = c->at;
    hatpose_status status = read_string(c, out);

    if (status != HATPOSE_OK)
        return status;
    if (out->bytes == 0 || out->bytes > MAX_NAME_BYTES)
        return hp_fail_at(c->err, HATPOSE_E_MODEL_CORRUPT, start,
                          "%s %" PRIu64 " of %" PRIu64
                          ": name of %zu bytes, 1 to %d expected",
                          c->part, c->index + 1, c->count, out->bytes,
                          MAX_NAME_BYTES);
    return HATPOSE_OK;
}

/* Of one element; 0 for a string (any size), an array and what is no type. */
static size_t element_bytes(uint32_t type)
{
    static const unsigned char sizes[] = {
        [HP_GGUF_U8] = 1,  [HP_GGUF_I8] = 1,   [HP_GGUF_U16] = 2,
        [HP_GGUF_I16] = 2, [HP_GGUF_U32] = 4,  [HP_GGUF_I32] = 4,
        [HP_GGUF_F32] = 4, [HP_GGUF_BOOL] = 1, [HP_GGUF_U64] = 8,
        [HP_GGUF_I64] = 8, [HP_GGUF_F64] = 8};

    return type < sizeof sizes ? sizes[type] : 0;
}

static hatpose_status skip_elements(cursor *c, const hp_gguf_value *value)
{
    size_t size = element_bytes(value->type);
    hp_gguf_string text;
    hatpose_status status = HATPOSE_OK;

    if (value->type == HP_GGUF_STRING) {
        for (uint64_t i = 0; i < value->count && status == HATPOSE_OK; i++)
            status = read_string(c, &text);
        return status;
    }
    /* Divided, not multiplied: the product could overflow. */
    if (value->count > (c->bytes - c->at) / size)
        return hp_fail_at(c->err, HATPOSE_E_MODEL_CORRUPT, c->at,
                          "file ends after %zu bytes: %.*s has %" PRIu64
                          " elements of %zu bytes at byte %zu",
                          c->bytes, shown(value->key), value->key.text,
                          value->count, size, c->at);
    c->at += (size_t)value->count * size;
    return HATPOSE_OK;
}

static hatpose_status read_value(cursor *c, hp_gguf_value *value)
{
    uint32_t type = 0;
    hatpose_status status = read_name(c, &value->key);
    size_t type_at = c->at;

    if (status == HATPOSE_OK)
        status = read_u32(c, &type);
    if (status != HATPOSE_OK)
        return status;
    value->count = 1;
    value->is_array = type == HP_GGUF_ARRAY;
    if (value->is_array) {
        type_at = c->at;
        status = read_u32(c, &type);
        if (status == HATPOSE_OK)
            status = read_u64(c, &value->count);
        if (status != HATPOSE_OK)
            return status;
    }
    if (type != HP_GGUF_STRING && element_bytes(type) == 0)
        return hp_fail_at(c->err, HATPOSE_E_MODEL_CORRUPT, type_at,
                          "%.*s: %s of type %" PRIu32 " is not known",
                          shown(value->key), value->key.text,
                          value->is_array ? "array" : "value", type);
    value->type = (hp_gguf_type)type;
    value->data = c->data + c->at;
    value->offset_bytes = c->at;
    return skip_elements(c, value);
}

/* ggml's numbers of the types that models of ours hold; 0 for others. */
static size_t tensor_element_bytes(uint32_t type)
{
    switch (type) {
    case HP_GGUF_TENSOR_F32:
        return 4;
    case HP_GGUF_TENSOR_F16:
    case HP_GGUF_TENSOR_BF16:
        return 2;
    case HP_GGUF_TENSOR_I8:
        return 1;
    default:
        return 0;
    }
}

static hatpose_status read_dimensions(cursor *c, hp_gguf_tensor *tensor)
{
    size_t start = c->at;
    size_t product = 1;
    bool fits = true;
    hatpose_status status = read_u32(c, &tensor->dimension_count);

    if (status != HATPOSE_OK)
        return status;
    if (tensor->dimension_count < 1 || tensor->dimension_count > 4)
        return hp_fail_at(c->err, HATPOSE_E_MODEL_CORRUPT, start,
                          "%.*s: %" PRIu32 " dimensions, 1 to 4 expected",
                          shown(tensor->name), tensor->name.text,
                          tensor->dimension_count);
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t *dimension = &tensor->dimensions[i];
        *dimension = 1;
        if (i < tensor->dimension_count)
            status = read_u64(c, dimension);
        if (status != HATPOSE_OK)
            return status;
        fits = fits && *dimension >= 1 && *dimension <= SIZE_MAX &&
               hp_size_multiply(product, (size_t)*dimension, &product);
    }
    if (!fits)
        return hp_fail_at(c->err, HATPOSE_E_MODEL_CORRUPT, start,
                          "%.*s: %" PRIu64 " x %" PRIu64 " x %" PRIu64
                          " x %" PRIu64 " is no size of a tensor",
                          shown(tensor->name), tensor->name.text,
                          tensor->dimensions[0], tensor->dimensions[1],
                          tensor->dimensions[2], tensor->dimensions[3]);
    tensor->element_count = product;
    return HATPOSE_OK;
}

/* offset_bytes counts from the start of the data section here; place_tensors
 * makes it one in the file. */
static hatpose_status read_tensor(cursor *c, size_t alignment,
                                  hp_gguf_tensor *tensor)
{
    hatpose_status status = read_name(c, &tensor->name);

    if (status == HATPOSE_OK)
        status = read_dimensions(c, tensor);
    size_t type_at = c->at;
    if (status == HATPOSE_OK)
        status = read_u32(c, &tensor->type);
    if (status == HATPOSE_OK)
        status = read_u64(c, &tensor->offset_bytes);
    if (status != HATPOSE_OK)
        return status;
    size_t size = tensor_element_bytes(tensor->type);
    if (size == 0)
        return hp_fail_at(c->err, HATPOSE_E_MODEL_FORMAT, type_at,
                          "%.*s: tensor type %" PRIu32
                          ", only f32, f16, bf16 and i8 are read",
                          shown(tensor->name), tensor->name.text, tensor->type);
    if (!hp_size_multiply((size_t)tensor->element_count, size, &tensor->bytes))
        return hp_fail_at(c->err, HATPOSE_E_MODEL_CORRUPT, type_at,
                          "%.*s: %" PRIu64 " elements are no size of a tensor",
                          shown(tensor->name), tensor->name.text,
                          tensor->element_count);
    if (tensor->offset_bytes % alignment != 0)
        return hp_fail_at(c->err, HATPOSE_E_MODEL_CORRUPT, type_at + 4,
                          "%.*s: offset %" PRIu64
                          " is not a multiple of the alignment %zu",
                          shown(tensor->name), tensor->name.text,
                          tensor->offset_bytes, alignment);
    return HATPOSE_OK;
}

/* Any order will do; the length first saves most looks at the text. */
static int compare_strings(hp_gguf_string a, hp_gguf_string b)
{
    if (a.bytes != b.bytes)
        return a.bytes < b.bytes ? -1 : 1;
    return memcmp(a.text, b.text, a.bytes);
}

static int compare_keys(const void *a, const void *b)
{
    return compare_strings(((const hp_gguf_value *)a)->key,
                           ((const hp_gguf_value *)b)->key);
}

static int compare_tensor_names(const void *a, const void *b)
{
    return compare_strings(((const hp_gguf_tensor *)a)->name,
                           ((const hp_gguf_tensor *)b)->name);
}

static int compare_offsets(const void *a, const void *b)
{
    uint64_t first = ((const hp_gguf_tensor *)a)->offset_bytes;
    uint64_t second = ((const hp_gguf_tensor *)b)->offset_bytes;

    return first < second ? -1 : first > second;
}

/* The data section must hold every tensor; data pointers are set. */
static hatpose_status place_tensors(hp_gguf *gguf, size_t start,
                                    hatpose_error *err)
{
    const hp_gguf_tensor *last = NULL;
    uint64_t file_end = 0;

    for (size_t i = 0; i < gguf->tensor_count; i++) {
        hp_gguf_tensor *tensor = &gguf->tensors[i];
        /* What cannot lie in any file ends at the end of all numbers. */
        bool fits = start <= gguf->bytes && tensor->bytes <= gguf->bytes &&
                    tensor->offset_bytes <= gguf->bytes;
        uint64_t end =
            fits ? start + tensor->offset_bytes + tensor->bytes : UINT64_MAX;
        if (end > file_end) {
            file_end = end;
            last = tensor;
        }
    }
    if (file_end > gguf->bytes)
        return hp_fail_at(
            err, HATPOSE_E_MODEL_CORRUPT, gguf->bytes,
            "file ends after %zu of %" PRIu64 " bytes: tensor %.*s is cut off",
            gguf->bytes, file_end, shown(last->name), last->name.text);
    for (size_t i = 0; i < gguf->tensor_count; i++) {
        gguf->tensors[i].offset_bytes += start;
        gguf->tensors[i].data = gguf->data + gguf->tensors[i].offset_bytes;
    }
    return HATPOSE_OK;
}

static hatpose_status check_tensors(hp_gguf *gguf, hatpose_error *err)
{
    hp_gguf_tensor *t = gguf->tensors;

    hp_sort(t, gguf->tensor_count, sizeof *t, compare_offsets);
    for (size_t i = 1; i < gguf->tensor_count; i++)
        if (t[i - 1].offset_bytes + t[i - 1].bytes > t[i].offset_bytes)
            return hp_fail_at(err, HATPOSE_E_MODEL_CORRUPT, t[i].offset_bytes,
                              "tensors %.*s and %.*s overlap",
                              shown(t[i - 1].name), t[i - 1].name.text,
                              shown(t[i].name), t[i].name.text);
    hp_sort(t, gguf->tensor_count, sizeof *t, compare_tensor_names);
    for (size_t i = 1; i < gguf->tensor_count; i++)
        if (compare_tensor_names(&t[i - 1], &t[i]) == 0)
            return hp_fail_at(err, HATPOSE_E_MODEL_CORRUPT, t[i].offset_bytes,
                              "tensor %.*s is there twice", shown(t[i].name),
                              t[i].name.text);
    return HATPOSE_OK;
}

static hatpose_status check_keys(hp_gguf *gguf, hatpose_error *err)
{
    hp_gguf_value *v = gguf->values;

    hp_sort(v, gguf->value_count, sizeof *v, compare_keys);
    for (size_t i = 1; i < gguf->value_count; i++)
        if (compare_keys(&v[i - 1], &v[i]) == 0)
            return hp_fail_at(err, HATPOSE_E_MODEL_CORRUPT, v[i].offset_bytes,
                              "key %.*s is there twice", shown(v[i].key),
                              v[i].key.text);
    return HATPOSE_OK;
}

/* Magic and version: is this a file that we can read at all? */
static hatpose_status check_header(const unsigned char *data, size_t bytes,
                                   hatpose_error *err)
{
    if (bytes == 0)
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT,
                       "not a GGUF file: it is empty");
    if (memcmp(data, "GGUF", bytes < 4 ? bytes : 4) != 0)
        return hp_fail(err, HATPOSE_E_MODEL_FORMAT, "not a GGUF file");
    if (bytes < HEADER_BYTES)
        return hp_fail_at(err, HATPOSE_E_MODEL_CORRUPT, bytes,
                          "file ends after %zu bytes: the header alone has %d",
                          bytes, HEADER_BYTES);
    uint32_t version = u32_at(data + 4);
    if (version != 0 && (version & 0xffffff) == 0)
        return hp_fail_at(err, HATPOSE_E_MODEL_FORMAT, 4,
                          "big-endian GGUF file: only little-endian is read");
    if (version != VERSION)
        return hp_fail_at(err, HATPOSE_E_MODEL_FORMAT, 4,
                          "GGUF file of version %" PRIu32
                          ": only version %d is read",
                          version, VERSION);
    return HATPOSE_OK;
}

/* A count of entries that the rest of the file could hold. */
static hatpose_status check_count(const cursor *c, uint64_t count,
                                  size_t entry_bytes, uint64_t most)
{
    uint64_t room = (c->bytes - c->at) / entry_bytes;

    if (count <= room && count <= most)
        return HATPOSE_OK;
    return hp_fail_at(c->err, HATPOSE_E_MODEL_CORRUPT, 8,
                      "file ends after %zu bytes: %" PRIu64
                      " %ss claimed, %" PRIu64 " at most can be there",
                      c->bytes, count, c->part, room < most ? room : most);
}

static hatpose_status read_keys(cursor *c, hp_memory *memory, hp_gguf *gguf)
{
    void *block;

    c->part = "key";
    c->count = u64_at(c->data + 16);
    hatpose_status status = check_count(c, c->count, MIN_KEY_BYTES, MAX_KEYS);
    if (status == HATPOSE_OK)
        status =
            hp_allocate_array(memory, (size_t)c->count, sizeof *gguf->values,
                              "model keys", &block, c->err);
    if (status != HATPOSE_OK)
        return status;
    gguf->values = block;
    gguf->value_count = (size_t)c->count;
    for (c->index = 0; c->index < c->count; c->index++) {
        status = read_value(c, &gguf->values[c->index]);
        if (status != HATPOSE_OK)
            return status;
    }
    return check_keys(gguf, c->err);
}

static hatpose_status read_tensors(cursor *c, hp_memory *memory,
                                   size_t alignment, hp_gguf *gguf)
{
    void *block;

    c->part = "tensor";
    c->count = u64_at(c->data + 8);
    hatpose_status status =
        check_count(c, c->count, MIN_TENSOR_BYTES, MAX_TENSORS);
    if (status == HATPOSE_OK)
        status =
            hp_allocate_array(memory, (size_t)c->count, sizeof *gguf->tensors,
                              "model tensors", &block, c->err);
    if (status != HATPOSE_OK)
        return status;
    gguf->tensors = block;
    gguf->tensor_count = (size_t)c->count;
    for (c->index = 0; c->index < c->count; c->index++) {
        status = read_tensor(c, alignment, &gguf->tensors[c->index]);
        if (status != HATPOSE_OK)
            return status;
    }
    size_t start = (c->at + alignment - 1) / alignment * alignment;
    status = place_tensors(gguf, start, c->err);
    return status == HATPOSE_OK ? check_tensors(gguf, c->err) : status;
}

static hatpose_status find_alignment(const hp_gguf *gguf, size_t *out,
                                     hatpose_error *err)
{
    const hp_gguf_value *value = hp_gguf_find_value(gguf, "general.alignment");

    *out = DEFAULT_ALIGNMENT;
    if (value == NULL)
        return HATPOSE_OK;
    if (value->type != HP_GGUF_U32 || value->is_array)
        return hp_fail_at(err, HATPOSE_E_MODEL_CORRUPT, value->offset_bytes,
                          "general.alignment: u32 expected");
    *out = u32_at(value->data);
    if (*out < MIN_ALIGNMENT || *out > MAX_ALIGNMENT ||
        (*out & (*out - 1)) != 0)
        return hp_fail_at(err, HATPOSE_E_MODEL_CORRUPT, value->offset_bytes,
                          "general.alignment: %zu is no power of two from %d "
                          "to %d",
                          *out, MIN_ALIGNMENT, MAX_ALIGNMENT);
    return HATPOSE_OK;
}

hatpose_status hp_gguf_open(hp_memory *memory, const void *data, size_t bytes,
                            hp_gguf *out, hatpose_error *err)
{
    cursor c = {.data = data, .bytes = bytes, .at = HEADER_BYTES, .err = err};
    size_t alignment;

    assert((uintptr_t)data % HP_ALIGNMENT_BYTES == 0);
    memset(out, 0, sizeof *out);
    out->data = data;
    out->bytes = bytes;
    hatpose_status status = check_header(data, bytes, err);
    if (status == HATPOSE_OK)
        status = read_keys(&c, memory, out);
    if (status == HATPOSE_OK)
        status = find_alignment(out, &alignment, err);
    if (status == HATPOSE_OK)
        status = read_tensors(&c, memory, alignment, out);
    if (status != HATPOSE_OK)
        hp_gguf_close(memory, out);
    return status;
}

void hp_gguf_close(hp_memory *memory, hp_gguf *gguf)
{
    hp_deallocate(memory, gguf->values);
    hp_deallocate(memory, gguf->tensors);
    memset(gguf, 0, sizeof *gguf);
}

const hp_gguf_value *hp_gguf_find_value(const hp_gguf *gguf, const char *key)
{
    hp_gguf_value wanted = {.key = {key, strlen(key)}};

    return bsearch(&wanted, gguf->values, gguf->value_count, sizeof wanted,
                   compare_keys);
}

const hp_gguf_tensor *hp_gguf_find_tensor(const hp_gguf *gguf, const char *name)
{
    hp_gguf_tensor wanted = {.name = {name, strlen(name)}};

    return bsearch(&wanted, gguf->tensors, gguf->tensor_count, sizeof wanted,
                   compare_tensor_names);
}

uint32_t hp_gguf_u32_at(const hp_gguf_value *value, uint64_t index)
{
    assert(value->type == HP_GGUF_U32 && index < value->count);
    return u32_at(value->data + index * 4);
}

float hp_gguf_f32_at(const hp_gguf_value *value, uint64_t index)
{
    float number;

    assert(value->type == HP_GGUF_F32 && index < value->count);
    memcpy(&number, value->data + index * sizeof number, sizeof number);
    return number;
}

hp_gguf_string hp_gguf_string_at(const hp_gguf_value *value, uint64_t index)
{
    const unsigned char *at = value->data;

    assert(value->type == HP_GGUF_STRING && index < value->count);
    while (index-- > 0)
        at += 8 + u64_at(at);
    return (hp_gguf_string){(const char *)at + 8, (size_t)u64_at(at)};
}
