/* draw.c - skeletons onto pixels: not written yet. */
#include "result/draw.h"

#include "base/error.h"

hatpose_status hp_result_draw(const hatpose_result *result, uint32_t flags,
                              void *pixels, const hatpose_image *layout,
                              hatpose_error *err)
{
    (void)result, (void)flags, (void)pixels, (void)layout;
    return hp_fail(err, HATPOSE_E_UNSUPPORTED, "drawing is not there yet");
}
