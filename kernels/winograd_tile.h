/* winograd_tile.h - what every F(4x4, 3x3) kernel shares: where the tiles of
 * a picture lie, and the transformed weight. Points 0, 1, -1, 2, -2. */
#ifndef HP_WINOGRAD_TILE_H
#define HP_WINOGRAD_TILE_H

#include "layer.h"

enum { HP_WINOGRAD_ELEMENTS = 36 };

/* The output pixel at a tile's left top; pixels of the tile are `dilation`
 * apart. index < hp_winograd_tile_count. */
static inline void hp_winograd_tile_at(int width, int height, int dilation,
                                       int index, int *x, int *y)
{
    for (int py = 0; py < dilation && py < height; py++)
        for (int px = 0; px < dilation && px < width; px++) {
            int across = ((width - px - 1) / dilation + 4) / 4;
            int down = ((height - py - 1) / dilation + 4) / 4;
            if (index < across * down) {
                *x = px + index % across * 4 * dilation;
                *y = py + index / across * 4 * dilation;
                return;
            }
            index -= across * down;
        }
}

/* G w G^T, in double and rounded once. */
static inline void hp_winograd_weight(const float weight[9], float out[36])
{
    static const double g[6][3] = {
        {1.0 / 4, 0, 0},
        {-1.0 / 6, -1.0 / 6, -1.0 / 6},
        {-1.0 / 6, 1.0 / 6, -1.0 / 6},
        {1.0 / 24, 1.0 / 12, 1.0 / 6},
        {1.0 / 24, -1.0 / 12, 1.0 / 6},
        {0, 0, 1},
    };
    double half[6][3];

    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 3; j++)
            half[i][j] = g[i][0] * (double)weight[j] +
                         g[i][1] * (double)weight[3 + j] +
                         g[i][2] * (double)weight[6 + j];
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++)
            out[i * 6 + j] =
                (float)(half[i][0] * g[j][0] + half[i][1] * g[j][1] +
                        half[i][2] * g[j][2]);
}

#endif
