/* metrics.h - counts and times for /metrics. Touched by the event loop's
 * thread only. */
#ifndef HPS_METRICS_H
#define HPS_METRICS_H

#include "exchange.h"

enum { HPS_STATUSES = 16, HPS_FAULT_WORDS = 64, HPS_BUCKETS = 14 };

typedef struct hps_histogram {
    uint64_t buckets[HPS_BUCKETS]; /* the last: all beyond */
    uint64_t count;
    int64_t sum_us;
} hps_histogram;

typedef struct hps_fault_count {
    const char *code;
    uint64_t count;
} hps_fault_count;

typedef struct hps_metrics {
    /* A row for each of hps_routes, then of hps_probes, then for paths that
     * are neither; in a row a count for each status. */
    uint64_t (*replies)[HPS_STATUSES];
    hps_histogram stages[HPS_STAGE_COUNT];
    hps_fault_count faults[HPS_FAULT_WORDS];
    uint64_t people, pictures, request_bytes, reply_bytes;
    uint64_t aborted;     /* replies that the client did not wait for */
    uint64_t cut_clients; /* too slow, or idle while others waited */
} hps_metrics;

/* What is now, for the same page. */
typedef struct hps_gauges {
    size_t queue_length, queue_most, workers, busy_workers, connections,
        connections_most, in_flight, body_bytes, body_most_bytes;
    uint64_t log_dropped;
    bool ready;
} hps_gauges;

bool hps_metrics_init(hps_metrics *metrics);
void hps_metrics_release(hps_metrics *metrics);
/* A request that ended. */
void hps_metrics_count(hps_metrics *metrics, const hps_exchange *x,
                       bool aborted);
/* Prometheus' text format. */
void hps_metrics_write(const hps_metrics *metrics, const hps_gauges *gauges,
                       hps_buffer *out);

#endif
