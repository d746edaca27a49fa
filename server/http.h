/* http.h - the event loop's side of HTTP: requests taken in, replies given
 * out. Everything here belongs to one thread. */
#ifndef HPS_HTTP_H
#define HPS_HTTP_H

#include <microhttpd.h>

#include "access_log.h"
#include "clients.h"
#include "keys.h"
#include "metrics.h"
#include "pool.h"
#include "probe.h"
#include "server.h"

struct hps_http {
    const hps_service *service;
    const hps_server_options *options;
    struct MHD_Daemon *daemon;
    hps_pool pool;
    hps_budget budget; /* of all bodies together */
    hps_clients clients;
    hps_metrics metrics;
    hps_access_log log;
    hps_keys keys;
    size_t in_flight; /* requests whose reply is not sent */
    bool stopping;
};

/* Serves the listening socket; false: the HTTP library would not. */
bool hps_http_start(hps_http *http, int listener);
/* One turn: waits for something to do, at most wait_ms, and does it. */
void hps_http_turn(hps_http *http, int wait_ms);
/* No more new connections; the listening socket is closed. */
void hps_http_close_door(hps_http *http);
/* With nothing in flight. */
void hps_http_stop(hps_http *http);

#endif
