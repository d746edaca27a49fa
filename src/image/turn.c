/* turn.c - the eight EXIF orientations as one walk.
 *
 * In: the stored picture. Out: the picture as it is to be seen. The walk goes
 * in square tiles: where rows become columns, a tile's lines stay in the
 * cache until all of their bytes are used. */
#include "image/turn.h"

#include <stddef.h>
#include <string.h>

enum { TILE_PX = 16, PIXEL_BYTES = 3 };

/* The stored pixel of an output pixel: first + x * step_x + y * step_y. */
typedef struct walk {
    const uint8_t *first;
    ptrdiff_t step_x, step_y;
    int width_px, height_px; /* of the output */
} walk;

bool hp_turn_swaps_sides(int orientation)
{
    return orientation >= 5 && orientation <= 8;
}

static walk make_walk(const uint8_t *stored, int width_px, int height_px,
                      int orientation)
{
    ptrdiff_t right = PIXEL_BYTES, down = (ptrdiff_t)width_px * PIXEL_BYTES;
    /* Where the output begins at the stored right edge, or bottom. */
    bool from_right = orientation == 2 || orientation == 3 ||
                      orientation == 7 || orientation == 8;
    bool from_bottom = orientation == 3 || orientation == 4 ||
                       orientation == 6 || orientation == 7;
    walk w = {stored, right, down, width_px, height_px};

    if (from_right) {
        w.first += (width_px - 1) * right;
        right = -right;
    }
    if (from_bottom) {
        w.first += (height_px - 1) * down;
        down = -down;
    }
    w.step_x = right;
    w.step_y = down;
    if (hp_turn_swaps_sides(orientation)) {
        w.step_x = down;
        w.step_y = right;
        w.width_px = height_px;
        w.height_px = width_px;
    }
    return w;
}

static void turn_tile(const walk *w, int left, int top, uint8_t *restrict out)
{
    int right = left + TILE_PX < w->width_px ? left + TILE_PX : w->width_px;
    int bottom = top + TILE_PX < w->height_px ? top + TILE_PX : w->height_px;

    for (int y = top; y < bottom; y++) {
        const uint8_t *from = w->first + left * w->step_x + y * w->step_y;
        uint8_t *to = out + ((size_t)y * (size_t)w->width_px + (size_t)left) *
                                PIXEL_BYTES;

        for (int x = left; x < right; x++) {
            memcpy(to, from, 2); /* two moves a pixel instead of three */
            to[2] = from[2];
            to += PIXEL_BYTES;
            from += w->step_x;
        }
    }
}

void hp_turn(const uint8_t *stored, int width_px, int height_px,
             int orientation, uint8_t *out)
{
    walk w = make_walk(stored, width_px, height_px, orientation);

    for (int top = 0; top < w.height_px; top += TILE_PX)
        for (int left = 0; left < w.width_px; left += TILE_PX)
            turn_tile(&w, left, top, out);
}
