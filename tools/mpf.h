/* mpf.h - phones append pictures to a picture: previews, gain maps. */
#ifndef MPF_H
#define MPF_H

#include <stddef.h>

/* data: what follows the length of a JPEG's APP2 segment. Where the last
 * appended picture ends, counted from data; 0: no list of pictures. */
size_t mpf_end(const unsigned char *data, size_t count);

#endif
