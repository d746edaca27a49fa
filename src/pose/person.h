/* person.h - limbs to people (docs/algorithm.md, "People"). */
#ifndef HP_PERSON_H
#define HP_PERSON_H

#include "pose/limb.h"

typedef struct hp_person_set {
    const hp_person *people;
    int count;
} hp_person_set;

/* Working memory, reused; all zero at first. */
typedef struct hp_person_joiner {
    hp_buffer people;
    hp_buffer sums;   /* best: of each person's limbs */
    hp_buffer owners; /* best: which person has a peak, or -1 */
    hp_buffer ranks;  /* best: limbs of all types, completions, people */
    hp_buffer completions;
    hp_buffer seen;   /* best: keypoints of people when last looked at */
    hp_buffer sorted; /* best: the answer */
} hp_person_joiner;

/* The set is the joiner's, valid until its next call. person_threshold is on
 * the mean score that docs/algorithm.md, "People", tells. */
hatpose_status hp_person_join_best(hp_memory *memory, hp_person_joiner *joiner,
                                   const hp_pose_input *input,
                                   const hp_peak_set *peaks,
                                   const hp_limb_finder *finder,
                                   const hp_limb_set *limbs,
                                   double person_threshold, hp_person_set *out,
                                   hatpose_error *err);
hatpose_status hp_person_join_compat(hp_memory *memory,
                                     hp_person_joiner *joiner,
                                     const hp_peak_set *peaks,
                                     const hp_limb_set *limbs,
                                     double person_threshold,
                                     hp_person_set *out, hatpose_error *err);

void hp_person_joiner_release(hp_memory *memory, hp_person_joiner *joiner);

#endif
