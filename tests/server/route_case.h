/* route_case.h - a service without sockets: requests go straight to the
 * routes, and people may be put in place of the network's. */
#ifndef ROUTE_CASE_H
#define ROUTE_CASE_H

#include <jansson.h>

#include "worker.h"

typedef struct route_case {
    hps_service service;
    hps_worker *worker;
    hatpose_context *plain; /* rule GEOMETRIC: refuses nobody */
} route_case;

/* Over a tiny network; ends the program when that fails. */
void route_case_open(route_case *c, hps_compat compat);
void route_case_close(route_case *c);

/* A request in English that is never late; the caller fills in the rest. */
hps_request route_request(const char *method, const char *path, hps_media media,
                          const char *body, size_t count);

/* Looks the route up and runs it; false: there is none. The caller releases
 * reply->body. */
bool route_run(route_case *c, hps_request *request, hps_reply *reply);

/* From here on the worker finds these people, picture by picture, whatever
 * the network would say: pictures is a list of lists of 36 numbers a person,
 * x0, y0 .. x17, y17 with -1, -1 for missing. image: [width, height] in px,
 * NULL: what the encoded picture says. NULL, NULL: the network again. */
void route_record(route_case *c, const json_t *pictures, const json_t *image);

#endif
