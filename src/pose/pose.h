/* pose.h - maps to people: the two decoders share this face.
 *
 * best works at stride 8 in map_px; compat is the original on maps enlarged
 * by 4, in up_px, bit for bit (docs/algorithm.md). Any maps are fine, also
 * such that no network makes: the answer then is bounded, not sensible. */
#ifndef HP_POSE_H
#define HP_POSE_H

#include "base/memory.h"
#include "kernels.h"

/* Peaks of one joint: compat refuses more, best keeps the strongest. Pairs of
 * peaks that limbs may join, of all types together: compat refuses more; 290
 * peaks of every joint have as many, and crowds of 50 people have 40,000.
 * Within these limits decoding takes 50 ms in best and 200 ms in compat,
 * whatever the maps are (docs/performance.md). */
enum {
    HP_PEAK_LIMIT_COMPAT = 1024,
    HP_PEAK_LIMIT_BEST = 160,
    HP_PAIR_LIMIT_COMPAT = 1600000
};

typedef struct hp_peak {
    float x, y; /* map_px in best; whole up_px in compat */
    float score;
    uint32_t joint; /* 0..17 */
} hp_peak;

typedef struct hp_person {
    int peaks[HATPOSE_KEYPOINT_COUNT]; /* indices or -1 */
    double score; /* ranking score in best, grouping sum in compat */
    int count;    /* found keypoints; compat: the grouping's count */
} hp_person;

/* Each mode's own thresholds, for what the caller leaves negative. */
typedef struct hp_pose_thresholds {
    float keypoint, limb;
    double person; /* a double in the original */
} hp_pose_thresholds;

extern const hp_pose_thresholds hp_pose_best_own, hp_pose_compat_own;

/* What a decoder reads. Planes of height * width floats. */
typedef struct hp_pose_input {
    const float *heatmaps; /* 19 planes */
    const float *pafs;     /* 38 planes */
    const int *limb_paf;   /* 19: PAF channel of x of each limb */
    int width_map_px, height_map_px;
    /* As in hatpose_options; negative: the mode's own. */
    float keypoint_threshold, limb_threshold, person_threshold;
    uint32_t max_people; /* best keeps the first by score; compat ignores */
} hp_pose_input;

/* What a decoder found; owned by the decoder, valid until its next call. */
typedef struct hp_people {
    const hp_peak *peaks; /* by joint, then as found */
    int peak_count;
    const hp_person *people; /* best: by falling score; compat: its order */
    int person_count;
} hp_people;

/* Working memory of both decoders, grown as needed and kept. */
typedef struct hp_pose_decoder hp_pose_decoder;

/* The table is the caller's, and stays where it is. */
hatpose_status hp_pose_decoder_create(hp_memory *memory,
                                      const hp_kernels *kernels,
                                      hp_pose_decoder **out,
                                      hatpose_error *err);
void hp_pose_decoder_destroy(hp_pose_decoder *decoder); /* NULL is fine */

/* *out is empty unless HATPOSE_OK. */
hatpose_status hp_pose_decode_best(hp_pose_decoder *decoder,
                                   const hp_pose_input *input, hp_people *out,
                                   hatpose_error *err);
/* More than HP_PEAK_LIMIT_COMPAT peaks of a joint, or more than
 * HP_PAIR_LIMIT_COMPAT pairs: HATPOSE_E_LIMIT. */
hatpose_status hp_pose_decode_compat(hp_pose_decoder *decoder,
                                     const hp_pose_input *input, hp_people *out,
                                     hatpose_error *err);

#endif
