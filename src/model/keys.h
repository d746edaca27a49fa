/* keys.h - typed look-up of a model file's keys. What is missing or of
 * another type or count is HATPOSE_E_MODEL_FORMAT and names the key. */
#ifndef HP_KEYS_H
#define HP_KEYS_H

#include "model/gguf.h"

#define HP_ARCHITECTURE "lightweight-openpose"

enum { HP_TEXT_BYTES = 256 }; /* of a text key, with its final zero */

/* An array with least..most elements. */
hatpose_status hp_keys_array(const hp_gguf *gguf, const char *key,
                             hp_gguf_type type, uint64_t least, uint64_t most,
                             const hp_gguf_value **out, hatpose_error *err);
hatpose_status hp_keys_u32(const hp_gguf *gguf, const char *key, uint32_t *out,
                           hatpose_error *err);
hatpose_status hp_keys_u32s(const hp_gguf *gguf, const char *key,
                            uint64_t count, uint32_t *out, hatpose_error *err);
/* All finite. */
hatpose_status hp_keys_f32s(const hp_gguf *gguf, const char *key,
                            uint64_t count, float *out, hatpose_error *err);
/* One line of UTF-8, up to 255 bytes. An optional key that is missing gives
 * an empty text; one that is required has at least one byte. */
hatpose_status hp_keys_text(const hp_gguf *gguf, const char *key, bool required,
                            char out[HP_TEXT_BYTES], hatpose_error *err);

#endif
