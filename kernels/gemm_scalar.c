/* gemm_scalar.c - matrix product in portable C, the reference and the path
 * without OpenBLAS. B is packed in panels of PANEL columns and BLOCK_K rows
 * that stay in L1; a tile of TILE rows by PANEL columns stays in registers.
 * Four-wide vectors of the compiler, because gcc does not vectorise the
 * tile's loops as wanted; every target has a lowering for them. */
#include <stdbool.h>
#include <string.h>

#include "variants.h"

enum {
    LANES = 4,
    TILE = 4,
    PANEL_VECTORS = 2, /* 4 x 2 sums fit 16 registers with room for B */
    PANEL = LANES * PANEL_VECTORS,
    BLOCK_K = 512 /* a panel of 16 KiB: half an L1 cache */
};

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));

static lanes load(const float *p)
{
    lanes v;

    memcpy(&v, p, sizeof v);
    return v;
}

/* Columns first .. first + columns - 1 of a block of B; columns past the end
 * are zero, so that the tile needs no tail. */
static void pack_panel(int k, int columns, const float *restrict b, size_t ldb,
                       float *restrict panel)
{
    for (int p = 0; p < k; p++, b += ldb, panel += PANEL) {
        for (int j = 0; j < columns; j++)
            panel[j] = b[j];
        for (int j = columns; j < PANEL; j++)
            panel[j] = 0.0f;
    }
}

/* sums[TILE][PANEL] = the product of TILE rows of A with a panel. */
static void multiply_tile(int k, const float *const rows[TILE],
                          const float *restrict panel, float *restrict sums)
{
    const float *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
    lanes s[TILE][PANEL_VECTORS] = {{{0}}};

    for (int p = 0; p < k; p++, panel += PANEL) {
        lanes b0 = load(panel), b1 = load(panel + LANES);
        s[0][0] += r0[p] * b0;
        s[0][1] += r0[p] * b1;
        s[1][0] += r1[p] * b0;
        s[1][1] += r1[p] * b1;
        s[2][0] += r2[p] * b0;
        s[2][1] += r2[p] * b1;
        s[3][0] += r3[p] * b0;
        s[3][1] += r3[p] * b1;
    }
    memcpy(sums, s, sizeof s);
}

/* One panel's columns of C, all rows; adds to C unless it is the first block
 * of k. Rows past the end repeat the last one and are not stored. */
static void multiply_panel(int m, int columns, int k, const float *a,
                           size_t lda, const float *panel, bool first,
                           float *restrict c, size_t ldc)
{
    float sums[TILE][PANEL];
    const float *rows[TILE];

    for (int i = 0; i < m; i += TILE) {
        int count = m - i < TILE ? m - i : TILE;
        for (int t = 0; t < TILE; t++)
            rows[t] = a + (size_t)(i + (t < count ? t : count - 1)) * lda;
        multiply_tile(k, rows, panel, sums[0]);
        for (int t = 0; t < count; t++) {
            float *out = c + (size_t)(i + t) * ldc;
            for (int j = 0; j < columns; j++)
                out[j] = first ? sums[t][j] : out[j] + sums[t][j];
        }
    }
}

void hp_gemm_f32_scalar(int m, int n, int k, const float *a, size_t lda,
                        const float *b, size_t ldb, float *c, size_t ldc)
{
    float panel[BLOCK_K * PANEL];

    for (int p = 0; p < k; p += BLOCK_K) {
        int depth = k - p < BLOCK_K ? k - p : BLOCK_K;
        for (int j = 0; j < n; j += PANEL) {
            int columns = n - j < PANEL ? n - j : PANEL;
            pack_panel(depth, columns, b + (size_t)p * ldb + j, ldb, panel);
            multiply_panel(m, columns, depth, a + p, lda, panel, p == 0, c + j,
                           ldc);
        }
    }
}
