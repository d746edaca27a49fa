/* number.h - numbers as JSON wants them, whatever the locale. */
#ifndef HP_NUMBER_H
#define HP_NUMBER_H

#include <stddef.h>

/* The largest double has 309 digits before the point. */
enum { HP_NUMBER_BYTES = 320, HP_NUMBER_MAX_DECIMALS = 6 };

/* Writes value rounded to that many decimals (halves away from zero), without
 * zeros that say nothing: 316, 141.75, 0.5, never -0. From 2^53 on all digits
 * and ".0": many readers keep whole numbers in 64 bits. What is not finite is
 * "null". Returns the length without the final zero. */
size_t hp_number_write(double value, int decimals, char text[HP_NUMBER_BYTES]);

#endif
