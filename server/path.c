/* path.c - looks up routes. In: path and method of a request. Out: its row of
 * routes.c or probe.c. */
#include "path.h"

#include <stdio.h>
#include <string.h>

#include "probe.h"

static const hps_route *route_at(size_t index)
{
    return index < hps_route_count ? &hps_routes[index]
                                   : &hps_probes[index - hps_route_count];
}

hps_path hps_path_find(const char *path, const char *method)
{
    hps_path found = {0};

    for (size_t i = 0; i < hps_route_count + hps_probe_count; i++) {
        const hps_route *route = route_at(i);

        if (found.is_found || strcmp(route->path, path) != 0)
            continue;
        found.route = route;
        found.is_known = true;
        found.is_found = strcmp(route->method, method) == 0;
    }
    return found;
}

void hps_path_methods(const char *path, char *methods, size_t bytes)
{
    static const char *const names[] = {"GET", "OPTIONS", "POST"};
    size_t used = 0;

    methods[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *also = i == 0 ? ", HEAD" : "";

        if (i != 1 && !hps_path_find(path, names[i]).is_found)
            continue;
        used += (size_t)snprintf(methods + used, bytes - used, "%s%s%s",
                                 used > 0 ? ", " : "", names[i], also);
        if (used >= bytes)
            return;
    }
}
