/* label.c - lines of text on pixels. In: UTF-8. Out: letters of a font that
 * has only ASCII: any other character is one question mark. */
#include "label.h"

#include <string.h>

#include "bytes.h"

static void put(pixmap *p, const label *where, const char *text)
{
    hatpose_image_text(p->pixels.data, &p->layout, where->left_px,
                       where->top_px, text, (uint32_t)where->scale, where->rgb,
                       NULL);
}

static size_t fitting_count(const label *where)
{
    return (size_t)(where->width_px / (LABEL_WIDTH_PX * where->scale));
}

/* Bytes that continue a character are left out, its first one shows as a
 * question mark. */
static bytes ascii(const char *text)
{
    bytes out = {0};

    bytes_text(&out, "");
    for (; *text != '\0'; text++)
        if (((unsigned char)*text & 0xC0) != 0x80)
            bytes_append(&out, text, 1);
    return out;
}

void label_fit(pixmap *p, const label *where, const char *text)
{
    label here = *where;
    bytes line = ascii(text);
    size_t room;

    if (line.count > fitting_count(where) && where->scale > 1)
        here.scale = where->scale / 2;
    room = fitting_count(&here);
    if (line.count > room && room > 4) {
        size_t tail = (room - 2) / 2;
        size_t head = room - 2 - tail;

        memcpy(line.data + head, "..", 2);
        memmove(line.data + head + 2, line.data + line.count - tail, tail + 1);
    }
    put(p, &here, line.data);
    bytes_release(&line);
}

void label_wrap(pixmap *p, const label *where, int lines, int line_px,
                const char *text)
{
    size_t room = fitting_count(where);
    bytes all = ascii(text);
    const char *rest = all.data;
    label here = *where;

    for (int i = 0; i < lines && *rest != '\0'; i++) {
        size_t length = strlen(rest), cut = length;
        bytes line = {0};

        if (length > room) {
            cut = room;
            while (cut > room / 2 && rest[cut] != ' ')
                cut--;
            if (rest[cut] != ' ')
                cut = room;
        }
        bytes_append(&line, rest, cut);
        put(p, &here, line.data);
        bytes_release(&line);
        here.top_px += line_px;
        rest += cut;
        rest += *rest == ' ';
    }
    bytes_release(&all);
}
