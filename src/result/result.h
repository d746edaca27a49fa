/* result.h - what the caller owns: one block, independent of the context. */
#ifndef HP_RESULT_H
#define HP_RESULT_H

#include "base/memory.h"

struct hatpose_result {
    hp_memory memory;
    uint32_t width_px, height_px;
    uint32_t precision;      /* that ran; 0 when no network did */
    uint32_t maps_with_hats; /* 1: heads are part of the answer */
    hatpose_times times;
    hatpose_person *people; /* struct_size: sizeof of this library */
    hatpose_hat *hats;
    hatpose_head *heads;
    hatpose_peak *peaks;
    uint32_t person_count, hat_count, head_count, peak_count;
};

typedef struct hp_result_sizes {
    uint32_t person_count, hat_count, head_count, peak_count;
} hp_result_sizes;

/* All elements zero but the "none" values (-1) of people, hats, heads. */
hatpose_status hp_result_create(const hatpose_host *host,
                                const hp_result_sizes *sizes,
                                hatpose_result **out, hatpose_error *err);
/* A copy whose joints below min_score are not found. */
hatpose_status hp_result_filter(const hatpose_result *result, float min_score,
                                hatpose_result **out, hatpose_error *err);
void hp_result_destroy(hatpose_result *result); /* NULL is fine */

#endif
