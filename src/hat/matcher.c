/* matcher.c - checks hats and hands them to a rule. In: people and boxes.
 * Out: a state for each person, a wearer or holder for each box. */
#include "hat/matcher.h"

#include <math.h>

#include "base/error.h"
#include "hat/gear.h"
#include "hat/rule_compat.h"
#include "hat/rule_geometric.h"

static hatpose_status check_hat(const hatpose_hat *hat, uint32_t index,
                                uint32_t kind, hatpose_error *err)
{
    if (!isfinite(hat->left) || !isfinite(hat->top) || !isfinite(hat->width) ||
        !isfinite(hat->height) || !isfinite(hat->score))
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "hat %u: a number of it is not finite", (unsigned)index);
    if (hat->kind > HATPOSE_GEAR_MASK)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "hat %u: unknown kind %u",
                       (unsigned)index, (unsigned)hat->kind);
    if (hat->kind != kind)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "hat %u: kind %u among kind %u, one call judges one "
                       "kind",
                       (unsigned)index, (unsigned)hat->kind, (unsigned)kind);
    return HATPOSE_OK;
}

hatpose_status hp_hats_check(uint32_t rule, const hatpose_hat *hats,
                             uint32_t hat_count, hatpose_error *err)
{
    for (uint32_t i = 0; i < hat_count; i++) {
        hatpose_status status = check_hat(&hats[i], i, hats[0].kind, err);
        if (status != HATPOSE_OK)
            return status;
    }
    if (rule == HATPOSE_HATS_COMPAT && hat_count > 0 &&
        hats[0].kind != HATPOSE_GEAR_HAT && hats[0].kind != HATPOSE_GEAR_VEST)
        return hp_fail(err, HATPOSE_E_UNSUPPORTED,
                       "hat 0: kind %u, the compat rule knows hats and vests",
                       (unsigned)hats[0].kind);
    return HATPOSE_OK;
}

hatpose_status hp_hats_match(hp_memory *memory, hp_matcher *matcher,
                             uint32_t rule, const hp_scene *scene,
                             hatpose_error *err)
{
    uint32_t kind = HATPOSE_GEAR_HAT;

    if (rule == HATPOSE_HATS_COMPAT)
        return hp_match_compat(scene, err);
    /* Nobody looked: every state stays unknown. */
    if (scene->hats == NULL)
        return HATPOSE_OK;
    if (scene->hat_count > 0)
        kind = scene->hats[0].kind;
    return hp_match_geometric(memory, matcher, hp_gear_of(kind), scene, err);
}

void hp_matcher_release(hp_memory *memory, hp_matcher *matcher)
{
    hp_buffer_release(memory, &matcher->rows);
    hp_buffer_release(memory, &matcher->pairs);
    hp_buffer_release(memory, &matcher->assignment);
}
