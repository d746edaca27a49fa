/* canvas.h - smooth lines, discs, boxes and text on 8-bit pixels of any
 * format. Coordinates are px, the centre of the top-left pixel being 0.
 * Everything is cut at the borders; what is not finite is not drawn. */
#ifndef HP_CANVAS_H
#define HP_CANVAS_H

#include "image/pixels.h"

typedef struct hp_colour {
    uint8_t red, green, blue;
} hp_colour;

typedef struct hp_canvas {
    uint8_t *data;
    int width_px, height_px;
    size_t stride_bytes;
    int pixel_bytes;
    int red, green, blue; /* byte offsets in a pixel; all 0 in gray */
} hp_canvas;

typedef struct hp_brush {
    hp_colour colour;
    float opacity;   /* 0..1 */
    float radius_px; /* half the thickness */
    float dash_px;   /* length of a dash and of half a gap; 0 = solid */
} hp_brush;

typedef struct hp_box {
    double left, top, right, bottom;
} hp_box;

/* view: the checked layout of `data`. */
hp_canvas hp_canvas_make(void *data, const hp_pixels *view);

/* A line with round ends. */
void hp_canvas_line(const hp_canvas *canvas, double x0, double y0, double x1,
                    double y1, const hp_brush *brush);
void hp_canvas_disc(const hp_canvas *canvas, double x, double y,
                    const hp_brush *brush);
/* Only the outline. */
void hp_canvas_box(const hp_canvas *canvas, const hp_box *box,
                   const hp_brush *brush);
void hp_canvas_fill(const hp_canvas *canvas, const hp_box *box,
                    hp_colour colour, float opacity);
/* Replaces the inside by cell_count x cell_count means. */
void hp_canvas_pixelate(const hp_canvas *canvas, const hp_box *box,
                        int cell_count);

/* scale: pixels of the picture per pixel of the font. The text's box is
 * hp_canvas_text_width x scale * HP_GLYPH_HEIGHT. */
int hp_canvas_text_width(const char *text, int scale);
void hp_canvas_text(const hp_canvas *canvas, int left_px, int top_px,
                    const char *text, int scale, hp_colour colour);

#endif
