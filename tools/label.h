/* label.h - lines of text on pixels, in the library's font. */
#ifndef LABEL_H
#define LABEL_H

#include "pixmap.h"

enum { LABEL_WIDTH_PX = 6, LABEL_HEIGHT_PX = 9 };

typedef struct label { /* where, how wide at most, and in which colour */
    int left_px, top_px, width_px;
    int scale; /* of LABEL_WIDTH_PX, LABEL_HEIGHT_PX */
    uint32_t rgb;
} label;

/* One line: at half the scale if it is too long, and then without its middle:
 * "longna..34.jpg". */
void label_fit(pixmap *p, const label *where, const char *text);
/* At most `lines` of them, broken at blanks where there are some. */
void label_wrap(pixmap *p, const label *where, int lines, int line_px,
                const char *text);

#endif
