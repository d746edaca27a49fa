/* path.h - which route a path and a method mean. */
#ifndef HPS_PATH_H
#define HPS_PATH_H

#include "route.h"

typedef struct hps_path {
    /* Of the method; without one, any of the path's, so that errors come in
     * its form. */
    const hps_route *route;
    bool is_known; /* the path */
    bool is_found; /* with this method */
} hps_path;

hps_path hps_path_find(const char *path, const char *method);
/* "GET, HEAD, OPTIONS, POST": as much of it as fits. */
void hps_path_methods(const char *path, char *methods, size_t bytes);

#endif
