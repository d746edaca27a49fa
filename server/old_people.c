/* old_people.c - the hard-hat service's side routes: points of heads, boxes
 * of people. In: pictures. Out: version 8's answers without its failures on
 * eight people and on people without a limb, or those of version 6. */
#include "old_service.h"

#include "detection.h"
#include "envelope.h"
#include "joints.h"
#include "json_text.h"
#include "picture_list.h"

/* One route's way to write people. */
typedef struct old_route {
    /* False: this person is left out. */
    bool (*write)(hps_buffer *body, const hatpose_person *person,
                  const char *between);
    bool all_pictures;
    const char *nobody; /* message when data is empty */
} old_route;

static hps_code_form code_form(const hps_service *service)
{
    return service->compat == HPS_COMPAT_V6 ? HPS_CODE_TEXT : HPS_CODE_NUMBER;
}

/* ---- People -------------------------------------------------------------- */

static void write_points(hps_buffer *body, const hps_point *points, int count)
{
    hps_buffer_text(body, "[");
    for (int i = 0; i < count; i++)
        hps_buffer_print(body, "%s[%d,%d]", i > 0 ? "," : "", points[i].x,
                         points[i].y);
    hps_buffer_text(body, "]");
}

/* [] for a person whose head is not seen. */
static bool write_head(hps_buffer *body, const hatpose_person *person,
                       const char *between)
{
    hps_joints joints = hps_joints_of(person);
    hps_point head[HPS_HEAD_POINTS_MOST];
    int count = hps_joints_head(&joints, head);

    hps_buffer_text(body, between);
    write_points(body, head, count);
    return true;
}

static bool write_seen_head(hps_buffer *body, const hatpose_person *person,
                            const char *between)
{
    hps_joints joints = hps_joints_of(person);
    hps_point head[HPS_HEAD_POINTS_MOST];

    return hps_joints_head(&joints, head) > 0 &&
           write_head(body, person, between);
}

static bool write_body(hps_buffer *body, const hatpose_person *person,
                       const char *between)
{
    hps_joints joints = hps_joints_of(person);
    hps_box box;

    if (!hps_joints_body(&joints, &box))
        return false;
    hps_buffer_print(body,
                     "%s{\"height\":%d,\"left\":%d,\"top\":%d,\"width\":%d}",
                     between, box.y2 - box.y1, box.x1, box.y1, box.x2 - box.x1);
    return true;
}

/* Version 6: the box of POST /, and constants. */
static bool write_body_v6(hps_buffer *body, const hatpose_person *p,
                          const char *between)
{
    if (p->compat_x2 <= 0)
        return false;
    hps_buffer_print(body,
                     "%s{\"flag\":false,\"height\":%d,\"left\":%d,\"rate\":0,"
                     "\"score\":1,\"top\":%d,\"width\":%d}",
                     between, p->compat_y2 - p->compat_y1, p->compat_x1,
                     p->compat_y1, p->compat_x2 - p->compat_x1);
    return true;
}

/* ---- Answers ------------------------------------------------------------- */

static uint32_t write_people(const hps_call *call, const old_route *route,
                             const hatpose_result *result, uint32_t written)
{
    uint32_t count = hatpose_result_person_count(result);

    for (uint32_t i = 0; i < count; i++) {
        hatpose_person p = {.struct_size = sizeof p};

        hatpose_result_person(result, i, &p);
        written += route->write(&call->reply->body, &p, written > 0 ? "," : "");
    }
    return written;
}

/* Every picture has to be base64, also those that are not looked at. */
static bool answer(const hps_call *call, const old_route *route,
                   const json_t *object, hps_buffer *file)
{
    hps_buffer *body = &call->reply->body;
    uint32_t written = 0;
    hps_picture_list list;

    if (!hps_picture_list_open(call, object, "img", &list))
        return false;
    hps_envelope_begin(body, code_form(call->worker->service));
    for (size_t i = 0; i < list.count; i++) {
        hatpose_result *result;

        if (!hps_picture_list_decode(call, &list, i, file))
            return false;
        if (i > 0 && !route->all_pictures)
            continue;
        result = hps_detect(call, call->worker->compat, file, NULL);
        if (result == NULL)
            return false;
        written = write_people(call, route, result, written);
        hatpose_result_destroy(result);
    }
    hps_envelope_end(body, written > 0 ? "Success" : route->nobody);
    return true;
}

static void run(const hps_call *call, const old_route *route)
{
    json_t *object = hps_json_body(call);
    hps_buffer file = {0};

    if (object != NULL)
        answer(call, route, object, &file);
    hps_buffer_release(&file);
    json_decref(object);
}

void hps_old_head_points(hps_worker *worker, const hps_request *request,
                         hps_reply *reply)
{
    hps_call call = {worker, request, reply};
    old_route route = {write_seen_head, false, "Success"};

    run(&call, &route);
}

void hps_old_head_points_of_all(hps_worker *worker, const hps_request *request,
                                hps_reply *reply)
{
    hps_call call = {worker, request, reply};
    old_route route = {write_head, true, "Success"};

    run(&call, &route);
}

void hps_old_body_boxes(hps_worker *worker, const hps_request *request,
                        hps_reply *reply)
{
    hps_call call = {worker, request, reply};
    bool is_v6 = worker->service->compat == HPS_COMPAT_V6;
    old_route route = {is_v6 ? write_body_v6 : write_body, false,
                       is_v6 ? "Empty" : "Success"};

    run(&call, &route);
}

void hps_old_people_error(const hps_service *service, int status,
                          const char *code, const char *message,
                          hps_buffer *body)
{
    (void)code;
    hps_envelope_error(body, code_form(service), status, message);
}
