/* rule_compat.h - the rule of the hard-hat service, to the bit. */
#ifndef HP_RULE_COMPAT_H
#define HP_RULE_COMPAT_H

#include "hat/matcher.h"

/* As docs/compat.md says; boxes and area rates also without hats. */
hatpose_status hp_match_compat(const hp_scene *scene, hatpose_error *err);

/* The whole px at which the service has a hat. False beyond 32 bits, where
 * its drawing fails. */
bool hp_compat_centre(const hatpose_hat *hat, int32_t *x_px, int32_t *y_px);

#endif
