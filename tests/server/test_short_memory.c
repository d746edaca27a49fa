/* test_short_memory.c - each allocation of a request fails in turn, ours and
 * jansson's: the answer is then 503 (or jansson's word that this is no JSON),
 * and a sanitizer sees no leak. The library has a sweep of its own
 * (test_oom.c). */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "check.h"
#include "route_case.h"

enum { NEVER = -1, SWEEP_MOST = 2000 };

static int left = NEVER; /* allocations until one fails */
static bool is_jansson;  /* that one was its */

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);

static bool fails_now(bool jansson)
{
    if (left == NEVER || left-- > 0)
        return false;
    left = NEVER;
    is_jansson = jansson;
    return true;
}

void *__wrap_malloc(size_t bytes)
{
    return fails_now(false) ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return fails_now(false) ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *block, size_t bytes)
{
    return fails_now(false) ? NULL : __real_realloc(block, bytes);
}

static void *allocate_for_jansson(size_t bytes)
{
    return fails_now(true) ? NULL : __real_malloc(bytes);
}

static route_case service;
static hps_buffer picture;

/* Until it is answered without a failure. */
static void sweep(const char *path, hps_media media, const hps_buffer *body)
{
    int failures = 0;

    for (int n = 0; n < SWEEP_MOST; n++) {
        hps_reply reply;
        hps_request request =
            route_request("POST", path, media, body->data, body->count);

        left = n;
        CHECK(route_run(&service, &request, &reply));
        bool ended = left != NEVER;
        bool unfinished = reply.body.failed;
        left = NEVER;
        hps_buffer_release(&reply.body);
        if (ended) {
            CHECK_MESSAGE(reply.status == 200, "%s: %d", path, reply.status);
            break;
        }
        failures++;
        /* A reply that is not whole is made a fault on its way out. */
        CHECK_MESSAGE(reply.status == 503 || unfinished ||
                          (is_jansson && reply.status >= 200),
                      "%s, allocation %d: %d", path, n, reply.status);
    }
    CHECK_MESSAGE(failures > 2 && failures < SWEEP_MOST, "%s: %d", path,
                  failures);
}

static void sweep_json(const char *path, const char *before, const char *after)
{
    hps_buffer body = {0};

    hps_buffer_text(&body, before);
    hps_base64_append(&body, picture.data, picture.count);
    hps_buffer_text(&body, after);
    sweep(path, HPS_MEDIA_JSON, &body);
    hps_buffer_release(&body);
}

static void every_route_bears_short_memory(void)
{
    static const char hats[] = "\"],\"hat_location\":[{\"left\":1,\"top\":2,"
                               "\"width\":3,\"height\":4}]}";

    sweep_json("/", "{\"img\":[\"", hats);
    sweep_json("/get_head_point_v2", "{\"img\":[\"", "\"]}");
    sweep_json("/get_body_box", "{\"img\":\"", "\"}");
    sweep_json("/predict/openpose_body_estimation", "{\"images\":[\"", "\"]}");
    sweep_json("/v1/hats", "{\"image\":\"",
               "\",\"hats\":[[1,2,3,4]],\"size\":32,\"threshold\":0.1}");
    sweep_json("/v1/detect", "{\"image\":\"", "\",\"format\":\"jpeg\"}");
    sweep("/v1/detect", HPS_MEDIA_IMAGE, &picture);
}

int main(void)
{
    route_case_open(&service, HPS_COMPAT_V3);
    hps_buffer_text(&picture, "P6 40 30 255\n");
    void *pixels = hps_buffer_reserve(&picture, 40 * 30 * 3);
    memset(pixels, 60, 40 * 30 * 3);
    hps_buffer_commit(&picture, 40 * 30 * 3);
    json_set_alloc_funcs(allocate_for_jansson, free);
    RUN(every_route_bears_short_memory);
    hps_buffer_release(&picture);
    route_case_close(&service);
    CHECK_EXIT();
}
