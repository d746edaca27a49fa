/* routes.c - all routes: the table that the HTTP side looks paths up in. */
#include <hatpose.h>

#include "native.h"
#include "old_service.h"
#include "paddle.h"
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
    {"POST", "/", hps_old_hats, hps_old_hats_error, 0},
    {"POST", "/get_body_box", hps_old_body_boxes, hps_old_people_error, 0},
    {"POST", "/get_head_point", hps_old_head_points, hps_old_people_error, 0},
    {"POST", "/get_head_point_v2", hps_old_head_points_of_all,
     hps_old_people_error, 0},
    {"POST", "/predict/openpose_body_estimation", hps_paddle_predict,
     hps_paddle_error, 0},
    {"POST", "/v1/detect", hps_native_detect, NULL, 0},
    {"POST", "/v1/hats", hps_native_hats, NULL, 0},
    {"GET", "/version", version, NULL, HPS_ROUTE_INSTANT},
};

const size_t hps_route_count = sizeof hps_routes / sizeof *hps_routes;
