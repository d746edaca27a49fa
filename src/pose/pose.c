/* pose.c - the two decoders as chains of the same three steps: peaks, limbs,
 * people. In: heatmaps and PAFs. Out: people as indices of peaks. */
#include "pose/pose.h"

#include <string.h>

#include "base/error.h"
#include "pose/person.h"

/* Keeps every size below what int and 32-bit size_t hold, and places on the
 * maps exact to far less than a cell as floats. */
enum { CELLS_MOST = 1 << 20, SIDE_MOST_MAP_PX = 4096 };

const hp_pose_thresholds hp_pose_best_own = {0.1F, 0.05F, 0.6};
const hp_pose_thresholds hp_pose_compat_own = {0.1F, 0.05F, 0.2};

struct hp_pose_decoder {
    hp_memory *memory;
    hp_peak_finder peak_finder;
    hp_limb_finder limb_finder;
    hp_person_joiner joiner;
};

hatpose_status hp_pose_decoder_create(hp_memory *memory,
                                      const hp_kernels *kernels,
                                      hp_pose_decoder **out, hatpose_error *err)
{
    void *block;
    hatpose_status status = hp_allocate_array(
        memory, 1, sizeof(hp_pose_decoder), "decoder", &block, err);

    *out = block;
    if (status != HATPOSE_OK)
        return status;
    (*out)->memory = memory;
    (*out)->peak_finder.kernels = kernels;
    (*out)->limb_finder.kernels = kernels;
    return HATPOSE_OK;
}

void hp_pose_decoder_destroy(hp_pose_decoder *decoder)
{
    if (decoder == NULL)
        return;
    hp_person_joiner_release(decoder->memory, &decoder->joiner);
    hp_limb_finder_release(decoder->memory, &decoder->limb_finder);
    hp_peak_finder_release(decoder->memory, &decoder->peak_finder);
    hp_deallocate(decoder->memory, decoder);
}

/* Puts the mode's own thresholds where the caller has none. */
static hatpose_status prepare(const hp_pose_input *input,
                              const hp_pose_thresholds *own,
                              hp_pose_input *ready, hatpose_error *err)
{
    int width = input->width_map_px, height = input->height_map_px;

    if (width < 1 || height < 1 || width > SIDE_MOST_MAP_PX ||
        height > SIDE_MOST_MAP_PX || width > CELLS_MOST / height)
        return hp_fail(err, HATPOSE_E_LIMIT,
                       "maps of %d x %d: sides of 1 to %d and at most %d "
                       "cells can be decoded",
                       width, height, SIDE_MOST_MAP_PX, CELLS_MOST);
    *ready = *input;
    if (ready->keypoint_threshold < 0)
        ready->keypoint_threshold = own->keypoint;
    if (ready->limb_threshold < 0)
        ready->limb_threshold = own->limb;
    return HATPOSE_OK;
}

static double person_threshold(const hp_pose_input *input,
                               const hp_pose_thresholds *own)
{
    return input->person_threshold < 0 ? own->person
                                       : (double)input->person_threshold;
}

static void publish(const hp_peak_set *peaks, const hp_person_set *people,
                    hp_people *out)
{
    out->peaks = peaks->peaks;
    out->peak_count = peaks->first[HATPOSE_KEYPOINT_COUNT];
    out->people = people->people;
    out->person_count = people->count;
}

hatpose_status hp_pose_decode_best(hp_pose_decoder *decoder,
                                   const hp_pose_input *input, hp_people *out,
                                   hatpose_error *err)
{
    hp_memory *memory = decoder->memory;
    hp_pose_input ready;
    hp_peak_set peaks;
    hp_limb_set limbs;
    hp_person_set people;

    memset(out, 0, sizeof *out);
    hatpose_status status = prepare(input, &hp_pose_best_own, &ready, err);
    if (status == HATPOSE_OK)
        status = hp_peak_find_best(memory, &decoder->peak_finder, &ready,
                                   ready.keypoint_threshold, &peaks, err);
    if (status == HATPOSE_OK)
        status = hp_limb_find_best(memory, &decoder->limb_finder, &ready,
                                   &peaks, &limbs, err);
    if (status == HATPOSE_OK)
        status = hp_person_join_best(
            memory, &decoder->joiner, &ready, &peaks, &decoder->limb_finder,
            &limbs, person_threshold(input, &hp_pose_best_own), &people, err);
    if (status == HATPOSE_OK)
        publish(&peaks, &people, out);
    return status;
}

hatpose_status hp_pose_decode_compat(hp_pose_decoder *decoder,
                                     const hp_pose_input *input, hp_people *out,
                                     hatpose_error *err)
{
    hp_memory *memory = decoder->memory;
    hp_pose_input ready;
    hp_peak_set peaks;
    hp_limb_set limbs;
    hp_person_set people;

    memset(out, 0, sizeof *out);
    hatpose_status status = prepare(input, &hp_pose_compat_own, &ready, err);
    if (status == HATPOSE_OK)
        status = hp_peak_find_compat(memory, &decoder->peak_finder, &ready,
                                     ready.keypoint_threshold, &peaks, err);
    if (status == HATPOSE_OK)
        status = hp_limb_find_compat(memory, &decoder->limb_finder, &ready,
                                     &peaks, &limbs, err);
    if (status == HATPOSE_OK)
        status = hp_person_join_compat(
            memory, &decoder->joiner, &peaks, &limbs,
            person_threshold(input, &hp_pose_compat_own), &people, err);
    if (status == HATPOSE_OK)
        publish(&peaks, &people, out);
    return status;
}
