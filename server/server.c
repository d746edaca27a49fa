/* server.c - the life of the service: everything up, turns of the loop, and
 * everything down in an order in which nobody is left without a reply. */
#include "server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "http.h"
#include "listener.h"
#include "worker.h"

enum {
    /* The signal to stop and the clients' limits are looked at this often. */
    TURN_MS = 100,
    /* Requests in flight can take the memory of this many largest bodies. */
    BODIES = 8,
    /* Descriptors that are no connections: files, the log, epoll. */
    SPARE_DESCRIPTORS = 64
};

typedef struct server {
    hps_http http;
    hps_listener listener;
    int64_t looked_us; /* at the clients' time limits */
    char *error;
    size_t error_bytes;
} server;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
say(const server *s, const char *format, ...)
{
    char line[320];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    s->http.options->say(s->http.options->user, line);
}

/* ---- Up ------------------------------------------------------------------ */

/* A shell's usual limit is lower than our number of connections. Where the
 * system allows no more, there are fewer. */
static void raise_descriptor_limit(server *s)
{
    hps_clients *clients = &s->http.clients;
    rlim_t wanted = (rlim_t)clients->most + SPARE_DESCRIPTORS;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max > wanted ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == wanted)
        return;
    clients->most = limit.rlim_cur > 2 * SPARE_DESCRIPTORS
                        ? (size_t)limit.rlim_cur - SPARE_DESCRIPTORS
                        : SPARE_DESCRIPTORS;
}

static hps_server_status start_pool(server *s)
{
    const hps_server_options *options = s->http.options;
    hps_worker **workers = calloc(options->worker_count, sizeof *workers);
    hps_server_status status = HPS_SERVER_ENDED;
    hatpose_error err = {0};
    size_t count = 0;

    if (workers == NULL) {
        snprintf(s->error, s->error_bytes, "no memory for the workers");
        return HPS_SERVER_FAILED;
    }
    while (count < options->worker_count &&
           (workers[count] = hps_worker_create(s->http.service, &err)) != NULL)
        count++;
    if (count < options->worker_count) {
        snprintf(s->error, s->error_bytes, "%s", err.message);
        status =
            err.status == HATPOSE_E_ARGUMENT || err.status == HATPOSE_E_LIMIT
                ? HPS_SERVER_REFUSED
                : HPS_SERVER_FAILED;
        while (count > 0)
            hps_worker_destroy(workers[--count]);
    } else if (!hps_pool_start(&s->http.pool, workers, count,
                               options->queue_most)) {
        snprintf(s->error, s->error_bytes, "worker threads: %s",
                 strerror(errno));
        status = HPS_SERVER_FAILED;
    }
    free(workers);
    return status;
}

static void announce(const server *s)
{
    const hps_server_options *options = s->http.options;

    say(s, "listening on %s with %zu worker%s", s->listener.url,
        options->worker_count, options->worker_count == 1 ? "" : "s");
    if (s->http.clients.most < options->connections_most)
        say(s, "%zu connections at most: the system allows no more open files",
            s->http.clients.most);
    if (s->listener.is_loopback)
        say(s,
            "only this machine reaches it; --host 0.0.0.0 opens it to "
            "others%s",
            options->key_path == NULL ? ", best with --api-key-file" : "");
    else if (options->key_path == NULL)
        say(s, "whoever reaches this address may ask: --api-key-file asks "
               "for a token");
}

/* ---- Turns --------------------------------------------------------------- */

static bool stop_wanted(const server *s)
{
    return s->http.options->stop_wanted(s->http.options->user);
}

/* A turn of the loop, and now and then a look at all clients. */
static void turn(server *s)
{
    int64_t now_us;

    hps_http_turn(&s->http, TURN_MS);
    now_us = hps_clock_us();
    if (now_us - s->looked_us < TURN_MS * 1000)
        return;
    s->looked_us = now_us;
    hps_clients_cut_slow(&s->http.clients);
}

/* First /readyz says no, so that balancers look elsewhere; then the door is
 * closed; then who waits for a reply gets it. Slow clients are cut as ever,
 * so that this ends. */
static void finish(server *s)
{
    hps_http *http = &s->http;
    int64_t door_us = hps_clock_us() + http->options->drain_us;

    http->stopping = true;
    say(s, "stopping: %zu request%s to finish", http->in_flight,
        http->in_flight == 1 ? "" : "s");
    while (hps_clock_us() < door_us)
        turn(s);
    hps_http_close_door(http);
    while (http->in_flight > 0) {
        turn(s);
        hps_clients_cut_idle(&http->clients);
    }
}

static hps_server_status run_pool(server *s)
{
    hps_server_status status = start_pool(s);

    if (status != HPS_SERVER_ENDED)
        return status;
    if (hps_http_start(&s->http, s->listener.descriptor)) {
        announce(s);
        while (!stop_wanted(s))
            turn(s);
        finish(s);
        hps_http_stop(&s->http);
    } else {
        close(s->listener.descriptor);
        snprintf(s->error, s->error_bytes, "libmicrohttpd would not start");
        status = HPS_SERVER_FAILED;
    }
    hps_pool_stop(&s->http.pool);
    return status;
}

static hps_server_status run_log(server *s)
{
    hps_http *http = &s->http;
    const hps_server_options *options = http->options;
    hps_server_status status = HPS_SERVER_FAILED;

    if (!hps_metrics_init(&http->metrics)) {
        snprintf(s->error, s->error_bytes, "no memory for metrics");
    } else if (!hps_access_log_start(&http->log, options->log_descriptor)) {
        snprintf(s->error, s->error_bytes, "access log: %s", strerror(errno));
    } else if (hps_listener_open(&s->listener, options->host, options->port,
                                 s->error, s->error_bytes)) {
        status = run_pool(s);
        hps_access_log_stop(&http->log);
    } else {
        hps_access_log_stop(&http->log);
        status = HPS_SERVER_REFUSED;
    }
    hps_metrics_release(&http->metrics);
    return status;
}

hps_server_status hps_server_run(const hps_service *service,
                                 const hps_server_options *options, char *error,
                                 size_t error_bytes)
{
    server s = {.http = {.service = service,
                         .options = options,
                         .clients = {.most = options->connections_most,
                                     .timeout_us = options->timeout_us}},
                .error = error,
                .error_bytes = error_bytes};
    char reason[128];
    hps_server_status status;

    s.http.budget.limit_bytes = options->body_most_bytes * BODIES;
    if (options->key_path != NULL &&
        !hps_keys_load(&s.http.keys, options->key_path, reason,
                       sizeof reason)) {
        snprintf(error, error_bytes, "%s: %s", options->key_path, reason);
        return HPS_SERVER_REFUSED;
    }
    raise_descriptor_limit(&s);
    status = run_log(&s);
    hps_keys_release(&s.http.keys);
    return status;
}
