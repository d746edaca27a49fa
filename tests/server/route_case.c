/* route_case.c - a service without sockets. */
#include "route_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network_file.h"

enum { MOST_PEOPLE = 64 };

/* What replay() puts in place of the network's people. */
static const json_t *recorded_pictures, *recorded_image;
static size_t next_picture;
static hatpose_context *plain;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

void route_case_open(route_case *c, hps_compat compat)
{
    network_file network;
    hatpose_error err = {0};
    size_t bytes;

    network_file_init(&network);
    unsigned char *file = network_file_build(&network, &bytes);
    *c = (route_case){.service = {.compat = compat, .discs = true}};
    hatpose_options_init(&c->service.options, sizeof c->service.options);
    c->service.options.thread_count = 1;
    c->service.options.net_height_px = 64;
    if (hatpose_model_load_memory(file, bytes, NULL, &c->service.model, &err) !=
        HATPOSE_OK)
        fail("model", err.message);
    free(file);
    c->worker = hps_worker_create(&c->service, &err);
    if (c->worker == NULL)
        fail("worker", err.message);
    if (hatpose_context_create(c->service.model, &c->service.options, &c->plain,
                               &err) != HATPOSE_OK)
        fail("context", err.message);
}

void route_case_close(route_case *c)
{
    hps_worker_destroy(c->worker);
    hatpose_context_destroy(c->plain);
    hatpose_model_release(c->service.model);
}

hps_request route_request(const char *method, const char *path, hps_media media,
                          const char *body, size_t count)
{
    return (hps_request){.method = method,
                         .path = path,
                         .media = media,
                         .body = count > 0 ? body : NULL,
                         .body_count = count,
                         .deadline_us = INT64_MAX};
}

bool route_run(route_case *c, hps_request *request, hps_reply *reply)
{
    *reply = (hps_reply){.status = 200, .content_type = "application/json"};
    request->service = &c->service;
    for (size_t i = 0; i < hps_route_count; i++) {
        request->route = &hps_routes[i];
        if (strcmp(request->route->path, request->path) != 0 ||
            strcmp(request->route->method, request->method) != 0)
            continue;
        request->route->run(c->worker, request, reply);
        return true;
    }
    return false;
}

/* ---- Recorded people ----------------------------------------------------- */

static uint32_t read_people(const json_t *people, hatpose_keypoint *out)
{
    const json_t *person;
    size_t i;

    if (json_array_size(people) > MOST_PEOPLE)
        fail("recorded", "too many people");
    json_array_foreach(people, i, person)
    {
        for (size_t k = 0; k < HATPOSE_KEYPOINT_COUNT; k++) {
            double x = json_number_value(json_array_get(person, 2 * k));
            double y = json_number_value(json_array_get(person, 2 * k + 1));

            *out++ = (hatpose_keypoint){(float)x, (float)y,
                                        x == -1 || y == -1 ? 0.0F : 1.0F};
        }
    }
    return (uint32_t)json_array_size(people);
}

/* The old service looked at nobody's box on its side routes: where the rule
 * refuses a person and no box was given, another rule takes its place. */
static hatpose_status replay(hatpose_context *context, const void *data,
                             size_t bytes, const hatpose_hat *hats,
                             uint32_t hat_count, hatpose_result **out,
                             hatpose_error *err)
{
    static hatpose_keypoint keypoints[MOST_PEOPLE * HATPOSE_KEYPOINT_COUNT];
    hatpose_image layout = {.struct_size = sizeof layout,
                            .format = HATPOSE_BGR8};
    size_t needed;
    uint32_t count = read_people(
        json_array_get(recorded_pictures, next_picture++), keypoints);
    hatpose_status status = hatpose_image_decode(context, data, bytes, &layout,
                                                 NULL, 0, &needed, err);

    if (status != HATPOSE_OK)
        return status;
    if (recorded_image != NULL) {
        layout.width_px =
            (uint32_t)json_number_value(json_array_get(recorded_image, 0));
        layout.height_px =
            (uint32_t)json_number_value(json_array_get(recorded_image, 1));
    }
    status = hatpose_match(context, layout.width_px, layout.height_px,
                           keypoints, count, hats, hat_count, out, err);
    if (status == HATPOSE_E_ARGUMENT && hats == NULL)
        status = hatpose_match(plain, layout.width_px, layout.height_px,
                               keypoints, count, NULL, 0, out, err);
    return status;
}

void route_record(route_case *c, const json_t *pictures, const json_t *image)
{
    recorded_pictures = pictures;
    recorded_image = image;
    next_picture = 0;
    plain = c->plain;
    c->worker->detect = pictures != NULL ? replay : hatpose_detect_encoded;
}
