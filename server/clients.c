/* clients.c - time limits of connections. In: their steps. Out: the ends of
 * those that hold a place for too long: the HTTP library only knows how long
 * nothing came, and a byte now and then would keep it waiting for ever. */
#include "clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"

/* What every client must manage in the mean beyond the time limit. */
enum { LEAST_BYTES_PER_S = 16 * 1024 };
/* When hardly a tenth of the places is free, idle clients go, but not those
 * that have just come. */
enum { CROWD_PART = 10, YOUNG_US = 1000000 };

static void take_out(hps_clients *clients, hps_client *client)
{
    if (client->older != NULL)
        client->older->newer = client->newer;
    else
        clients->oldest = client->newer;
    if (client->newer != NULL)
        client->newer->older = client->older;
    else
        clients->newest = client->older;
}

static void put_last(hps_clients *clients, hps_client *client)
{
    client->older = clients->newest;
    client->newer = NULL;
    if (clients->newest != NULL)
        clients->newest->newer = client;
    else
        clients->oldest = client;
    clients->newest = client;
}

hps_client *hps_clients_add(hps_clients *clients, int descriptor)
{
    hps_client *client = calloc(1, sizeof *client);

    if (client == NULL)
        return NULL;
    client->descriptor = descriptor;
    client->since_us = hps_clock_us();
    put_last(clients, client);
    clients->count++;
    return client;
}

void hps_clients_remove(hps_clients *clients, hps_client *client)
{
    take_out(clients, client);
    clients->count--;
    free(client);
}

void hps_clients_enter(hps_clients *clients, hps_client *client,
                       hps_client_state state, const hps_exchange *exchange)
{
    client->was_answered |= client->state == HPS_CLIENT_REPLYING;
    client->state = state;
    client->exchange = exchange;
    client->since_us = hps_clock_us();
    take_out(clients, client);
    put_last(clients, client);
}

/* Straight to the socket: nothing of a reply was written yet, and the HTTP
 * library takes no reply before the request is whole. */
static void say_too_slow(const hps_client *client)
{
    static const char body[] =
        "{\"error\":{\"code\":\"too_slow\",\"message\":\"the request took "
        "too long to arrive\"}}\n";
    char reply[512];
    int count = snprintf(reply, sizeof reply,
                         "HTTP/1.1 408 Request Timeout\r\n"
                         "Content-Type: application/json\r\n"
                         "Content-Length: %zu\r\n"
                         "Connection: close\r\n\r\n%s",
                         sizeof body - 1, body);

    /* It may not fit, or nobody may be there: then it is not said. */
    if (count > 0 && send(client->descriptor, reply, (size_t)count,
                          MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return;
}

static void end(hps_client *client)
{
    client->was_cut = true;
    shutdown(client->descriptor, SHUT_RDWR);
}

static void cut(hps_clients *clients, hps_client *client)
{
    if (client->was_cut)
        return;
    end(client);
    clients->cut_count++;
}

/* The library waits for an edge, and misses the end of a connection that came
 * together with the last bytes: the body would stay in memory for the whole
 * time limit. */
static bool has_left(const hps_client *client)
{
    char byte;

    return recv(client->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static int64_t allowed_us(const hps_clients *clients, const hps_client *client)
{
    uint64_t bytes = 0;

    if (client->state == HPS_CLIENT_RECEIVING)
        bytes = client->exchange->received_bytes;
    else if (client->state == HPS_CLIENT_REPLYING)
        bytes = client->exchange->reply_bytes;
    return clients->timeout_us + (int64_t)(bytes / LEAST_BYTES_PER_S) * 1000000;
}

void hps_clients_cut_slow(hps_clients *clients)
{
    int64_t now_us = hps_clock_us();
    size_t spare = clients->most / CROWD_PART + 1;
    size_t crowd = clients->count + spare > clients->most
                       ? clients->count + spare - clients->most
                       : 0;

    for (hps_client *client = clients->oldest; client != NULL;
         client = client->newer) {
        int64_t age_us = now_us - client->since_us;

        if (client->state == HPS_CLIENT_WORKING || client->was_cut)
            continue;
        if (client->state == HPS_CLIENT_RECEIVING && has_left(client)) {
            end(client);
        } else if (age_us > allowed_us(clients, client)) {
            /* A connection that was answered may simply be idle. */
            if (client->state == HPS_CLIENT_RECEIVING ||
                (client->state == HPS_CLIENT_WAITING && !client->was_answered))
                say_too_slow(client);
            cut(clients, client);
        } else if (crowd > 0 && client->state == HPS_CLIENT_WAITING &&
                   age_us > YOUNG_US) {
            cut(clients, client);
            crowd--;
        }
    }
}

void hps_clients_cut_idle(hps_clients *clients)
{
    for (hps_client *client = clients->oldest; client != NULL;
         client = client->newer)
        if (client->state == HPS_CLIENT_WAITING)
            cut(clients, client);
}
