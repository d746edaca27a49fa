/* digits.h - numbers in results. */
#ifndef DIGITS_H
#define DIGITS_H

#include "bytes.h"

/* As the native JSON has them: pixels with 2 decimals, scores with 4, zeros
 * at the end left out. */
void digits_px(bytes *out, double value);
void digits_score(bytes *out, double value);

#endif
