/* exchange.c - a request made ready for its route, and the reply for the
 * client. In: a whole body. Out: the reply of the route, packed where that
 * pays, or a fault. */
#include "exchange.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"

/* Below, the packet is as full; above, packing takes longer than sending. */
enum { PACK_LEAST_BYTES = 1024, PACK_MOST_BYTES = 4 << 20 };

static const char *coding_name(hps_coding coding)
{
    return coding == HPS_CODING_GZIP ? "gzip" : "deflate";
}

/* Content-Encoding undone; false: the reply says why not. */
static bool unpack(hps_exchange *x)
{
    char limit[24];
    hps_body_status status;

    if (x->coding == HPS_CODING_NONE)
        return true;
    x->plain.budget = x->body.budget;
    x->plain.limit_bytes = x->body.limit_bytes;
    status = hps_coding_undo(x->coding, x->body.data, x->body.count, &x->plain);
    if (status == HPS_BODY_OK) {
        hps_body_release(&x->body);
        return true;
    }
    snprintf(limit, sizeof limit, "%zu", x->body.limit_bytes);
    if (status == HPS_BODY_TOO_LARGE)
        hps_reply_fail(&x->request, &x->reply, HPS_FAULT_BODY_TOO_LARGE, limit);
    else if (status == HPS_BODY_NO_ROOM)
        hps_reply_fail(&x->request, &x->reply, HPS_FAULT_MEMORY, NULL);
    else
        hps_reply_fail(&x->request, &x->reply, HPS_FAULT_CODING_CORRUPT,
                       coding_name(x->coding));
    return false;
}

static bool split_form(hps_exchange *x, hps_body *body)
{
    const char *problem =
        x->form_unbounded
            ? "no boundary in Content-Type"
            : hps_multipart_split(body->data, body->count, x->form_boundary,
                                  x->parts, &x->request.part_count);

    x->request.parts = x->parts;
    if (problem != NULL) {
        x->request.part_count = 0;
        hps_reply_fail(&x->request, &x->reply, HPS_FAULT_FORM_CORRUPT, problem);
    }
    return problem == NULL;
}

static bool prepare(hps_exchange *x)
{
    hps_body *body = x->coding == HPS_CODING_NONE ? &x->body : &x->plain;

    if (x->body.count > 0 && !unpack(x))
        return false;
    x->request.body = body->data;
    x->request.body_count = body->count;
    return x->request.media != HPS_MEDIA_FORM || body->count == 0 ||
           split_form(x, body);
}

void hps_exchange_settle(hps_exchange *x)
{
    if (x->reply.body.failed)
        hps_reply_fail(&x->request, &x->reply, HPS_FAULT_MEMORY, NULL);
}

static bool is_text(const char *content_type)
{
    return strncmp(content_type, "application/json", 16) == 0 ||
           strncmp(content_type, "text/", 5) == 0;
}

void hps_exchange_pack(hps_exchange *x)
{
    hps_reply *reply = &x->reply;
    const char *data = reply->fixed != NULL ? reply->fixed : reply->body.data;
    size_t count =
        reply->fixed != NULL ? reply->fixed_count : reply->body.count;
    hps_buffer packed = {0};

    if (!x->takes_gzip || !is_text(reply->content_type) ||
        count < PACK_LEAST_BYTES || count > PACK_MOST_BYTES)
        return;
    if (hps_coding_gzip(data, count, &packed)) {
        hps_buffer_release(&reply->body);
        reply->body = packed;
        reply->fixed = NULL;
        x->gzipped = true;
    } else {
        hps_buffer_release(&packed);
    }
}

void hps_exchange_run(hps_exchange *x, hps_worker *worker)
{
    x->start_us = hps_clock_us();
    if (hps_request_is_late(&x->request))
        hps_reply_fail(&x->request, &x->reply, HPS_FAULT_DEADLINE, NULL);
    else if (prepare(x))
        x->request.route->run(worker, &x->request, &x->reply);
    /* The route has read them: room for others while the reply is sent. */
    hps_body_release(&x->body);
    hps_body_release(&x->plain);
    hps_exchange_settle(x);
    hps_exchange_pack(x);
}

void hps_exchange_release(hps_exchange *x)
{
    hps_body_release(&x->body);
    hps_body_release(&x->plain);
    hps_buffer_release(&x->reply.body);
}
