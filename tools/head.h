/* head.h - where the head of a person is, as far as joints tell. */
#ifndef HEAD_H
#define HEAD_H

#include <hatpose.h>

#include "pixmap.h"

typedef struct head_square { /* px; larger than the picture if it must */
    double left, top, side;
} head_square;

/* With room around it, so that a hat is seen too. */
head_square head_find(const hatpose_person *person, const pixmap *picture);
/* The same around a head that the hat maps show. */
head_square head_around(const hatpose_head *head, const pixmap *picture);
/* out becomes side_px * side_px, grey where the square leaves the picture. */
void head_cut(const pixmap *picture, const head_square *square, int side_px,
              pixmap *out);

#endif
