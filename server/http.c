/* http.c - libmicrohttpd driven by our own loop. In: heads and pieces of
 * bodies. Out: complete requests to the queue, and replies to the clients. A
 * connection whose request is with a worker is suspended; only this thread
 * ever touches the library. */
#include "http.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "path.h"

enum {
    /* Of one connection: the head of its request, then pieces of its body. A
     * head that is larger gets 431, or 414. */
    CONNECTION_BYTES = 32 * 1024,
    /* The clients' own limits come first; the library's is a safety net. */
    SPARE_TIMEOUT_S = 5,
    ALLOW_BYTES = 64
};

/* What of a body that is refused is still read, in bodies: a client that is
 * in the middle of sending does not see a reply. */
enum { REFUSED_BODIES = 8 };

/* One request as http.c sees it. */
typedef struct hps_visit {
    hps_exchange exchange;
    hps_http *http;
    hps_client *client;
    struct MHD_Connection *connection;
    int refusal; /* a hps_fault, or -1; the body is thrown away */
    char detail[160], allow[ALLOW_BYTES];
    char method[HPS_LOG_METHOD_BYTES], path[HPS_LOG_PATH_BYTES];
    bool is_options;
    bool is_answered; /* the reply is complete */
    bool is_queued;   /* MHD has the reply */
} hps_visit;

/* ---- Replies ------------------------------------------------------------- */

static void add_headers(const hps_visit *v, struct MHD_Response *response)
{
    const hps_reply *reply = &v->exchange.reply;
    char seconds[16];

    MHD_add_response_header(response, "Content-Type", reply->content_type);
    MHD_add_response_header(response, "Cache-Control",
                            reply->cache_control != NULL ? reply->cache_control
                                                         : "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Vary",
                            "Accept-Encoding, Accept-Language");
    if (v->exchange.gzipped)
        MHD_add_response_header(response, "Content-Encoding", "gzip");
    if (v->allow[0] != '\0')
        MHD_add_response_header(response, "Allow", v->allow);
    if (reply->status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    if (reply->retry_after_s > 0) {
        snprintf(seconds, sizeof seconds, "%u", (unsigned)reply->retry_after_s);
        MHD_add_response_header(response, "Retry-After", seconds);
    }
    if (v->http->stopping)
        MHD_add_response_header(response, "Connection", "close");
}

/* Gives the reply to the library. */
static enum MHD_Result send_reply(hps_visit *v)
{
    hps_exchange *x = &v->exchange;
    hps_reply *reply = &x->reply;
    struct MHD_Response *response;
    enum MHD_Result result;

    x->reply_us = hps_clock_us();
    if (reply->fixed != NULL) {
        x->reply_bytes = reply->fixed_count;
        /* It is only read. */
        response = MHD_create_response_from_buffer(
            reply->fixed_count, (void *)(uintptr_t)reply->fixed,
            MHD_RESPMEM_PERSISTENT);
    } else {
        x->reply_bytes = reply->body.count;
        response = MHD_create_response_from_buffer(
            reply->body.count, reply->body.data, MHD_RESPMEM_MUST_FREE);
        if (response != NULL)
            reply->body = (hps_buffer){0};
    }
    if (response == NULL)
        return MHD_NO;
    add_headers(v, response);
    result =
        MHD_queue_response(v->connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    v->is_queued = result == MHD_YES;
    hps_clients_enter(&v->http->clients, v->client, HPS_CLIENT_REPLYING, x);
    return result;
}

static enum MHD_Result send_fault(hps_visit *v, hps_fault fault,
                                  const char *detail)
{
    hps_body_release(&v->exchange.body);
    hps_reply_fail(&v->exchange.request, &v->exchange.reply, fault, detail);
    return send_reply(v);
}

/* ---- Heads --------------------------------------------------------------- */

static hps_client *client_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

/* Of a path, a name or a value, in place. A zero byte would end it early: it
 * is noted, and the request refused when its head is complete. */
static size_t unescape(void *user, struct MHD_Connection *connection,
                       char *text)
{
    size_t count = MHD_http_unescape(text);
    hps_client *client = client_of(connection);

    (void)user;
    if (client != NULL && strlen(text) != count)
        client->sent_zero = true;
    return count;
}

static void refuse(hps_visit *v, hps_fault fault, const char *detail)
{
    if (v->refusal >= 0)
        return;
    v->refusal = (int)fault;
    snprintf(v->detail, sizeof v->detail, "%s", detail);
    hps_body_release(&v->exchange.body);
}

static void refuse_body(hps_visit *v)
{
    char limit[24];

    snprintf(limit, sizeof limit, "%zu", v->exchange.body.limit_bytes);
    refuse(v, HPS_FAULT_BODY_TOO_LARGE, limit);
}

static const char *header(const hps_visit *v, const char *name)
{
    return MHD_lookup_connection_value(v->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result add_parameter(void *user, enum MHD_ValueKind kind,
                                     const char *name, size_t name_count,
                                     const char *value, size_t value_count)
{
    hps_visit *v = user;
    hps_request *request = &v->exchange.request;

    (void)kind;
    (void)name_count;
    (void)value_count;
    if (value == NULL)
        value = "";
    if (request->parameter_count == HPS_PARAMETERS_MOST) {
        refuse(v, HPS_FAULT_QUERY_CORRUPT, "too many parameters");
        return MHD_NO;
    }
    v->exchange.parameters[request->parameter_count++] =
        (hps_parameter){name, value};
    return MHD_YES;
}

/* Content-Type, Content-Encoding and what the client takes as an answer. */
static void read_headers(hps_visit *v)
{
    hps_exchange *x = &v->exchange;
    const char *type = header(v, "Content-Type");
    const char *coding = header(v, "Content-Encoding");

    x->request.media = hps_header_media(type);
    x->form_unbounded = x->request.media == HPS_MEDIA_FORM &&
                        !hps_header_boundary(type, x->form_boundary);
    x->request.language = hps_header_language(header(v, "Accept-Language"));
    x->takes_gzip = hps_coding_accepts_gzip(header(v, "Accept-Encoding"));
    x->coding = hps_coding_of(coding);
    if (x->coding == HPS_CODING_UNKNOWN)
        refuse(v, HPS_FAULT_CODING_UNKNOWN, coding);
    x->request.parameters = x->parameters;
    MHD_get_connection_values_n(v->connection, MHD_GET_ARGUMENT_KIND,
                                add_parameter, v);
}

static void find_route(hps_visit *v, const char *method)
{
    hps_request *request = &v->exchange.request;
    hps_path path = hps_path_find(request->path, method);

    request->route = path.route;
    if (path.is_found)
        return;
    if (!path.is_known) {
        refuse(v, HPS_FAULT_NOT_FOUND, request->path);
        return;
    }
    hps_path_methods(request->path, v->allow, sizeof v->allow);
    v->is_options = strcmp(method, "OPTIONS") == 0;
    if (!v->is_options)
        refuse(v, HPS_FAULT_METHOD, v->allow);
}

static uint64_t declared_bytes(const hps_visit *v)
{
    const char *length = header(v, "Content-Length");

    /* The library has checked that it is a number that fits. */
    return length != NULL ? strtoull(length, NULL, 10) : 0;
}

static void read_head(hps_visit *v, const char *url, const char *method)
{
    hps_exchange *x = &v->exchange;
    const hps_server_options *options = v->http->options;

    x->head_us = hps_clock_us();
    x->request.service = v->http->service;
    x->request.method = strcmp(method, "HEAD") == 0 ? "GET" : method;
    x->request.path = url;
    x->reply.status = 200;
    x->reply.content_type = "application/json";
    x->body.budget = &v->http->budget;
    x->body.limit_bytes = options->body_most_bytes;
    snprintf(v->method, sizeof v->method, "%s", method);
    snprintf(v->path, sizeof v->path, "%s", url);
    find_route(v, x->request.method);
    if (!hps_keys_allow(&v->http->keys, header(v, "Authorization")) &&
        !v->is_options &&
        (x->request.route == NULL ||
         (x->request.route->flags & HPS_ROUTE_OPEN) == 0)) {
        v->refusal = -1; /* what there is, is nobody else's business */
        v->allow[0] = '\0';
        refuse(v, HPS_FAULT_UNAUTHORIZED, "");
    }
    if (v->client->sent_zero)
        refuse(v, HPS_FAULT_QUERY_CORRUPT, "a zero byte in path or query");
    v->client->sent_zero = false;
    read_headers(v);
    if (declared_bytes(v) > options->body_most_bytes)
        refuse_body(v);
}

static enum MHD_Result begin(hps_http *http, struct MHD_Connection *connection,
                             const char *url, const char *method, void **visit)
{
    hps_visit *v = calloc(1, sizeof *v);
    hps_client *client = client_of(connection);
    uint64_t most = (uint64_t)http->options->body_most_bytes * REFUSED_BODIES;

    if (v == NULL || client == NULL) {
        free(v);
        return MHD_NO;
    }
    v->http = http;
    v->connection = connection;
    v->client = client;
    v->exchange.holder = v;
    v->refusal = -1;
    *visit = v;
    http->in_flight++;
    read_head(v, url, method);
    hps_clients_enter(&http->clients, v->client, HPS_CLIENT_RECEIVING,
                      &v->exchange);
    if (v->refusal >= 0 &&
        (header(v, "Expect") != NULL || declared_bytes(v) > most))
        return send_fault(v, (hps_fault)v->refusal, v->detail);
    return MHD_YES;
}

/* ---- Bodies and answers -------------------------------------------------- */

static enum MHD_Result take_piece(hps_visit *v, const char *data, size_t *count)
{
    hps_exchange *x = &v->exchange;
    uint64_t most = (uint64_t)x->body.limit_bytes * REFUSED_BODIES;

    x->received_bytes += *count;
    if (v->refusal < 0) {
        hps_body_status status = hps_body_append(&x->body, data, *count);

        if (status == HPS_BODY_TOO_LARGE)
            refuse_body(v);
        else if (status != HPS_BODY_OK)
            refuse(v, HPS_FAULT_BUSY, "");
    }
    *count = 0;
    return x->received_bytes > most ? MHD_NO : MHD_YES;
}

static enum MHD_Result answer_instantly(hps_visit *v)
{
    hps_exchange *x = &v->exchange;

    hps_body_release(&x->body);
    x->start_us = hps_clock_us();
    if (v->is_options)
        x->reply.status = 200;
    else if (x->request.route->run == NULL)
        hps_probe_answer(v->http, &x->request, &x->reply);
    else
        x->request.route->run(NULL, &x->request, &x->reply);
    hps_exchange_settle(x);
    hps_exchange_pack(x);
    return send_reply(v);
}

/* The request is complete: to the queue, or straight to an answer. */
static enum MHD_Result dispatch(hps_visit *v)
{
    hps_exchange *x = &v->exchange;

    x->body_us = hps_clock_us();
    if (v->refusal >= 0)
        return send_fault(v, (hps_fault)v->refusal, v->detail);
    if (v->is_options || (x->request.route->flags & HPS_ROUTE_INSTANT) != 0)
        return answer_instantly(v);
    x->request.deadline_us = x->body_us + v->http->options->deadline_us;
    if (!hps_queue_push(&v->http->pool.queue, x))
        return send_fault(v, HPS_FAULT_BUSY, NULL);
    hps_clients_enter(&v->http->clients, v->client, HPS_CLIENT_WORKING, x);
    /* Resumed by this thread too, so that an answer cannot come too early. */
    MHD_suspend_connection(v->connection);
    return MHD_YES;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *data,
                                  size_t *count, void **visit)
{
    hps_visit *v = *visit;

    (void)version;
    if (v == NULL)
        return begin(user, connection, url, method, visit);
    if (*count > 0)
        return take_piece(v, data, count);
    return v->is_answered ? send_reply(v) : dispatch(v);
}

/* ---- Ends ---------------------------------------------------------------- */

static int64_t span(int64_t from_us, int64_t to_us)
{
    return from_us > 0 && to_us > from_us ? to_us - from_us : 0;
}

static void write_log(const hps_visit *v, bool aborted)
{
    const hps_exchange *x = &v->exchange;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        v->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    hps_log_record record = {
        .status = aborted ? 0 : x->reply.status,
        .fault = x->reply.fault,
        .request_bytes = x->received_bytes,
        .reply_bytes = x->reply_bytes,
        .people = x->reply.person_count,
        .receive_us = x->reply.stage_us[HPS_STAGE_RECEIVE],
        .queue_us = x->reply.stage_us[HPS_STAGE_QUEUE],
        .work_us = span(x->start_us, x->reply_us),
        .total_us = x->reply.stage_us[HPS_STAGE_TOTAL],
    };

    clock_gettime(CLOCK_REALTIME, &record.time);
    memcpy(record.method, v->method, sizeof record.method);
    memcpy(record.path, v->path, sizeof record.path);
    if (info != NULL && info->client_addr != NULL &&
        info->client_addr->sa_family == AF_INET6)
        memcpy(&record.client.v6, info->client_addr, sizeof record.client.v6);
    else if (info != NULL && info->client_addr != NULL)
        memcpy(&record.client.v4, info->client_addr, sizeof record.client.v4);
    hps_access_log_put(&v->http->log, &record);
}

static void on_completed(void *user, struct MHD_Connection *connection,
                         void **visit, enum MHD_RequestTerminationCode code)
{
    hps_http *http = user;
    hps_visit *v = *visit;
    bool aborted;

    (void)connection;
    if (v == NULL)
        return;
    *visit = NULL;
    hps_exchange *x = &v->exchange;
    aborted = !v->is_queued || code != MHD_REQUEST_TERMINATED_COMPLETED_OK;
    if (x->received_bytes > 0)
        x->reply.stage_us[HPS_STAGE_RECEIVE] = span(x->head_us, x->body_us);
    x->reply.stage_us[HPS_STAGE_QUEUE] = span(x->body_us, x->start_us);
    x->reply.stage_us[HPS_STAGE_TOTAL] = span(x->head_us, x->reply_us);
    hps_metrics_count(&http->metrics, x, aborted);
    write_log(v, aborted);
    hps_clients_enter(&http->clients, v->client, HPS_CLIENT_WAITING, NULL);
    hps_exchange_release(x);
    free(v);
    http->in_flight--;
}

static void on_connection(void *user, struct MHD_Connection *connection,
                          void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    hps_http *http = user;
    const union MHD_ConnectionInfo *info;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        info = MHD_get_connection_info(connection,
                                       MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info != NULL)
            *context = hps_clients_add(&http->clients, info->connect_fd);
    } else if (*context != NULL) {
        hps_clients_remove(&http->clients, *context);
        *context = NULL;
    }
}

/* ---- The loop ------------------------------------------------------------ */

bool hps_http_start(hps_http *http, int listener)
{
    const hps_server_options *options = http->options;

    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request,
        http, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, http, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)http->clients.most,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)(options->timeout_us / 1000000 + SPARE_TIMEOUT_S),
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_END);
    return http->daemon != NULL;
}

static void resume(hps_exchange *x)
{
    hps_visit *v = x->holder;

    v->is_answered = true;
    MHD_resume_connection(v->connection);
}

/* Newest first, as they come; the order of replies is that of the workers
 * only within a turn, and no client can tell. */
static void resume_answered(hps_http *http)
{
    hps_exchange *x = hps_pool_collect(&http->pool);

    while (x != NULL) {
        hps_exchange *next = x->next;

        resume(x);
        x = next;
    }
}

static void answer_late(hps_http *http)
{
    hps_exchange *x;

    while ((x = hps_queue_pop_late(&http->pool.queue)) != NULL) {
        hps_reply_fail(&x->request, &x->reply, HPS_FAULT_DEADLINE, NULL);
        hps_body_release(&x->body);
        resume(x);
    }
}

void hps_http_turn(hps_http *http, int wait_ms)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd waits[2] = {
        {.fd = info != NULL ? info->epoll_fd : -1, .events = POLLIN},
        {.fd = http->pool.wake_descriptor, .events = POLLIN}};
    MHD_UNSIGNED_LONG_LONG library_ms;

    if (MHD_get_timeout(http->daemon, &library_ms) == MHD_YES &&
        library_ms < (MHD_UNSIGNED_LONG_LONG)wait_ms)
        wait_ms = (int)library_ms;
    poll(waits, 2, wait_ms);
    resume_answered(http);
    answer_late(http);
    MHD_run(http->daemon);
}

void hps_http_close_door(hps_http *http)
{
    int listener = MHD_quiesce_daemon(http->daemon);

    if (listener >= 0)
        close(listener);
}

void hps_http_stop(hps_http *http)
{
    MHD_stop_daemon(http->daemon);
    http->daemon = NULL;
}
