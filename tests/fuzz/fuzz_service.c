/* fuzz_service.c - requests from hostile hands, from Content-Encoding to the
 * reply, without sockets and with two people in place of the network's.
 *
 * An input is three lines and a body: path and query, Content-Type,
 * Content-Encoding. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "exchange.h"
#include "fuzzer.h"
#include "server/route_case.h"

enum { LINE_BYTES = 512, LINES = 3, LIMIT_BYTES = 1 << 20, PEOPLE = 2 };

typedef struct lines {
    char text[LINES][LINE_BYTES];
} lines;

/* The size from the picture's header, two figures in it. */
static hatpose_status find_two(hatpose_context *context, const void *data,
                               size_t bytes, const hatpose_hat *hats,
                               uint32_t hat_count, hatpose_result **out,
                               hatpose_error *err)
{
    hatpose_keypoint keypoints[PEOPLE * HATPOSE_KEYPOINT_COUNT];
    hatpose_image layout = {.struct_size = sizeof layout,
                            .format = HATPOSE_BGR8};
    size_t needed;
    hatpose_status status = hatpose_image_decode(context, data, bytes, &layout,
                                                 NULL, 0, &needed, err);

    if (status != HATPOSE_OK)
        return status;
    for (int i = 0; i < PEOPLE * HATPOSE_KEYPOINT_COUNT; i++)
        keypoints[i] = (hatpose_keypoint){(float)(i * 5 % 17 + 1),
                                          (float)(i * 3 % 13), 0.5f};
    return hatpose_match(context, layout.width_px, layout.height_px, keypoints,
                         PEOPLE, hats, hat_count, out, err);
}

static route_case *opened(void)
{
    static route_case c;

    if (c.worker != NULL)
        return &c;
    route_case_open(&c, HPS_COMPAT_V3);
    c.worker->detect = find_two;
    return &c;
}

/* What follows the lines; NULL where they are not whole. */
static const uint8_t *split(const uint8_t *data, size_t size, lines *l)
{
    for (int i = 0; i < LINES; i++) {
        const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
        size_t count = end == NULL ? LINE_BYTES : (size_t)(end - data);

        if (count >= LINE_BYTES || memchr(data, '\0', count) != NULL)
            return NULL;
        memcpy(l->text[i], data, count);
        l->text[i][count] = '\0';
        data = end + 1;
        size -= count + 1;
    }
    return data;
}

/* name=value&name, cut in place. */
static void read_query(hps_exchange *x, char *query)
{
    x->request.parameters = x->parameters;
    while (query != NULL && x->request.parameter_count < HPS_PARAMETERS_MOST) {
        char *name = query;
        char *value;

        query = strchr(query, '&');
        if (query != NULL)
            *query++ = '\0';
        value = strchr(name, '=');
        if (value != NULL)
            *value++ = '\0';
        x->parameters[x->request.parameter_count++] =
            (hps_parameter){name, value == NULL ? "" : value};
    }
}

static const hps_route *find(const char *path)
{
    for (size_t i = 0; i < hps_route_count; i++)
        if (strcmp(hps_routes[i].path, path) == 0 &&
            strcmp(hps_routes[i].method, "POST") == 0)
            return &hps_routes[i];
    return NULL;
}

/* Our own faults are none of a client's making. */
static void check_reply(const hps_reply *reply)
{
    json_t *body;

    if (reply->status != 200 && (reply->status < 400 || reply->status >= 500))
        abort();
    if (strcmp(reply->content_type, "application/json") != 0)
        return;
    body = json_loadb(reply->body.data, reply->body.count, 0, NULL);
    if (body == NULL || (reply->status != 200) != (reply->fault != NULL))
        abort();
    json_decref(body);
}

static void run(route_case *c, lines *l, const uint8_t *body, size_t size)
{
    hps_budget budget = {.limit_bytes = 4 * LIMIT_BYTES};
    hps_exchange x = {
        .body = {&budget, LIMIT_BYTES, NULL, 0, 0},
        .reply = {.status = 200, .content_type = "application/json"}};
    char *query = strchr(l->text[0], '?');

    if (query != NULL)
        *query++ = '\0';
    x.request = route_request("POST", l->text[0], hps_header_media(l->text[1]),
                              NULL, 0);
    x.request.service = &c->service;
    x.request.route = find(l->text[0]);
    if (x.request.route == NULL)
        return;
    read_query(&x, query);
    x.form_unbounded = !hps_header_boundary(l->text[1], x.form_boundary);
    x.coding = hps_coding_of(l->text[2][0] == '\0' ? NULL : l->text[2]);
    if (x.coding != HPS_CODING_UNKNOWN &&
        hps_body_append(&x.body, body, size) == HPS_BODY_OK) {
        hps_exchange_run(&x, c->worker);
        check_reply(&x.reply);
    }
    hps_exchange_release(&x);
    if (atomic_load(&budget.used_bytes) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    route_case *c = opened();
    lines l;
    const uint8_t *body = split(data, size, &l);

    if (body == NULL)
        return 0;
    c->service.compat = size % 2 == 0 ? HPS_COMPAT_V3 : HPS_COMPAT_V6;
    run(c, &l, body, size - (size_t)(body - data));
    return 0;
}
