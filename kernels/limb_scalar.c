/* limb_scalar.c - responses along limbs, in plain loops. */
#include "variants.h"

/* The field at a place, between four cells, times a vector. */
static float response_linear(const hp_field *field, float x, float y,
                             float by_x, float by_y)
{
    int left = (int)x, top = (int)y;
    float rx = x - (float)left, ry = y - (float)top;
    /* Places count from the cell (-1, -1). */
    const float *p = field->corner + (top + 1) * field->row + (left + 1) * 2;
    const float *q = p + field->row;
    float p0 = p[0] * by_x + p[1] * by_y, p1 = p[2] * by_x + p[3] * by_y;
    float q0 = q[0] * by_x + q[1] * by_y, q1 = q[2] * by_x + q[3] * by_y;
    float upper = p0 + (p1 - p0) * rx, lower = q0 + (q1 - q0) * rx;

    return upper + (lower - upper) * ry;
}

static inline float sample(const hp_field *field, const hp_segment *s, int i)
{
    float way = hp_sample_ways[i];

    return response_linear(field, s->x + s->way_x * way, s->y + s->way_y * way,
                           s->way_x, s->way_y);
}

int hp_filter_linear_scalar(const hp_field *field, const hp_segment *segments,
                            int count, int failed_most, int32_t *kept)
{
    int kept_count = 0;

    for (int i = 0; i < count; i++) {
        const hp_segment *s = &segments[i];
        int failed = 0;

        for (int k = 0; k < HP_MIDDLE_SAMPLES && failed <= failed_most; k++)
            failed += !(sample(field, s, k) > s->threshold);
        kept[kept_count] = i;
        kept_count += failed <= failed_most;
    }
    return kept_count;
}

float hp_sum_linear_scalar(const hp_field *field, const hp_segment *s,
                           int failed_middle_most, int failed_most)
{
    float sum = 0;
    int failed = 0;

    for (int i = 0; i < HP_SAMPLES; i++) {
        float e = sample(field, s, i);

        sum += e;
        failed += !(e > s->threshold);
        if (failed > (i < HP_MIDDLE_SAMPLES ? failed_middle_most : failed_most))
            return 0;
    }
    return sum;
}

/* Nearest whole number, ties to even: the sum leaves no bits for a fraction.
 * For 0 .. 2^22; rintf is a call where the machine has no instruction. */
static int nearest(float value)
{
    const float shift = 12582912.0F; /* 1.5 * 2^23 */

    return (int)((value + shift) - shift);
}

/* One of the two values of a pixel of the enlarged field. */
static float cubic_at(const float *cells, int row, int phase_x, int phase_y)
{
    float sums[4];

    for (int i = 0; i < 4; i++) {
        const float *p = cells + i * row;

        sums[i] = p[0] * hp_cubic_weights[0][phase_x] +
                  p[2] * hp_cubic_weights[1][phase_x] +
                  p[4] * hp_cubic_weights[2][phase_x] +
                  p[6] * hp_cubic_weights[3][phase_x];
    }
    return sums[0] * hp_cubic_weights[0][phase_y] +
           (sums[1] * hp_cubic_weights[1][phase_y] +
            (sums[2] * hp_cubic_weights[2][phase_y] +
             sums[3] * hp_cubic_weights[3][phase_y]));
}

int hp_sample_cubic_scalar(const hp_field *field, const hp_segment *s,
                           int failed_most, float responses[HP_SAMPLES])
{
    const float ninth = 1.0F / (HP_SAMPLES - 1);
    float step_x = ninth * s->way_x, step_y = ninth * s->way_y;
    int failed = 0;

    for (int i = 0; i < HP_SAMPLES; i++) {
        int k = hp_sample_order[i];
        /* 2 on: the pixels of a cell's four begin there. */
        int x = nearest(step_x * (float)k + s->x) + 2;
        int y = nearest(step_y * (float)k + s->y) + 2;
        const float *cells = field->corner + y / 4 * field->row + x / 4 * 2;
        float at_x = cubic_at(cells, field->row, x % 4, y % 4);
        float at_y = cubic_at(cells + 1, field->row, x % 4, y % 4);
        float e = at_x * s->along_x + at_y * s->along_y;

        if (!(e > s->threshold)) {
            e *= 0;
            if (++failed > failed_most)
                return failed;
        }
        responses[k] = e;
    }
    return failed;
}
