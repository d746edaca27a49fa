/* routes.c - all routes: the table that the HTTP side looks paths up in. */
#include <hatpose.h>

#include "route.h"

static void version(hps_worker *worker, const hps_request *request,
                    hps_reply *reply)
{
    (void)worker;
    (void)request;
    hps_buffer_print(&reply->body,
                     "{\"name\":\"hatpose\",\"version\":\"%s\"}\n",
                     hatpose_version_string());
}

const hps_route hps_routes[] = {
    {"GET", "/version", version, NULL, HPS_ROUTE_INSTANT},
};

const size_t hps_route_count = sizeof hps_routes / sizeof *hps_routes;
