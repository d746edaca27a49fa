/* digits.h - numbers in results. */
#ifndef DIGITS_H
#define DIGITS_H

#include "bytes.h"

/* As the native JSON has them: pixels with 2 decimals, scores with 4, zeros
 * at the end left out. */
void digits_px(bytes *out, double value);
void digits_score(bytes *out, double value);
/* As short as they can be and still be the same number when read: what
 * COCO's evaluation computes with must not be rounded. */
void digits_float(bytes *out, float value);
void digits_double(bytes *out, double value);

#endif
