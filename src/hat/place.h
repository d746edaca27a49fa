/* place.h - where on a person the middle of a piece of gear is expected. */
#ifndef HP_PLACE_H
#define HP_PLACE_H

#include "hat/gear.h"

typedef struct hp_place {
    hp_frame frame;
    double x, y; /* px */
} hp_place;

/* False: too little is visible. */
bool hp_place_find(const hatpose_person *person, const hp_gear_place *kind,
                   hp_place *out);

#endif
