/* stored_part_avx512.h - the parts of a view in STORAGE, SPLIT or BF16, which
 * is defined before: LANES channels, from LANES * part on. */
#include "stored_avx512.h"

enum { PARTS_A_BLOCK = 2 };

static inline unsigned char *part_pixel(const hp_view *view, int part,
                                        ptrdiff_t pixel)
{
    return view->data + (size_t)(part / PARTS_A_BLOCK) * view->block_stride +
           pixel * (ptrdiff_t)hp_pixel_stride(STORAGE);
}

static inline vec part_load(const hp_view *view, int part, ptrdiff_t pixel)
{
    return stored_load(STORAGE, part_pixel(view, part, pixel),
                       part % PARTS_A_BLOCK);
}

static inline void part_store(const hp_view *view, int part, ptrdiff_t pixel,
                              vec value)
{
    stored_store(STORAGE, part_pixel(view, part, pixel), part % PARTS_A_BLOCK,
                 value);
}
