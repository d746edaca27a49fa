/* peak.h - heatmaps to candidate joints (docs/algorithm.md, "Peaks"). */
#ifndef HP_PEAK_H
#define HP_PEAK_H

#include "kernels.h"
#include "pose/pose.h"

/* Memory for what comes after is made for this many peaks a joint at least,
 * so that it seldom grows from picture to picture. */
enum { HP_PEAK_ROOM = 64 };

/* Joint j has peaks[first[j]] .. peaks[first[j + 1] - 1]. */
typedef struct hp_peak_set {
    const hp_peak *peaks;
    int first[HATPOSE_KEYPOINT_COUNT + 1];
} hp_peak_set;

/* Working memory, reused; all zero at first but the kernels. */
typedef struct hp_peak_finder {
    const hp_kernels *kernels; /* the caller's */
    hp_buffer map;             /* of one joint, with a border of one pixel */
    hp_buffer wide;            /* compat: a heatmap enlarged along x */
    hp_buffer columns;         /* of the maxima of one row */
    hp_buffer found;           /* maxima of one joint, by y, then x */
    hp_buffer order; /* compat: the same by x, then y; best: by score */
    hp_buffer peaks; /* of all joints */
    int width, height;
} hp_peak_finder;

/* The set is the finder's, valid until its next call. */
hatpose_status hp_peak_find_best(hp_memory *memory, hp_peak_finder *finder,
                                 const hp_pose_input *input, float threshold,
                                 hp_peak_set *out, hatpose_error *err);
hatpose_status hp_peak_find_compat(hp_memory *memory, hp_peak_finder *finder,
                                   const hp_pose_input *input, float threshold,
                                   hp_peak_set *out, hatpose_error *err);

/* The steps of hp_peak_find_compat. Room for maps of a size; then for each
 * joint, in order: its map, row by row, and its peaks. */
hatpose_status hp_peak_begin_compat(hp_memory *memory, hp_peak_finder *finder,
                                    int width_up_px, int height_up_px,
                                    hp_peak_set *out, hatpose_error *err);
float *hp_peak_map_row(const hp_peak_finder *finder, int y);
hatpose_status hp_peak_add_compat(hp_peak_finder *finder, int joint,
                                  float threshold, hp_peak_set *out,
                                  hatpose_error *err);

void hp_peak_finder_release(hp_memory *memory, hp_peak_finder *finder);

#endif
