/* clients.h - the open connections, in the order of their last step: who is
 * slow is cut off. */
#ifndef HPS_CLIENTS_H
#define HPS_CLIENTS_H

#include "exchange.h"

typedef enum hps_client_state {
    HPS_CLIENT_WAITING,   /* no head of a request yet */
    HPS_CLIENT_RECEIVING, /* the head is there, the body is not */
    HPS_CLIENT_WORKING,   /* in the queue or with a worker */
    HPS_CLIENT_REPLYING
} hps_client_state;

typedef struct hps_client hps_client;

struct hps_client {
    int descriptor;
    hps_client_state state;
    int64_t since_us;
    bool was_answered; /* at least once on this connection */
    bool was_cut;
    bool sent_zero; /* %00 in the path or query of the next request */
    const hps_exchange *exchange; /* NULL while WAITING */
    hps_client *older, *newer;
};

typedef struct hps_clients {
    hps_client *oldest, *newest;
    size_t count, most;
    int64_t timeout_us;
    uint64_t cut_count;
} hps_clients;

/* NULL: no memory. */
hps_client *hps_clients_add(hps_clients *clients, int descriptor);
void hps_clients_remove(hps_clients *clients, hps_client *client);
void hps_clients_enter(hps_clients *clients, hps_client *client,
                       hps_client_state state, const hps_exchange *exchange);
/* Ends the connections that take too long, and idle ones when hardly any is
 * free. The HTTP library notices and closes them. */
void hps_clients_cut_slow(hps_clients *clients);
/* Ends those that wait without a request. */
void hps_clients_cut_idle(hps_clients *clients);

#endif
