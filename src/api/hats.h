/* hats.h - what is known of hats: the boxes that come with a call, and the
 * model's own hat maps. */
#ifndef HP_API_HATS_H
#define HP_API_HATS_H

#include "api/context.h"

/* As the caller gave them; boxes NULL: no detector ran. */
typedef struct hp_given_hats {
    const hatpose_hat *boxes;
    uint32_t count;
} hp_given_hats;

/* *given becomes what the options leave of it (hat_sources). */
hatpose_status hp_given_hats_check(const hatpose_context *context,
                                   hp_given_hats *given, hatpose_error *err);

/* With paint_hats: white discs on pixels that are ours. */
void hp_given_hats_paint(const hatpose_context *context,
                         const hp_given_hats *given, uint8_t *pixels,
                         const hp_pixels *layout);
bool hp_given_hats_are_painted(const hatpose_context *context,
                               const hp_given_hats *given);

/* Fills what the people and hats of a result say of hats. are_foreign: the
 * people come from the caller, whose faults are then told. */
hatpose_status hp_given_hats_match(hatpose_context *context,
                                   const hp_given_hats *given, bool are_foreign,
                                   hatpose_result *result, hatpose_error *err);

/* The heads that the hat maps show; none where the model has no such maps or
 * the options do not want them. They are the context's. */
hatpose_status hp_map_heads_find(hatpose_context *context,
                                 const hp_mapping *mapping, const hp_maps *maps,
                                 const hatpose_head **heads, uint32_t *count,
                                 hatpose_error *err);
bool hp_map_heads_are_wanted(const hatpose_context *context);

/* Fills the heads of a result, which has room for them, and what its people
 * say of hats, after hp_given_hats_match. */
hatpose_status hp_map_heads_match(hatpose_context *context,
                                  const hatpose_head *heads, bool have_boxes,
                                  hatpose_result *result, hatpose_error *err);

#endif
