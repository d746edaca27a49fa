/* multipart.c - forms with files (RFC 7578). In: a whole body from hostile
 * hands and its boundary. Out: its parts, in place. */
#include "multipart.h"

#include <string.h>
#include <strings.h>

#include "header.h"

enum { HEAD_MOST_BYTES = 4096 };

typedef struct scan {
    char *at, *end;
    char mark[4 + HPS_BOUNDARY_BYTES]; /* CR LF - - boundary */
    size_t mark_count;
} scan;

/* The next mark from `from` on, or NULL. */
static char *find(const scan *s, char *from)
{
    while ((size_t)(s->end - from) >= s->mark_count) {
        char *cr =
            memchr(from, '\r', (size_t)(s->end - from) - s->mark_count + 1);

        if (cr == NULL)
            return NULL;
        if (memcmp(cr, s->mark, s->mark_count) == 0)
            return cr;
        from = cr + 1;
    }
    return NULL;
}

/* Terminates the line at *at and moves on behind it; NULL: there is none. */
static char *next_line(char **at, const char *end)
{
    char *line = *at;
    char *cr = memchr(line, '\r', (size_t)(end - line));

    if (cr == NULL || end - cr < 2 || cr[1] != '\n')
        return NULL;
    *cr = '\0';
    *at = cr + 2;
    return line;
}

static const char *read_disposition(char *line, hps_part *part)
{
    const char *value;
    size_t count;

    if (!hps_header_parameter(line, "name", &value, &count))
        return "a part without a name";
    part->is_file =
        hps_header_parameter(line, "filename", &part->data, &part->count) ||
        hps_header_parameter(line, "filename*", &part->data, &part->count);
    part->name = value;
    line[value - line + (ptrdiff_t)count] = '\0';
    return NULL;
}

/* Its headers, up to the empty line. */
static const char *read_head(scan *s, hps_part *part)
{
    char *end =
        s->end - s->at > HEAD_MOST_BYTES ? s->at + HEAD_MOST_BYTES : s->end;

    for (;;) {
        char *line = next_line(&s->at, end);
        const char *problem = NULL;

        if (line == NULL)
            return "the head of a part does not end";
        if (*line == '\0')
            return part->name != NULL ? NULL : "a part without a name";
        if (strncasecmp(line, "Content-Disposition:", 20) == 0)
            problem = read_disposition(line, part);
        else if (strncasecmp(line, "Content-Type:", 13) == 0)
            part->media = hps_header_media(line + 13);
        if (problem != NULL)
            return problem;
    }
}

/* Behind a mark: another part (true), or the end of the form. */
static const char *after_mark(scan *s, bool *more)
{
    *more = true;
    if (s->end - s->at >= 2 && s->at[0] == '-' && s->at[1] == '-') {
        *more = false;
        return NULL;
    }
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
        s->at++;
    if (s->end - s->at < 2 || s->at[0] != '\r' || s->at[1] != '\n')
        return "a boundary is followed by something else";
    s->at += 2;
    return NULL;
}

/* The first boundary may stand at the very start, without a line before. */
static bool find_first(scan *s)
{
    size_t bare = s->mark_count - 2;
    char *mark;

    if ((size_t)(s->end - s->at) >= bare &&
        memcmp(s->at, s->mark + 2, bare) == 0) {
        s->at += bare;
        return true;
    }
    mark = find(s, s->at);
    if (mark != NULL)
        s->at = mark + s->mark_count;
    return mark != NULL;
}

const char *hps_multipart_split(char *body, size_t count, const char *boundary,
                                hps_part parts[HPS_PARTS_MOST],
                                size_t *part_count)
{
    scan s = {.at = body, .end = body + count};
    size_t boundary_count = strlen(boundary);
    const char *problem;
    bool more;

    *part_count = 0;
    if (boundary_count >= HPS_BOUNDARY_BYTES)
        return "the boundary is too long";
    memcpy(s.mark, "\r\n--", 4);
    memcpy(s.mark + 4, boundary, boundary_count);
    s.mark_count = 4 + boundary_count;
    if (count == 0 || !find_first(&s))
        return "its boundary is nowhere in the body";
    while ((problem = after_mark(&s, &more)) == NULL && more) {
        hps_part *part = &parts[*part_count];
        char *mark;

        if (*part_count == HPS_PARTS_MOST)
            return "too many parts";
        *part = (hps_part){.media = HPS_MEDIA_NONE};
        problem = read_head(&s, part);
        if (problem != NULL)
            return problem;
        mark = find(&s, s.at);
        if (mark == NULL)
            return "the last part does not end";
        part->data = s.at;
        part->count = (size_t)(mark - s.at);
        s.at = mark + s.mark_count;
        ++*part_count;
    }
    return problem;
}
