/* keys.h - bearer tokens. */
#ifndef HPS_KEYS_H
#define HPS_KEYS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hps_keys {
    char *text;   /* the file; lines ended by zeros */
    char **items; /* into text */
    size_t count; /* 0: everybody may come */
} hps_keys;

/* One token a line; blanks around it, empty lines and those that begin with #
 * are left out. False: error has one sentence. */
bool hps_keys_load(hps_keys *keys, const char *path, char *error,
                   size_t error_bytes);
void hps_keys_release(hps_keys *keys);
/* authorization: the header, or NULL. Takes as long for a wrong token as for
 * a right one of the same length. */
bool hps_keys_allow(const hps_keys *keys, const char *authorization);

#endif
