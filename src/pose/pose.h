/* pose.h - maps to people: the two decoders share this face.
 *
 * best works at stride 8 in map_px; compat is the original on maps enlarged
 * by 4, in up_px, bit for bit (algorithm.md 4 to 6 and 13.2). */
#ifndef HP_POSE_H
#define HP_POSE_H

#include "base/memory.h"

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

/* What a decoder reads. Planes of height * width floats. */
typedef struct hp_pose_input {
    const float *heatmaps; /* 19 planes */
    const float *pafs;     /* 38 planes */
    const int *limb_paf;   /* 19: PAF channel of x of each limb */
    int width_map_px, height_map_px;
    /* Thresholds, not negative: the mode's own are already put in. */
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

hatpose_status hp_pose_decoder_create(hp_memory *memory, hp_pose_decoder **out,
                                      hatpose_error *err);
void hp_pose_decoder_destroy(hp_pose_decoder *decoder); /* NULL is fine */

hatpose_status hp_pose_decode_best(hp_pose_decoder *decoder,
                                   const hp_pose_input *input, hp_people *out,
                                   hatpose_error *err);
hatpose_status hp_pose_decode_compat(hp_pose_decoder *decoder,
                                     const hp_pose_input *input, hp_people *out,
                                     hatpose_error *err);

#endif
