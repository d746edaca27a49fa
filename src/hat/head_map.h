/* head_map.h - heads as the hat maps of a model show them: found, given to
 * the people whose they are, judged (docs/compat.md, "Hat maps"). */
#ifndef HP_HEAD_MAP_H
#define HP_HEAD_MAP_H

#include "base/memory.h"

/* Two planes of height * width cells; the centre of cell (0, 0) lies at
 * (left_px, top_px) of the picture. */
typedef struct hp_head_map {
    const float *worn, *bare;
    int width, height;
    double left_px, top_px;
    double step_x_px, step_y_px; /* from cell to cell */
} hp_head_map;

/* Working memory, reused; all zero at first. */
typedef struct hp_head_finder {
    hp_buffer map;        /* both planes together, with a border */
    hp_buffer heads;      /* what was found */
    hp_buffer match;      /* people and heads */
    hp_buffer assignment; /* of the solver */
} hp_head_finder;

/* The heads that the maps show, best first, of nobody yet; also weak ones,
 * which count only on a person. They are the finder's, until its next call. */
hatpose_status hp_head_map_find(hp_memory *memory, hp_head_finder *finder,
                                const hp_head_map *map,
                                const hatpose_head **heads, uint32_t *count,
                                hatpose_error *err);

/* Gives heads to people and drops weak ones that are nobody's: *count gets
 * smaller. A person gets the head's state, unless boxes have said something
 * surer already (have_boxes). */
hatpose_status hp_head_map_match(hp_memory *memory, hp_head_finder *finder,
                                 hatpose_head *heads, uint32_t *count,
                                 hatpose_person *people, uint32_t person_count,
                                 bool have_boxes, hatpose_error *err);
void hp_head_finder_release(hp_memory *memory, hp_head_finder *finder);

#endif
