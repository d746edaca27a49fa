/* routes.c - all routes: the table that the HTTP side looks paths up in. */
#include "documents.h"
#include "native.h"
#include "old_service.h"
#include "paddle.h"
#include "route.h"

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
    {"GET", "/", hps_documents_page, NULL, HPS_ROUTE_INSTANT | HPS_ROUTE_OPEN},
    {"GET", "/openapi.json", hps_documents_openapi, NULL,
     HPS_ROUTE_INSTANT | HPS_ROUTE_OPEN},
    {"GET", "/version", hps_documents_version, NULL, HPS_ROUTE_INSTANT},
};

const size_t hps_route_count = sizeof hps_routes / sizeof *hps_routes;
