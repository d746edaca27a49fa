/* result.c - one block holds a result and its arrays, so that a detection
 * costs one allocation and the result needs nobody else. */
#include "result/result.h"

#include <string.h>

typedef struct layout {
    size_t people, hats, heads, peaks, total; /* offsets in bytes */
} layout;

/* Room for count elements at the end of *total; false on overflow. Every
 * element size is a multiple of 4 and arrays start at multiples of 16. */
static bool append(size_t *total, size_t *at, uint32_t count,
                   size_t element_bytes)
{
    size_t bytes;

    if (!hp_size_add(*total, 15, total))
        return false;
    *total &= ~(size_t)15;
    *at = *total;
    return hp_size_multiply(count, element_bytes, &bytes) &&
           hp_size_add(*total, bytes, total);
}

static bool lay_out(const hp_result_sizes *sizes, layout *out)
{
    out->total = sizeof(hatpose_result);
    return append(&out->total, &out->people, sizes->person_count,
                  sizeof(hatpose_person)) &&
           append(&out->total, &out->hats, sizes->hat_count,
                  sizeof(hatpose_hat)) &&
           append(&out->total, &out->heads, sizes->head_count,
                  sizeof(hatpose_head)) &&
           append(&out->total, &out->peaks, sizes->peak_count,
                  sizeof(hatpose_peak));
}

static void set_none(hatpose_result *result)
{
    for (uint32_t i = 0; i < result->person_count; i++) {
        hatpose_person *person = &result->people[i];
        person->struct_size = sizeof *person;
        person->id = -1;
        person->area_rate = -1;
        person->hat_index = -1;
        for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++)
            person->peaks[k] = -1;
    }
    for (uint32_t i = 0; i < result->hat_count; i++)
        result->hats[i].person_index = result->hats[i].holder_index = -1;
    for (uint32_t i = 0; i < result->head_count; i++)
        result->heads[i].hat_index = result->heads[i].person_index = -1;
}

hatpose_status hp_result_create(const hatpose_host *host,
                                const hp_result_sizes *sizes,
                                hatpose_result **out, hatpose_error *err)
{
    layout at;
    hp_memory memory;
    void *block;

    *out = NULL;
    /* A block that overflows is one that no host can give. */
    if (!lay_out(sizes, &at))
        at.total = SIZE_MAX;
    hp_memory_init(&memory, host, 0);
    hatpose_status status =
        hp_allocate_array(&memory, 1, at.total, "result", &block, err);
    if (status != HATPOSE_OK)
        return status;
    unsigned char *base = block;
    hatpose_result *result = block;
    hp_memory_init(&result->memory, host, 0);
    result->person_count = sizes->person_count;
    result->hat_count = sizes->hat_count;
    result->head_count = sizes->head_count;
    result->peak_count = sizes->peak_count;
    result->people = (hatpose_person *)(void *)(base + at.people);
    result->hats = (hatpose_hat *)(void *)(base + at.hats);
    result->heads = (hatpose_head *)(void *)(base + at.heads);
    result->peaks = (hatpose_peak *)(void *)(base + at.peaks);
    result->times.struct_size = sizeof result->times;
    set_none(result);
    *out = result;
    return HATPOSE_OK;
}

static void copy_arrays(hatpose_result *to, const hatpose_result *from)
{
    memcpy(to->people, from->people,
           from->person_count * sizeof *from->people);
    memcpy(to->hats, from->hats, from->hat_count * sizeof *from->hats);
    memcpy(to->heads, from->heads, from->head_count * sizeof *from->heads);
    memcpy(to->peaks, from->peaks, from->peak_count * sizeof *from->peaks);
}

static void drop_weak(hatpose_person *person, float min_score)
{
    for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++)
        if (!(person->keypoints[k].score >= min_score)) {
            person->keypoints[k] = (hatpose_keypoint){0, 0, 0};
            person->peaks[k] = -1;
        }
}

hatpose_status hp_result_filter(const hatpose_result *result, float min_score,
                                hatpose_result **out, hatpose_error *err)
{
    hp_result_sizes sizes = {result->person_count, result->hat_count,
                             result->head_count, result->peak_count};
    hatpose_status status =
        hp_result_create(&result->memory.host, &sizes, out, err);

    if (status != HATPOSE_OK)
        return status;
    (*out)->width_px = result->width_px;
    (*out)->height_px = result->height_px;
    (*out)->precision = result->precision;
    (*out)->maps_with_hats = result->maps_with_hats;
    (*out)->times = result->times;
    copy_arrays(*out, result);
    for (uint32_t i = 0; i < result->person_count; i++)
        drop_weak(&(*out)->people[i], min_score);
    return HATPOSE_OK;
}

void hp_result_destroy(hatpose_result *result)
{
    if (result == NULL)
        return;
    /* The block holds the memory it came from. */
    hp_memory memory;
    hp_memory_init(&memory, &result->memory.host, 0);
    hp_deallocate(&memory, result);
}
