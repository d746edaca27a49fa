/* int8_weight.h - how every INT8 table rounds weights. Of a dense layer: the
 * step of the input channel goes into the weight, then the largest of an
 * output becomes 127. Of a depthwise layer: the largest of a channel does. */
#ifndef HP_INT8_WEIGHT_H
#define HP_INT8_WEIGHT_H

#include <math.h>

#include "layer.h"

/* The weight of a tap with the step of its input in it. */
static inline float hp_int8_stepped(const hp_conv_weights *weights, int output,
                                    int input, int tap)
{
    size_t at = ((size_t)output * (size_t)weights->inputs + (size_t)input) *
                    (size_t)weights->tap_count +
                (size_t)tap;

    return weights->weight[at] * weights->in_step[input];
}

/* What a unit of the output's weights is worth; 1 when all are 0. */
static inline float hp_int8_scale(const hp_conv_weights *weights, int output)
{
    float largest = 0.0f;

    for (int i = 0; i < weights->inputs; i++)
        for (int t = 0; t < weights->tap_count; t++)
            largest =
                fmaxf(largest, fabsf(hp_int8_stepped(weights, output, i, t)));
    largest /= 127.0f;
    return largest > 0.0f ? largest : 1.0f;
}

/* -127..127 */
static inline int hp_int8_weight(float stepped, float scale)
{
    int code = (int)rintf(stepped / scale);

    return code < -127 ? -127 : code > 127 ? 127 : code;
}

/* The scale of a channel of a depthwise layer: the largest of its nine
 * weights, which lie `apart`, becomes 127. */
static inline float hp_int8_channel_scale(const float *weight, int apart)
{
    float largest = 0.0f;

    for (int t = 0; t < 9; t++)
        largest = fmaxf(largest, fabsf(weight[t * apart]));
    largest /= 127.0f;
    return largest > 0.0f ? largest : 1.0f;
}

#endif
