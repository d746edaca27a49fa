/* limb.h - pairs of peaks that the PAFs join (docs/algorithm.md, "Limbs"). */
#ifndef HP_LIMB_H
#define HP_LIMB_H

#include "base/skeleton.h"
#include "kernels.h"
#include "pose/peak.h"

typedef struct hp_limb {
    double score; /* mean PAF response along it */
    int from, to; /* indices of peaks */
} hp_limb;

/* Type t has limbs[first[t]] .. limbs[first[t + 1] - 1], best first; no two
 * of a type share a peak. */
typedef struct hp_limb_set {
    const hp_limb *limbs;
    int first[HP_LIMB_COUNT + 1];
} hp_limb_set;

/* Working memory, reused; all zero at first but the kernels. */
typedef struct hp_limb_finder {
    const hp_kernels *kernels; /* the caller's */
    hp_field fields[HP_LIMB_COUNT];
    hp_buffer field;  /* what they hold */
    hp_buffer pairs;  /* candidates of one type, and room to sort them */
    hp_buffer strong; /* first peaks of the type at hand that are strong */
    hp_buffer taken;  /* per peak: has a limb of the type at hand */
    hp_buffer limbs;
} hp_limb_finder;

/* The set is the finder's, valid until its next call. best starts limbs at
 * peaks of at least keypoint_threshold only. */
hatpose_status hp_limb_find_best(hp_memory *memory, hp_limb_finder *finder,
                                 const hp_pose_input *input,
                                 const hp_peak_set *peaks, hp_limb_set *out,
                                 hatpose_error *err);
hatpose_status hp_limb_find_compat(hp_memory *memory, hp_limb_finder *finder,
                                   const hp_pose_input *input,
                                   const hp_peak_set *peaks, hp_limb_set *out,
                                   hatpose_error *err);

/* How many of ten samples along a limb may fail to respond, and how many of
 * the four in its middle. */
typedef struct hp_limb_demand {
    int failed_middle_most, failed_most;
} hp_limb_demand;

/* best, of any two peaks after hp_limb_find_best: the mean response along a
 * limb of a type, 0 when it falls short of the demand. */
float hp_limb_score_best(const hp_limb_finder *finder,
                         const hp_pose_input *input, int type,
                         const hp_peak *from, const hp_peak *to,
                         const hp_limb_demand *demand);

void hp_limb_finder_release(hp_memory *memory, hp_limb_finder *finder);

#endif
