/* canvas.c - drawing primitives.
 *
 * A line is the set of pixels near a segment: coverage falls from 1 to 0
 * over the pixel at its border. Each row visits only the pixels that the
 * line can touch, so that cost follows its length, never its coordinates. */
#include "result/canvas.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "result/font.h"

/* Beyond this nothing can reach a picture: sides are below 2^31. */
static const double COORDINATE_MAX = 1e10;

typedef struct segment {
    double x0, y0, x1, y1;
} segment;

hp_canvas hp_canvas_make(void *data, const hp_pixels *view)
{
    hp_canvas canvas = {.data = data,
                        .width_px = view->width_px,
                        .height_px = view->height_px,
                        .stride_bytes = view->stride_bytes,
                        .pixel_bytes = hp_pixel_bytes(view->format)};
    bool red_first =
        view->format == HATPOSE_RGB8 || view->format == HATPOSE_RGBA8;

    if (view->format != HATPOSE_GRAY8) {
        canvas.red = red_first ? 0 : 2;
        canvas.green = 1;
        canvas.blue = 2 - canvas.red;
    }
    return canvas;
}

static bool is_near(double coordinate)
{
    return fabs(coordinate) < COORDINATE_MAX; /* false for NaN */
}

static void mix(uint8_t *byte, int value, int weight)
{
    *byte = (uint8_t)(*byte + ((value - *byte) * weight + 128) / 256);
}

/* weight: 0..256. The pixel is inside the picture. */
static void put(const hp_canvas *canvas, int x, int y, hp_colour colour,
                int weight)
{
    uint8_t *pixel = canvas->data + (size_t)y * canvas->stride_bytes +
                     (size_t)x * (size_t)canvas->pixel_bytes;

    if (canvas->pixel_bytes == 1) {
        int gray =
            (colour.red * 299 + colour.green * 587 + colour.blue * 114) / 1000;

        mix(pixel, gray, weight);
        return;
    }
    mix(pixel + canvas->red, colour.red, weight);
    mix(pixel + canvas->green, colour.green, weight);
    mix(pixel + canvas->blue, colour.blue, weight);
    if (canvas->pixel_bytes == 4)
        mix(pixel + 3, 255, weight);
}

/* Cuts [*from, *to] to where start + t * step lies in [low, high]. */
static bool cut(double start, double step, double low, double high,
                double *from, double *to)
{
    if (step == 0)
        return start >= low && start <= high;
    double a = (low - start) / step, b = (high - start) / step;
    *from = fmax(*from, fmin(a, b));
    *to = fmin(*to, fmax(a, b));
    return *from <= *to;
}

/* The part, as shares of the length, that can reach the picture. The margin
 * keeps the round ends of cut lines outside. */
static bool reach(const hp_canvas *canvas, const segment *s, double radius,
                  double *from, double *to)
{
    double margin = 2 * radius + 2;

    *from = 0;
    *to = 1;
    return cut(s->x0, s->x1 - s->x0, -margin, canvas->width_px + margin, from,
               to) &&
           cut(s->y0, s->y1 - s->y0, -margin, canvas->height_px + margin, from,
               to);
}

/* Columns of row y within `radius` of the segment, or a few more. */
static bool row_span(const segment *s, double y, double radius, double *left,
                     double *right)
{
    double from = 0, to = 1;
    double step_x = s->x1 - s->x0;

    if (!cut(s->y0, s->y1 - s->y0, y - radius, y + radius, &from, &to))
        return false;
    double a = s->x0 + from * step_x, b = s->x0 + to * step_x;
    *left = fmin(a, b) - radius;
    *right = fmax(a, b) + radius;
    return true;
}

static int clamp_to(double value, int low, int high)
{
    return value <= low ? low : value >= high ? high : (int)value;
}

static double distance_to(const segment *s, double x, double y)
{
    double dx = s->x1 - s->x0, dy = s->y1 - s->y0;
    double squared = dx * dx + dy * dy;
    double t =
        squared > 0 ? ((x - s->x0) * dx + (y - s->y0) * dy) / squared : 0;

    t = t < 0 ? 0 : t > 1 ? 1 : t;
    dx = x - (s->x0 + t * dx);
    dy = y - (s->y0 + t * dy);
    return sqrt(dx * dx + dy * dy);
}

/* The segment lies in or near the picture. */
static void draw_segment(const hp_canvas *canvas, const segment *s,
                         const hp_brush *brush)
{
    double reach_px = (double)brush->radius_px + 0.5;
    int top =
        clamp_to(floor(fmin(s->y0, s->y1) - reach_px), 0, canvas->height_px);
    int bottom =
        clamp_to(ceil(fmax(s->y0, s->y1) + reach_px) + 1, 0, canvas->height_px);

    for (int y = top; y < bottom; y++) {
        double left, right;

        if (!row_span(s, y, reach_px, &left, &right))
            continue;
        int first = clamp_to(floor(left), 0, canvas->width_px);
        int end = clamp_to(ceil(right) + 1, 0, canvas->width_px);
        for (int x = first; x < end; x++) {
            double coverage = reach_px - distance_to(s, x, y);

            if (coverage > 0)
                put(canvas, x, y, brush->colour,
                    (int)(256 * fmin(coverage, 1) * (double)brush->opacity));
        }
    }
}

static segment part_of(const segment *s, double from, double to)
{
    segment part = {s->x0 + from * (s->x1 - s->x0),
                    s->y0 + from * (s->y1 - s->y0),
                    s->x0 + to * (s->x1 - s->x0), s->y0 + to * (s->y1 - s->y0)};

    return part;
}

/* Dashes begin at the line's own start, wherever the picture cuts it. */
static void draw_dashes(const hp_canvas *canvas, const segment *s, double from,
                        double to, const hp_brush *brush)
{
    double length = hypot(s->x1 - s->x0, s->y1 - s->y0);
    double dash = (double)brush->dash_px / length;
    double period = 3 * dash;

    for (double start = floor(from / period) * period; start < to;
         start += period) {
        double end = fmin(start + dash, 1);
        segment part = part_of(s, start, end);

        if (end >= from)
            draw_segment(canvas, &part, brush);
    }
}

void hp_canvas_line(const hp_canvas *canvas, double x0, double y0, double x1,
                    double y1, const hp_brush *brush)
{
    segment s = {x0, y0, x1, y1};
    double from, to;

    if (!is_near(x0) || !is_near(y0) || !is_near(x1) || !is_near(y1) ||
        !reach(canvas, &s, (double)brush->radius_px, &from, &to))
        return;
    if (brush->dash_px >= 1 && (x0 != x1 || y0 != y1)) {
        draw_dashes(canvas, &s, from, to, brush);
        return;
    }
    segment part = part_of(&s, from, to);
    draw_segment(canvas, &part, brush);
}

void hp_canvas_disc(const hp_canvas *canvas, double x, double y,
                    const hp_brush *brush)
{
    hp_canvas_line(canvas, x, y, x, y, brush);
}

void hp_canvas_box(const hp_canvas *canvas, const hp_box *box,
                   const hp_brush *brush)
{
    double l = box->left, t = box->top, r = box->right, b = box->bottom;

    hp_canvas_line(canvas, l, t, r, t, brush);
    hp_canvas_line(canvas, r, t, r, b, brush);
    hp_canvas_line(canvas, r, b, l, b, brush);
    hp_canvas_line(canvas, l, b, l, t, brush);
}

typedef struct pixel_box {
    int left, top, right, bottom; /* right and bottom are outside */
} pixel_box;

static bool inside(const hp_canvas *canvas, const hp_box *box, pixel_box *out)
{
    if (!is_near(box->left) || !is_near(box->top) || !is_near(box->right) ||
        !is_near(box->bottom))
        return false;
    out->left = clamp_to(rint(box->left), 0, canvas->width_px);
    out->top = clamp_to(rint(box->top), 0, canvas->height_px);
    out->right = clamp_to(rint(box->right), 0, canvas->width_px);
    out->bottom = clamp_to(rint(box->bottom), 0, canvas->height_px);
    return out->left < out->right && out->top < out->bottom;
}

static void fill(const hp_canvas *canvas, const pixel_box *box,
                 hp_colour colour, float opacity)
{
    int weight = (int)(256 * opacity);

    for (int y = box->top; y < box->bottom; y++)
        for (int x = box->left; x < box->right; x++)
            put(canvas, x, y, colour, weight);
}

void hp_canvas_fill(const hp_canvas *canvas, const hp_box *box,
                    hp_colour colour, float opacity)
{
    pixel_box pixels;

    if (inside(canvas, box, &pixels))
        fill(canvas, &pixels, colour, opacity);
}

static hp_colour mean_of(const hp_canvas *canvas, const pixel_box *box)
{
    uint64_t red = 0, green = 0, blue = 0;
    uint64_t count =
        (uint64_t)(box->right - box->left) * (uint64_t)(box->bottom - box->top);

    for (int y = box->top; y < box->bottom; y++) {
        const uint8_t *pixel = canvas->data + (size_t)y * canvas->stride_bytes +
                               (size_t)box->left * (size_t)canvas->pixel_bytes;

        for (int x = box->left; x < box->right; x++) {
            red += pixel[canvas->red];
            green += pixel[canvas->green];
            blue += pixel[canvas->blue];
            pixel += canvas->pixel_bytes;
        }
    }
    hp_colour mean = {(uint8_t)(red / count), (uint8_t)(green / count),
                      (uint8_t)(blue / count)};
    return mean;
}

void hp_canvas_pixelate(const hp_canvas *canvas, const hp_box *box,
                        int cell_count)
{
    pixel_box all;

    if (!inside(canvas, box, &all))
        return;
    int width = all.right - all.left, height = all.bottom - all.top;
    for (int i = 0; i < cell_count; i++)
        for (int j = 0; j < cell_count; j++) {
            pixel_box cell = {
                all.left + (int)((int64_t)width * j / cell_count),
                all.top + (int)((int64_t)height * i / cell_count),
                all.left + (int)((int64_t)width * (j + 1) / cell_count),
                all.top + (int)((int64_t)height * (i + 1) / cell_count)};

            if (cell.left < cell.right && cell.top < cell.bottom)
                fill(canvas, &cell, mean_of(canvas, &cell), 1);
        }
}

int hp_canvas_text_width(const char *text, int scale)
{
    return (int)strlen(text) * HP_GLYPH_ADVANCE * scale;
}

static void draw_glyph(const hp_canvas *canvas, double left_px, double top_px,
                       const uint8_t *rows, int scale, hp_colour colour)
{
    for (int y = 0; y < HP_GLYPH_HEIGHT; y++)
        for (int x = 0; x < HP_GLYPH_WIDTH; x++) {
            hp_box dot = {left_px + x * scale, top_px + y * scale,
                          left_px + (x + 1) * scale, top_px + (y + 1) * scale};

            if ((rows[y] >> (HP_GLYPH_WIDTH - 1 - x) & 1) != 0)
                hp_canvas_fill(canvas, &dot, colour, 1);
        }
}

void hp_canvas_text(const hp_canvas *canvas, int left_px, int top_px,
                    const char *text, int scale, hp_colour colour)
{
    /* double: any place and length of text, no overflow */
    for (double x_px = left_px; *text != '\0' && x_px < canvas->width_px;
         text++) {
        draw_glyph(canvas, x_px, top_px, hp_glyph(*text), scale, colour);
        x_px += HP_GLYPH_ADVANCE * scale;
    }
}
