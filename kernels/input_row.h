/* input_row.h - rows of the 8-bit picture as the network sees them. */
#ifndef HP_INPUT_ROW_H
#define HP_INPUT_ROW_H

#include "layer.h"

/* What each byte becomes in each channel: a look-up is as fast as a
 * conversion, and takes the channels in any order. */
typedef struct hp_input_table {
    float value[3][256];
} hp_input_table;

static inline void hp_input_table_fill(hp_input_table *table,
                                       const hp_input *input)
{
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 256; i++)
            table->value[c][i] = ((float)i - input->mean[c]) * input->scale[c];
}

/* Row y of the picture, pixels `step` floats apart. */
static inline void hp_input_pixels(const hp_input_table *table,
                                   const hp_input *input, int y, int step,
                                   float *restrict to)
{
    const float *first = table->value[0], *second = table->value[1],
                *third = table->value[2];
    const int a = input->order[0], b = input->order[1], c = input->order[2];
    const uint8_t *restrict from =
        input->pixels + (size_t)y * input->stride_bytes;

    for (int x = 0; x < input->picture_width; x++, to += step) {
        to[0] = first[from[a]];
        to[1] = second[from[b]];
        to[2] = third[from[c]];
        from += input->pixel_bytes;
    }
}

#endif
