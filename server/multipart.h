/* multipart.h - multipart/form-data taken apart. */
#ifndef HPS_MULTIPART_H
#define HPS_MULTIPART_H

#include "route.h"

enum { HPS_PARTS_MOST = 32 };

/* Parts that point into body, in which the ends of names are overwritten by
 * zeros. Returns NULL or a word on what is wrong. */
const char *hps_multipart_split(char *body, size_t count, const char *boundary,
                                hps_part parts[HPS_PARTS_MOST],
                                size_t *part_count);

#endif
