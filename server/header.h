/* header.h - lists in headers: "gzip;q=0.5, br, *;q=0". */
#ifndef HPS_HEADER_H
#define HPS_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "route.h"

typedef struct hps_header_item {
    const char *name; /* not terminated */
    size_t name_count;
    int quality; /* q in thousandths, 0..1000 */
} hps_header_item;

/* The next item of the list at *at, which moves on; false at its end. */
bool hps_header_next(const char **at, hps_header_item *item);
/* Letters of either case. */
bool hps_header_is(const hps_header_item *item, const char *name);

/* Content-Type; NULL: none. */
hps_media hps_header_media(const char *content_type);
/* The boundary of multipart/form-data; false: there is no usable one. */
enum { HPS_BOUNDARY_BYTES = 71 }; /* RFC 2046: up to 70, and a zero */
bool hps_header_boundary(const char *content_type,
                         char boundary[HPS_BOUNDARY_BYTES]);
/* The value of a parameter such as name in
 *     form-data; name="a b"; filename=x
 * between *value and *value + *count, a quoted one as it stands between its
 * quotes; false: not there. */
bool hps_header_parameter(const char *header, const char *name,
                          const char **value, size_t *count);
/* Accept-Language; NULL: none. */
hps_language hps_header_language(const char *accept_language);

#endif
