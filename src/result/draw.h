/* draw.h - skeletons, hats and tags onto the caller's pixels. */
#ifndef HP_DRAW_H
#define HP_DRAW_H

#include "result/result.h"

hatpose_status hp_result_draw(const hatpose_result *result, uint32_t flags,
                              void *pixels, const hatpose_image *layout,
                              hatpose_error *err);

#endif
