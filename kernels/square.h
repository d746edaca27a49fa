/* square.h - 16 by 16 floats, turned over: outputs lie behind one another in
 * a model, side by side in packed weights. */
#ifndef HP_SQUARE_H
#define HP_SQUARE_H

enum { SQUARE = 16 };

/* Rows of a square to its columns: a shuffle of the first half with the
 * second, as of cards, four times. */
static inline void transpose_square(float square[SQUARE * SQUARE])
{
    enum { HALF = SQUARE * SQUARE / 2 };
    float shuffled[SQUARE * SQUARE];

    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < HALF; i++) {
            shuffled[2 * i] = square[i];
            shuffled[2 * i + 1] = square[HALF + i];
        }
        for (int i = 0; i < HALF; i++) {
            square[2 * i] = shuffled[i];
            square[2 * i + 1] = shuffled[HALF + i];
        }
    }
}

#endif
