/* listener.c - opens the listening socket. In: host and port. Out: a socket,
 * and the address that it really has. */
#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

/* -1: errno says why. */
static int open_one(const struct addrinfo *address)
{
    int descriptor = socket(address->ai_family, SOCK_STREAM, 0);
    int on = 1, off = 0, error;

    if (descriptor < 0)
        return -1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->ai_family == AF_INET6)
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 &&
        fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 &&
        bind(descriptor, address->ai_addr, address->ai_addrlen) == 0 &&
        listen(descriptor, BACKLOG) == 0)
        return descriptor;
    error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

static bool is_loopback(const struct sockaddr_storage *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (address->ss_family == AF_INET) {
        memcpy(&v4, address, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    }
    memcpy(&v6, address, sizeof v6);
    return address->ss_family == AF_INET6 &&
           memcmp(&v6.sin6_addr, &in6addr_loopback, sizeof v6.sin6_addr) == 0;
}

/* With port 0 the system has chosen one. */
static bool describe(hps_listener *listener)
{
    struct sockaddr_storage address;
    socklen_t bytes = sizeof address;
    char host[56], port[8];

    if (getsockname(listener->descriptor, (struct sockaddr *)&address,
                    &bytes) != 0 ||
        getnameinfo((struct sockaddr *)&address, bytes, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    listener->is_loopback = is_loopback(&address);
    snprintf(listener->url, sizeof listener->url,
             address.ss_family == AF_INET6 ? "http://[%s]:%s" : "http://%s:%s",
             host, port);
    return true;
}

bool hps_listener_open(hps_listener *listener, const char *host,
                       const char *port, char *error, size_t error_bytes)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *addresses;
    int status = getaddrinfo(host, port, &hints, &addresses);

    *listener = (hps_listener){.descriptor = -1};
    if (status != 0) {
        snprintf(error, error_bytes, "%s: %s", host, gai_strerror(status));
        return false;
    }
    for (const struct addrinfo *address = addresses;
         address != NULL && listener->descriptor < 0;
         address = address->ai_next)
        listener->descriptor = open_one(address);
    if (listener->descriptor < 0)
        snprintf(error, error_bytes, "%s port %s: %s", host, port,
                 strerror(errno));
    freeaddrinfo(addresses);
    if (listener->descriptor >= 0 && !describe(listener)) {
        snprintf(error, error_bytes,
                 "%s port %s: the system does not tell "
                 "the address",
                 host, port);
        close(listener->descriptor);
        listener->descriptor = -1;
    }
    return listener->descriptor >= 0;
}
