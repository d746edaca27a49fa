/* keys.c - who may ask. In: a file of tokens; an Authorization header. Out:
 * yes or no, in a time that tells nothing of the tokens. */
#include "keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_MOST_BYTES = 1 << 20, KEYS_MOST = 1024 };

/* The whole file, ended by a zero; NULL: errno says why. */
static char *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t count;

    if (file == NULL)
        return NULL;
    text = malloc(FILE_MOST_BYTES + 1);
    if (text != NULL) {
        count = fread(text, 1, FILE_MOST_BYTES, file);
        text[count] = '\0';
        if (ferror(file)) {
            free(text);
            text = NULL;
        }
    }
    fclose(file);
    return text;
}

static void find_items(hps_keys *keys)
{
    char *rest = keys->text;

    while (*rest != '\0' && keys->count < KEYS_MOST) {
        char *line = rest;
        char *end = line + strcspn(line, "\r\n");

        rest = *end != '\0' ? end + 1 : end;
        line += strspn(line, " \t");
        while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
            end--;
        *end = '\0';
        if (end > line && *line != '#')
            keys->items[keys->count++] = line;
    }
}

bool hps_keys_load(hps_keys *keys, const char *path, char *error,
                   size_t error_bytes)
{
    *keys = (hps_keys){.text = read_all(path)};
    if (keys->text == NULL) {
        snprintf(error, error_bytes, "%s", strerror(errno));
        return false;
    }
    keys->items = malloc(KEYS_MOST * sizeof *keys->items);
    if (keys->items != NULL)
        find_items(keys);
    if (keys->count > 0)
        return true;
    snprintf(error, error_bytes, "%s",
             keys->items != NULL ? "no token in it" : "no memory");
    hps_keys_release(keys);
    return false;
}

void hps_keys_release(hps_keys *keys)
{
    free(keys->items);
    free(keys->text);
    *keys = (hps_keys){0};
}

static bool is_same(const char *token, size_t count, const char *key)
{
    size_t key_count = strlen(key);
    unsigned difference = key_count != count;

    for (size_t i = 0; i < count; i++)
        difference |= (unsigned)(unsigned char)token[i] ^
                      (unsigned)(unsigned char)key[i % key_count];
    return difference == 0;
}

bool hps_keys_allow(const hps_keys *keys, const char *authorization)
{
    bool allowed = keys->count == 0;
    size_t count;

    if (allowed)
        return true;
    if (authorization == NULL || strncasecmp(authorization, "Bearer ", 7) != 0)
        return false;
    authorization += 7 + strspn(authorization + 7, " ");
    count = strcspn(authorization, " \t");
    for (size_t i = 0; i < keys->count; i++)
        allowed |= is_same(authorization, count, keys->items[i]);
    return allowed;
}
