/* gguf_builder.h - writes GGUF v3 files in memory for tests: right ones, and
 * ones that break a rule. Ends the program when it is misused. */
#ifndef GGUF_BUILDER_H
#define GGUF_BUILDER_H

#include <stddef.h>
#include <stdint.h>

enum {
    GGUF_TENSOR_F32 = 0,
    GGUF_TENSOR_F16 = 1,
    GGUF_TENSOR_I8 = 24,
    GGUF_TENSOR_BF16 = 30
};

typedef struct gguf_builder gguf_builder;

gguf_builder *gguf_builder_create(void);
void gguf_builder_destroy(gguf_builder *builder);

/* Keys are written in the order of their first put; a second put of a key
 * replaces its value. All data is copied. */
void gguf_put_u32(gguf_builder *builder, const char *key, uint32_t value);
void gguf_put_u32s(gguf_builder *builder, const char *key,
                   const uint32_t *values, size_t count);
void gguf_put_f32s(gguf_builder *builder, const char *key, const float *values,
                   size_t count);
void gguf_put_string(gguf_builder *builder, const char *key, const char *text);
void gguf_put_strings(gguf_builder *builder, const char *key,
                      const char *const *texts, size_t count);
/* Anything: the bytes after the type, as the file shall have them. */
void gguf_put_raw(gguf_builder *builder, const char *key, uint32_t type,
                  const void *payload, size_t bytes);
void gguf_remove(gguf_builder *builder, const char *key);
void gguf_duplicate(gguf_builder *builder, const char *key);

/* dimensions: fastest first. Tensors follow each other, aligned. */
void gguf_put_tensor(gguf_builder *builder, const char *name, uint32_t type,
                     const uint64_t *dimensions, uint32_t dimension_count,
                     const void *data, size_t bytes);
void gguf_remove_tensor(gguf_builder *builder, const char *name);
void gguf_duplicate_tensor(gguf_builder *builder, const char *name);
/* Claims another place in the data section than the true one. */
void gguf_move_tensor(gguf_builder *builder, const char *name, uint64_t offset);
/* The bytes of a tensor's data, to change values in place. */
void *gguf_tensor_data(gguf_builder *builder, const char *name, size_t *bytes);

/* Of the data; 32 unless set. The key is put apart from this. */
void gguf_set_alignment(gguf_builder *builder, size_t alignment);

/* The file, in a block aligned to 64 that the caller frees. The value of
 * hatpose.crc32 is filled in when there is such a key. */
unsigned char *gguf_build(gguf_builder *builder, size_t *bytes);
/* Where the last file built has the value of hatpose.crc32. */
size_t gguf_crc32_offset(const gguf_builder *builder);
/* Makes the checksum at offset right again. */
void gguf_seal(unsigned char *file, size_t bytes, size_t offset);

#endif
