/* server.h - the service: listens, answers, and ends when it is told to. The
 * one entry point for the command `hatpose serve`. */
#ifndef HPS_SERVER_H
#define HPS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "route.h"

typedef struct hps_server_options {
    const char *host; /* name or address, IPv4 or IPv6 */
    const char *port; /* "0": any free one */
    size_t worker_count;
    size_t queue_most; /* requests that wait for a worker */
    size_t connections_most;
    size_t body_most_bytes; /* of one request, packed and unpacked alike */
    int64_t deadline_us;    /* in the queue; then 503 */
    int64_t timeout_us;     /* for a head, a body, a reply to go through */
    int64_t drain_us;       /* go on accepting after the signal to stop */
    const char *key_path;   /* tokens, or NULL */
    int log_descriptor;     /* of the access log, or -1 */
    /* Asked often; true: finish what there is and return. */
    bool (*stop_wanted)(void *user);
    /* One line on what goes on: where it listens, what it waits for. */
    void (*say)(void *user, const char *line);
    void *user;
} hps_server_options;

typedef enum hps_server_status {
    HPS_SERVER_ENDED,   /* as it was told to */
    HPS_SERVER_REFUSED, /* an option asks for what cannot be */
    HPS_SERVER_FAILED
} hps_server_status;

/* Returns when stopped. Unless HPS_SERVER_ENDED, error has one sentence. */
hps_server_status hps_server_run(const hps_service *service,
                                 const hps_server_options *options, char *error,
                                 size_t error_bytes);

#endif
