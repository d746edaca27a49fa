/* turn.h - a picture turned or mirrored as an EXIF orientation says. */
#ifndef HP_TURN_H
#define HP_TURN_H

#include <stdbool.h>
#include <stdint.h>

/* True for the orientations that change width and height. */
bool hp_turn_swaps_sides(int orientation);

/* Packed BGR8; orientation 1..8 of a stored picture of width_px x height_px.
 * The output does not overlap the input. */
void hp_turn(const uint8_t *stored, int width_px, int height_px,
             int orientation, uint8_t *out);

#endif
