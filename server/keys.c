/* keys.c - who may ask. In: a file of tokens; an Authorization header. Out:
 * yes or no, in a time that tells nothing of the tokens. */
#include "keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_MOST_BYTES = 1 << 20, KEYS_MOST = 1024 };

/* The whole file, ended by a zero, into keys->text. NULL, or what is wrong. */
static const char *read_all(hps_keys *keys, const char *path)
{
    FILE *file = fopen(path, "rb");
    const char *problem = NULL;
    size_t count;

    if (file == NULL)
        return strerror(errno);
    keys->text = malloc(FILE_MOST_BYTES + 1);
    if (keys->text == NULL) {
        problem = "no memory";
    } else {
        count = fread(keys->text, 1, FILE_MOST_BYTES + 1, file);
        if (ferror(file))
            problem = strerror(errno);
        else if (count > FILE_MOST_BYTES)
            problem = "more than a megabyte"; /* a cut token is another one */
        else if (memchr(keys->text, '\0', count) != NULL)
            problem = "a zero byte in it";
        else
            keys->text[count] = '\0';
    }
    fclose(file);
    return problem;
}

/* NULL, or what is wrong. */
static const char *find_items(hps_keys *keys)
{
    char *rest = keys->text;

    while (*rest != '\0') {
        char *line = rest;
        char *end = line + strcspn(line, "\r\n");

        rest = *end != '\0' ? end + 1 : end;
        line += strspn(line, " \t");
        while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
            end--;
        *end = '\0';
        if (end == line || *line == '#')
            continue;
        if (keys->count == KEYS_MOST)
            return "more than 1024 tokens";
        keys->items[keys->count++] = line;
    }
    return keys->count > 0 ? NULL : "no token in it";
}

bool hps_keys_load(hps_keys *keys, const char *path, char *error,
                   size_t error_bytes)
{
    const char *problem;

    *keys = (hps_keys){0};
    problem = read_all(keys, path);
    if (problem == NULL) {
        keys->items = malloc(KEYS_MOST * sizeof *keys->items);
        problem = keys->items != NULL ? find_items(keys) : "no memory";
    }
    if (problem == NULL)
        return true;
    snprintf(error, error_bytes, "%s", problem);
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
