/* page.h - the two documents built into the service: the page at GET / and
 * the OpenAPI document. UTF-8, not terminated. */
#ifndef HPS_PAGE_H
#define HPS_PAGE_H

#include <stddef.h>

extern const void *const hps_page;
extern const size_t hps_page_count;
extern const void *const hps_openapi;
extern const size_t hps_openapi_count;

#endif
