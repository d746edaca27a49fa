/* buffer.h - bytes that grow: the body of a reply. */
#ifndef HPS_BUFFER_H
#define HPS_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* All zero is an empty one. Once memory was short `failed` stays true and
 * nothing more is appended: look once, at the end. */
typedef struct hps_buffer {
    char *data;
    size_t count, capacity;
    bool failed;
} hps_buffer;

void hps_buffer_append(hps_buffer *buffer, const void *data, size_t count);
void hps_buffer_text(hps_buffer *buffer, const char *text);
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void hps_buffer_print(hps_buffer *buffer, const char *format, ...);
/* The text between the quotes of a JSON string: escaped, and bytes that are
 * no UTF-8 replaced by U+FFFD. */
void hps_buffer_json(hps_buffer *buffer, const char *text);
/* Room for `count` more bytes at the end, NULL when memory is short. What is
 * written there counts after hps_buffer_commit. */
void *hps_buffer_reserve(hps_buffer *buffer, size_t count);
void hps_buffer_commit(hps_buffer *buffer, size_t count);
/* Empty again, `failed` forgotten; the memory stays. */
void hps_buffer_clear(hps_buffer *buffer);
void hps_buffer_release(hps_buffer *buffer);

#endif
