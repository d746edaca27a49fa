/* product_scalar.h - rows of numbers times a panel of 16 columns: the inner
 * loop of every dense layer in portable C. */
#ifndef HP_PRODUCT_SCALAR_H
#define HP_PRODUCT_SCALAR_H

#include "pixel_scalar.h"

enum {
    HP_PANEL = 16,
    /* 3 rows x 4 vectors of sums, one of weights and one of the row: what 16
     * registers hold. */
    HP_PRODUCT_ROWS = 3
};

/* sums[row][HP_PANEL] = the product of a row of `depth` numbers with
 * panel[depth][HP_PANEL]. Each sum runs over the depth in order. */
static inline void hp_product_rows(int depth,
                                   const float *const rows[HP_PRODUCT_ROWS],
                                   const float *restrict panel,
                                   float *restrict sums)
{
    const float *a = rows[0], *b = rows[1], *c = rows[2];
    hp_lanes s[HP_PRODUCT_ROWS][4] = {{{0}}};

    for (int k = 0; k < depth; k++, panel += HP_PANEL) {
        hp_lanes w0 = hp_lanes_load(panel), w1 = hp_lanes_load(panel + 4);
        hp_lanes w2 = hp_lanes_load(panel + 8), w3 = hp_lanes_load(panel + 12);
        s[0][0] += a[k] * w0;
        s[0][1] += a[k] * w1;
        s[0][2] += a[k] * w2;
        s[0][3] += a[k] * w3;
        s[1][0] += b[k] * w0;
        s[1][1] += b[k] * w1;
        s[1][2] += b[k] * w2;
        s[1][3] += b[k] * w3;
        s[2][0] += c[k] * w0;
        s[2][1] += c[k] * w1;
        s[2][2] += c[k] * w2;
        s[2][3] += c[k] * w3;
    }
    memcpy(sums, s, sizeof s);
}

/* The same for any number of rows, `pitch` floats apart; out rows lie
 * out_pitch apart. */
static inline void hp_product(int row_count, int depth, const float *in,
                              size_t pitch, const float *panel, float *out,
                              size_t out_pitch)
{
    float sums[HP_PRODUCT_ROWS][HP_PANEL];
    const float *rows[HP_PRODUCT_ROWS];

    for (int i = 0; i < row_count; i += HP_PRODUCT_ROWS) {
        int count =
            row_count - i < HP_PRODUCT_ROWS ? row_count - i : HP_PRODUCT_ROWS;
        for (int r = 0; r < HP_PRODUCT_ROWS; r++)
            rows[r] = in + (size_t)(i + (r < count ? r : count - 1)) * pitch;
        hp_product_rows(depth, rows, panel, sums[0]);
        for (int r = 0; r < count; r++)
            memcpy(out + (size_t)(i + r) * out_pitch, sums[r], sizeof sums[r]);
    }
}

#endif
