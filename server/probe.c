/* probe.c - alive, ready, and how it goes. In: the state of the event loop.
 * Out: short replies for balancers and Prometheus. */
#include "probe.h"

#include "fault.h"
#include "http.h"

const hps_route hps_probes[] = {
    {"GET", "/healthz", NULL, NULL, HPS_ROUTE_INSTANT | HPS_ROUTE_OPEN},
    {"GET", "/readyz", NULL, NULL, HPS_ROUTE_INSTANT | HPS_ROUTE_OPEN},
    {"GET", "/metrics", NULL, NULL, HPS_ROUTE_INSTANT},
};

const size_t hps_probe_count = sizeof hps_probes / sizeof *hps_probes;

static bool is_ready(const hps_http *http)
{
    return !http->stopping && atomic_load(&http->pool.ready_count) > 0;
}

static void answer_ready(const hps_http *http, const hps_request *request,
                         hps_reply *reply)
{
    if (http->stopping)
        hps_reply_fail(request, reply, HPS_FAULT_STOPPING, NULL);
    else if (!is_ready(http))
        hps_reply_fail(request, reply, HPS_FAULT_LOADING, NULL);
    else
        hps_buffer_text(&reply->body, "{\"status\":\"ready\"}\n");
}

static void answer_metrics(hps_http *http, hps_reply *reply)
{
    hps_gauges gauges = {
        .queue_length = hps_queue_count(&http->pool.queue),
        .queue_most = http->pool.queue.most,
        .workers = http->pool.thread_count,
        .busy_workers = atomic_load(&http->pool.busy_count),
        .connections = http->clients.count,
        .connections_most = http->clients.most,
        .in_flight = http->in_flight - 1, /* but this one */
        .body_bytes = atomic_load(&http->budget.used_bytes),
        .body_most_bytes = http->budget.limit_bytes,
        .log_dropped = hps_access_log_dropped(&http->log),
        .ready = is_ready(http),
    };

    http->metrics.cut_clients = http->clients.cut_count;
    hps_metrics_write(&http->metrics, &gauges, &reply->body);
    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
}

void hps_probe_answer(hps_http *http, const hps_request *request,
                      hps_reply *reply)
{
    if (request->route == &hps_probes[0])
        hps_buffer_text(&reply->body, "{\"status\":\"ok\"}\n");
    else if (request->route == &hps_probes[1])
        answer_ready(http, request, reply);
    else
        answer_metrics(http, reply);
}
