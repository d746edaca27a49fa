/* hats.c - what a caller says of hats: checks, white discs, and the matcher
 * between a result's people and its hats; and what the model's maps say. */
#include "api/hats.h"

#include <string.h>

#include "base/error.h"
#include "hat/rule_compat.h"
#include "image/disc.h"
#include "result/result.h"

static hatpose_status check_centres(const hp_given_hats *given,
                                    hatpose_error *err)
{
    int32_t x, y;

    for (uint32_t i = 0; i < given->count; i++)
        if (!hp_compat_centre(&given->boxes[i], &x, &y))
            return hp_fail(err, HATPOSE_E_ARGUMENT,
                           "hat %u: its centre is beyond 32 bits and cannot "
                           "be painted",
                           (unsigned)i);
    return HATPOSE_OK;
}

hatpose_status hp_given_hats_check(const hatpose_context *context,
                                   hp_given_hats *given, hatpose_error *err)
{
    const hatpose_options *options = &context->options;

    if (given->boxes == NULL && given->count > 0)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "hats is NULL, hat_count %u",
                       (unsigned)given->count);
    if (given->count > options->max_hats)
        return hp_fail(err, HATPOSE_E_LIMIT, "%u hats: max_hats is %u",
                       (unsigned)given->count, (unsigned)options->max_hats);
    hatpose_status status =
        hp_hats_check(options->hat_rule, given->boxes, given->count, err);
    if (status == HATPOSE_OK && options->paint_hats)
        status = check_centres(given, err);
    if (options->hat_sources != 0 &&
        (options->hat_sources & HATPOSE_FROM_CALLER) == 0)
        *given = (hp_given_hats){NULL, 0};
    return status;
}

bool hp_given_hats_are_painted(const hatpose_context *context,
                               const hp_given_hats *given)
{
    return context->options.paint_hats && given->count > 0;
}

void hp_given_hats_paint(const hatpose_context *context,
                         const hp_given_hats *given, uint8_t *pixels,
                         const hp_pixels *layout)
{
    int32_t x, y;

    if (!hp_given_hats_are_painted(context, given))
        return;
    for (uint32_t i = 0; i < given->count; i++)
        if (hp_compat_centre(&given->boxes[i], &x, &y))
            hp_disc_paint(pixels, layout->width_px, layout->height_px,
                          layout->stride_bytes, hp_pixel_bytes(layout->format),
                          x, y);
}

hatpose_status hp_given_hats_match(hatpose_context *context,
                                   const hp_given_hats *given, bool are_foreign,
                                   hatpose_result *result, hatpose_error *err)
{
    hp_scene scene = {
        .people = result->people,
        .hats = given->boxes == NULL ? NULL : result->hats,
        .person_count = result->person_count,
        .hat_count = result->hat_count,
        .width_px = result->width_px,
        .height_px = result->height_px,
        .refuse_boxless = are_foreign,
    };

    for (uint32_t i = 0; i < given->count; i++) {
        result->hats[i] = given->boxes[i];
        result->hats[i].person_index = -1;
        result->hats[i].holder_index = -1;
        result->hats[i].source = HATPOSE_FROM_CALLER;
        result->hats[i].reserved = 0;
    }
    return hp_hats_match(&context->memory, &context->matcher,
                         context->options.hat_rule, &scene, err);
}

/* The compat rule knows nothing of maps. */
bool hp_map_heads_are_wanted(const hatpose_context *context)
{
    const hatpose_options *options = &context->options;

    return context->model->hats.count > 0 &&
           options->hat_rule == HATPOSE_HATS_GEOMETRIC &&
           (options->hat_sources == 0 ||
            (options->hat_sources & HATPOSE_FROM_MODEL) != 0);
}

hatpose_status hp_map_heads_find(hatpose_context *context,
                                 const hp_mapping *mapping, const hp_maps *maps,
                                 const hatpose_head **heads, uint32_t *count,
                                 hatpose_error *err)
{
    const size_t plane =
        (size_t)maps->width_map_px * (size_t)maps->height_map_px;

    *heads = NULL;
    *count = 0;
    if (!hp_map_heads_are_wanted(context) || maps->hats == NULL)
        return HATPOSE_OK;
    hp_map_grid grid;
    hp_mapping_grid(mapping, &grid);
    hp_head_map map = {
        .worn = maps->hats,
        .bare = maps->hats + plane,
        .width = maps->width_map_px,
        .height = maps->height_map_px,
        .left_px = grid.left_px,
        .top_px = grid.top_px,
        .step_x_px = grid.step_x_px,
        .step_y_px = grid.step_y_px,
    };
    return hp_head_map_find(&context->memory, &context->heads, &map, heads,
                            count, err);
}

hatpose_status hp_map_heads_match(hatpose_context *context,
                                  const hatpose_head *heads, bool have_boxes,
                                  hatpose_result *result, hatpose_error *err)
{
    if (!hp_map_heads_are_wanted(context))
        return HATPOSE_OK;
    result->maps_with_hats = 1;
    if (result->head_count > 0)
        memcpy(result->heads, heads, result->head_count * sizeof *heads);
    return hp_head_map_match(&context->memory, &context->heads, result->heads,
                             &result->head_count, result->people,
                             result->person_count, have_boxes, err);
}
