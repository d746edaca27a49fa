/* header.c - values of request headers. In: text from hostile hands,
 * terminated. Out: what it asks for; what makes no sense asks for nothing. */
#include "header.h"

#include <string.h>
#include <strings.h>

enum { QUALITY_WHOLE = 1000 };

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* "0", "0.5", "1.000"; anything else counts as nothing wanted. */
static int read_quality(const char *at)
{
    int quality = 0, digit = QUALITY_WHOLE / 10;

    if (*at != '0' && *at != '1')
        return 0;
    quality = (*at - '0') * QUALITY_WHOLE;
    if (at[1] == '.')
        for (at += 2; *at >= '0' && *at <= '9' && digit > 0; at++) {
            quality += (*at - '0') * digit;
            digit /= 10;
        }
    return quality > QUALITY_WHOLE ? QUALITY_WHOLE : quality;
}

bool hps_header_next(const char **at, hps_header_item *item)
{
    const char *start = *at + strspn(*at, " \t,");
    const char *end = start + strcspn(start, ",");
    const char *mark = start;

    *at = end;
    if (start == end)
        return false;
    item->name = start;
    item->name_count = strcspn(start, " \t;,");
    item->quality = QUALITY_WHOLE;
    while ((mark = memchr(mark, ';', (size_t)(end - mark))) != NULL) {
        mark = skip_blanks(mark + 1);
        if (mark > end)
            break;
        if ((mark[0] == 'q' || mark[0] == 'Q') && mark[1] == '=')
            item->quality = read_quality(mark + 2);
    }
    return true;
}

bool hps_header_is(const hps_header_item *item, const char *name)
{
    return item->name_count == strlen(name) &&
           strncasecmp(item->name, name, item->name_count) == 0;
}

hps_media hps_header_media(const char *content_type)
{
    static const char application[] = "application/";
    static const char json[] = "+json";
    size_t count, head = sizeof application - 1, tail = sizeof json - 1;

    if (content_type == NULL)
        return HPS_MEDIA_NONE;
    content_type = skip_blanks(content_type);
    count = strcspn(content_type, " \t;");
    if (count == 0)
        return HPS_MEDIA_NONE;
    if (strncasecmp(content_type, "image/", 6) == 0)
        return HPS_MEDIA_IMAGE;
    if (count == 19 &&
        strncasecmp(content_type, "multipart/form-data", 19) == 0)
        return HPS_MEDIA_FORM;
    if (count <= head || strncasecmp(content_type, application, head) != 0)
        return HPS_MEDIA_OTHER;
    if (count == head + 4 && strncasecmp(content_type + head, "json", 4) == 0)
        return HPS_MEDIA_JSON;
    return count > head + tail &&
                   strncasecmp(content_type + count - tail, json, tail) == 0
               ? HPS_MEDIA_JSON
               : HPS_MEDIA_OTHER;
}

/* Where the value that begins at `at` ends; a quoted one is entered. */
static const char *value_end(const char **at)
{
    const char *end;

    if (**at != '"')
        return *at + strcspn(*at, " \t;");
    end = ++*at;
    while (*end != '\0' && *end != '"')
        end += *end == '\\' && end[1] != '\0' ? 2 : 1;
    return end;
}

bool hps_header_parameter(const char *header, const char *name,
                          const char **value, size_t *count)
{
    size_t name_count = strlen(name);
    const char *at = header + strcspn(header, ";");

    while (*at == ';') {
        const char *start = skip_blanks(at + 1);
        size_t length = strcspn(start, "=;");
        const char *end;
        bool wanted =
            length == name_count && strncasecmp(start, name, length) == 0;

        at = start + length;
        if (*at != '=')
            continue;
        start = at + 1;
        end = value_end(&start);
        if (wanted) {
            *value = start;
            *count = (size_t)(end - start);
            return true;
        }
        at = end + strcspn(end, ";");
    }
    return false;
}

bool hps_header_boundary(const char *content_type,
                         char boundary[HPS_BOUNDARY_BYTES])
{
    const char *value;
    size_t count;

    if (!hps_header_parameter(content_type, "boundary", &value, &count) ||
        count == 0 || count >= HPS_BOUNDARY_BYTES)
        return false;
    memcpy(boundary, value, count);
    boundary[count] = '\0';
    return true;
}

static bool is_language(const hps_header_item *item, const char *language)
{
    size_t count = strlen(language);

    return item->name_count >= count &&
           strncasecmp(item->name, language, count) == 0 &&
           (item->name_count == count || item->name[count] == '-');
}

hps_language hps_header_language(const char *accept_language)
{
    const char *at = accept_language;
    hps_language language = HPS_ENGLISH;
    hps_header_item item;
    int best = 0;

    while (at != NULL && hps_header_next(&at, &item)) {
        if (item.quality <= best)
            continue;
        if (is_language(&item, "zh"))
            language = HPS_CHINESE;
        else if (is_language(&item, "en"))
            language = HPS_ENGLISH;
        else
            continue;
        best = item.quality;
    }
    return language;
}
