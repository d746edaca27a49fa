/* metrics.c - what Prometheus reads. In: requests that ended. Out: counters,
 * histograms and gauges as text. */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hatpose.h>

#include "probe.h"

/* 0: all others. */
static const int statuses[HPS_STATUSES] = {200, 304, 400, 401, 403, 404,
                                           405, 408, 411, 413, 415, 422,
                                           431, 500, 503, 0};

/* Upper ends of the buckets. */
static const int bucket_ms[HPS_BUCKETS - 1] = {
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000};

static const char *const stage_names[HPS_STAGE_COUNT] = {
    [HPS_STAGE_RECEIVE] = "receive", [HPS_STAGE_QUEUE] = "queue",
    [HPS_STAGE_DECODE] = "decode",   [HPS_STAGE_PREPARE] = "prepare",
    [HPS_STAGE_NETWORK] = "network", [HPS_STAGE_PEOPLE] = "people",
    [HPS_STAGE_MATCH] = "match",     [HPS_STAGE_TOTAL] = "total",
};

static size_t row_count(void)
{
    return hps_route_count + hps_probe_count + 1;
}

static size_t row_of(const hps_exchange *x)
{
    const hps_route *route = x->request.route;

    /* Another method than the path has: route is there for its errors. */
    if (route == NULL || strcmp(route->method, x->request.method) != 0)
        return row_count() - 1;
    for (size_t i = 0; i < hps_route_count; i++)
        if (route == &hps_routes[i])
            return i;
    for (size_t i = 0; i < hps_probe_count; i++)
        if (route == &hps_probes[i])
            return hps_route_count + i;
    return row_count() - 1;
}

bool hps_metrics_init(hps_metrics *metrics)
{
    *metrics = (hps_metrics){0};
    metrics->replies = calloc(row_count(), sizeof *metrics->replies);
    return metrics->replies != NULL;
}

void hps_metrics_release(hps_metrics *metrics)
{
    free(metrics->replies);
    metrics->replies = NULL;
}

/* ---- Counting ------------------------------------------------------------ */

static void observe(hps_histogram *histogram, int64_t us)
{
    int bucket = 0;

    while (bucket < HPS_BUCKETS - 1 && us > bucket_ms[bucket] * 1000)
        bucket++;
    histogram->buckets[bucket]++;
    histogram->count++;
    histogram->sum_us += us;
}

/* Code words are static texts of fault.c and the routes: they are few. */
static void count_fault(hps_metrics *metrics, const char *code)
{
    for (size_t i = 0; i < HPS_FAULT_WORDS; i++) {
        hps_fault_count *fault = &metrics->faults[i];

        if (fault->code == NULL)
            fault->code = code;
        if (strcmp(fault->code, code) == 0) {
            fault->count++;
            return;
        }
    }
}

void hps_metrics_count(hps_metrics *metrics, const hps_exchange *x,
                       bool aborted)
{
    const hps_reply *reply = &x->reply;
    int slot = 0;

    metrics->request_bytes += x->received_bytes;
    metrics->people += reply->person_count;
    metrics->pictures += reply->picture_count;
    if (aborted) {
        metrics->aborted++;
        return;
    }
    while (statuses[slot] != reply->status && statuses[slot] != 0)
        slot++;
    metrics->replies[row_of(x)][slot]++;
    metrics->reply_bytes += x->reply_bytes;
    if (reply->fault != NULL)
        count_fault(metrics, reply->fault);
    for (int i = 0; i < HPS_STAGE_COUNT; i++)
        if (reply->stage_us[i] > 0)
            observe(&metrics->stages[i], reply->stage_us[i]);
}

/* ---- Text ---------------------------------------------------------------- */

static void head(hps_buffer *out, const char *name, const char *type,
                 const char *help)
{
    hps_buffer_print(out, "# HELP hatpose_%s %s\n# TYPE hatpose_%s %s\n", name,
                     help, name, type);
}

static void single(hps_buffer *out, const char *name, const char *type,
                   const char *help, uint64_t value)
{
    head(out, name, type, help);
    hps_buffer_print(out, "hatpose_%s %" PRIu64 "\n", name, value);
}

static void write_replies(const hps_metrics *metrics, hps_buffer *out)
{
    head(out, "requests_total", "counter", "Requests that were answered.");
    for (size_t row = 0; row < row_count(); row++)
        for (size_t i = 0; i < HPS_STATUSES; i++) {
            const hps_route *route = row < hps_route_count ? &hps_routes[row]
                                     : row + 1 < row_count()
                                         ? &hps_probes[row - hps_route_count]
                                         : NULL;
            uint64_t count = metrics->replies[row][i];

            if (count > 0)
                hps_buffer_print(out,
                                 "hatpose_requests_total{method=\"%s\","
                                 "route=\"%s\",code=\"%d\"} %" PRIu64 "\n",
                                 route != NULL ? route->method : "other",
                                 route != NULL ? route->path : "other",
                                 statuses[i], count);
        }
    head(out, "faults_total", "counter",
         "Errors answered, by their code word.");
    for (size_t i = 0; i < HPS_FAULT_WORDS && metrics->faults[i].code; i++)
        hps_buffer_print(out, "hatpose_faults_total{code=\"%s\"} %" PRIu64 "\n",
                         metrics->faults[i].code, metrics->faults[i].count);
}

static void write_stages(const hps_metrics *metrics, hps_buffer *out)
{
    head(out, "stage_seconds", "histogram",
         "Time by stage; total is from a request's head to its reply.");
    for (int stage = 0; stage < HPS_STAGE_COUNT; stage++) {
        const hps_histogram *histogram = &metrics->stages[stage];
        const char *name = stage_names[stage];
        uint64_t sum = 0;

        for (int i = 0; i < HPS_BUCKETS - 1; i++) {
            sum += histogram->buckets[i];
            hps_buffer_print(out,
                             "hatpose_stage_seconds_bucket{stage=\"%s\","
                             "le=\"%g\"} %" PRIu64 "\n",
                             name, bucket_ms[i] * 1e-3, sum);
        }
        hps_buffer_print(
            out,
            "hatpose_stage_seconds_bucket{stage=\"%s\","
            "le=\"+Inf\"} %" PRIu64 "\n"
            "hatpose_stage_seconds_sum{stage=\"%s\"} %.6f\n"
            "hatpose_stage_seconds_count{stage=\"%s\"} %" PRIu64 "\n",
            name, histogram->count, name, (double)histogram->sum_us * 1e-6,
            name, histogram->count);
    }
}

/* Of this process, as Linux says it; 0 elsewhere. */
static uint64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long page_bytes = sysconf(_SC_PAGESIZE);
    unsigned long all, resident = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu %lu", &all, &resident) != 2)
        resident = 0;
    fclose(file);
    return (uint64_t)resident * (uint64_t)(page_bytes > 0 ? page_bytes : 0);
}

static void write_gauges(const hps_gauges *gauges, hps_buffer *out)
{
    single(out, "ready", "gauge", "1 when /readyz answers 200.", gauges->ready);
    single(out, "queue_length", "gauge", "Requests that wait for a worker.",
           gauges->queue_length);
    single(out, "queue_limit", "gauge", "Most that may wait.",
           gauges->queue_most);
    single(out, "in_flight", "gauge", "Requests that are not answered yet.",
           gauges->in_flight);
    single(out, "workers", "gauge", "Worker threads.", gauges->workers);
    single(out, "workers_busy", "gauge", "Workers with a request.",
           gauges->busy_workers);
    single(out, "connections", "gauge", "Open connections.",
           gauges->connections);
    single(out, "connections_limit", "gauge", "Most that may be open.",
           gauges->connections_most);
    single(out, "body_bytes", "gauge", "Memory of request bodies.",
           gauges->body_bytes);
    single(out, "body_limit_bytes", "gauge", "Most that bodies may take.",
           gauges->body_most_bytes);
    single(out, "resident_bytes", "gauge", "Resident memory of the process.",
           resident_bytes());
}

void hps_metrics_write(const hps_metrics *metrics, const hps_gauges *gauges,
                       hps_buffer *out)
{
    head(out, "build_info", "gauge", "The version that runs.");
    hps_buffer_print(out, "hatpose_build_info{version=\"%s\"} 1\n",
                     hatpose_version_string());
    write_replies(metrics, out);
    write_stages(metrics, out);
    single(out, "people_total", "counter", "People found.", metrics->people);
    single(out, "pictures_total", "counter", "Pictures looked at.",
           metrics->pictures);
    single(out, "request_bytes_total", "counter", "Bytes of request bodies.",
           metrics->request_bytes);
    single(out, "reply_bytes_total", "counter", "Bytes of reply bodies.",
           metrics->reply_bytes);
    single(out, "aborted_total", "counter",
           "Requests whose client went before the reply was sent.",
           metrics->aborted);
    single(out, "cut_clients_total", "counter",
           "Connections ended because they were slow, or idle in a crowd.",
           metrics->cut_clients);
    single(out, "log_dropped_total", "counter",
           "Lines of the access log that found no room.", gauges->log_dropped);
    write_gauges(gauges, out);
}
