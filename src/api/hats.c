/* hats.c - what a caller says of hats: checks, white discs, and the matcher
 * between a result's people and its hats. */
#include "api/hats.h"

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
