/* request.c - what a route asks of its request. */
#include <string.h>

#include "clock.h"
#include "route.h"

const char *hps_request_parameter(const hps_request *request, const char *name)
{
    for (size_t i = request->parameter_count; i > 0; i--)
        if (strcmp(request->parameters[i - 1].name, name) == 0)
            return request->parameters[i - 1].value;
    return NULL;
}

const hps_part *hps_request_part(const hps_request *request, const char *name)
{
    for (size_t i = 0; i < request->part_count; i++)
        if (strcmp(request->parts[i].name, name) == 0)
            return &request->parts[i];
    return NULL;
}

bool hps_request_is_late(const hps_request *request)
{
    return hps_clock_us() > request->deadline_us;
}
