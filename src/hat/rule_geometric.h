/* rule_geometric.h - our own rule: a hat belongs to the head on whose frame
 * it sits best, one to one. */
#ifndef HP_RULE_GEOMETRIC_H
#define HP_RULE_GEOMETRIC_H

#include "hat/gear.h"
#include "hat/matcher.h"

/* scene->hats is not NULL: a detector ran. */
hatpose_status hp_match_geometric(hp_memory *memory, hp_matcher *matcher,
                                  const hp_gear *gear, const hp_scene *scene,
                                  hatpose_error *err);

#endif
