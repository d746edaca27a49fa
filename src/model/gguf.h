/* gguf.h - reader of GGUF v3: every count, offset and size is checked
 * against the file before it is used. Knows nothing of networks. */
#ifndef HP_GGUF_H
#define HP_GGUF_H

#include "base/memory.h"

/* Numbers of the format. */
typedef enum hp_gguf_type {
    HP_GGUF_U8 = 0,
    HP_GGUF_I8 = 1,
    HP_GGUF_U16 = 2,
    HP_GGUF_I16 = 3,
    HP_GGUF_U32 = 4,
    HP_GGUF_I32 = 5,
    HP_GGUF_F32 = 6,
    HP_GGUF_BOOL = 7,
    HP_GGUF_STRING = 8,
    HP_GGUF_ARRAY = 9,
    HP_GGUF_U64 = 10,
    HP_GGUF_I64 = 11,
    HP_GGUF_F64 = 12
} hp_gguf_type;

/* ggml's numbers of the types that we read. */
typedef enum hp_gguf_tensor_type {
    HP_GGUF_TENSOR_F32 = 0,
    HP_GGUF_TENSOR_F16 = 1,
    HP_GGUF_TENSOR_I8 = 24,
    HP_GGUF_TENSOR_BF16 = 30
} hp_gguf_tensor_type;

typedef struct hp_gguf_string { /* not terminated; borrowed from the file */
    const char *text;
    size_t bytes;
} hp_gguf_string;

typedef struct hp_gguf_value {
    hp_gguf_string key;
    hp_gguf_type type; /* of the value, or of an array's elements */
    bool is_array;
    uint64_t count;            /* elements; 1 when no array */
    const unsigned char *data; /* first element, not aligned */
    uint64_t offset_bytes;     /* of data in the file */
} hp_gguf_value;

typedef struct hp_gguf_tensor {
    hp_gguf_string name;
    uint32_t type;            /* hp_gguf_tensor_type */
    uint32_t dimension_count; /* 1..4 */
    uint64_t dimensions[4];   /* fastest first; unused ones are 1 */
    uint64_t element_count;
    const unsigned char *data; /* aligned as the file is */
    size_t bytes;
    uint64_t offset_bytes; /* of data in the file */
} hp_gguf_tensor;

typedef struct hp_gguf {
    const unsigned char *data; /* borrowed */
    size_t bytes;
    hp_gguf_value *values; /* sorted for the search, not as in the file */
    size_t value_count;
    hp_gguf_tensor *tensors; /* likewise */
    size_t tensor_count;
} hp_gguf;

/* data must be aligned to 64 bytes and stay while the reader is used. What is
 * not GGUF v3 is HATPOSE_E_MODEL_FORMAT, what contradicts itself or is cut
 * HATPOSE_E_MODEL_CORRUPT. The checksum is a matter of the model. */
hatpose_status hp_gguf_open(hp_memory *memory, const void *data, size_t bytes,
                            hp_gguf *out, hatpose_error *err);
void hp_gguf_close(hp_memory *memory, hp_gguf *gguf);
const hp_gguf_value *hp_gguf_find_value(const hp_gguf *gguf, const char *key);
const hp_gguf_tensor *hp_gguf_find_tensor(const hp_gguf *gguf,
                                          const char *name);
/* An element of an array, or index 0 of a plain value; the caller has looked
 * at type and count. */
uint32_t hp_gguf_u32_at(const hp_gguf_value *value, uint64_t index);
float hp_gguf_f32_at(const hp_gguf_value *value, uint64_t index);
hp_gguf_string hp_gguf_string_at(const hp_gguf_value *value, uint64_t index);

#endif
