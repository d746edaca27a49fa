/* listener.h - the socket that clients come to. */
#ifndef HPS_LISTENER_H
#define HPS_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

enum { HPS_ADDRESS_BYTES = 80 };

typedef struct hps_listener {
    int descriptor;
    char url[HPS_ADDRESS_BYTES]; /* "http://[::1]:24417" */
    bool is_loopback;            /* only this machine reaches it */
} hps_listener;

/* host: a name or an address, IPv4 or IPv6; "::" takes both kinds. False:
 * error has one sentence. */
bool hps_listener_open(hps_listener *listener, const char *host,
                       const char *port, char *error, size_t error_bytes);

#endif
