/* font.h - a bitmap font for printable ASCII. */
#ifndef HP_FONT_H
#define HP_FONT_H

#include <stdint.h>

/* Capitals take the upper 7 rows, the last two are below the line. */
enum { HP_GLYPH_WIDTH = 5, HP_GLYPH_HEIGHT = 9, HP_GLYPH_ADVANCE = 6 };

/* HP_GLYPH_HEIGHT rows; bit 4 of a row is its left pixel. Characters that
 * the font lacks show as a question mark. */
const uint8_t *hp_glyph(char character);

#endif
