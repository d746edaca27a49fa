/* access_log.c - the access log off the hot path. In: records from the event
 * loop. Out: lines of JSON; while the disk or pipe is stuck, a count of those
 * that are lost. */
#include "access_log.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buffer.h"

enum {
    RING_RECORDS = 4096,
    BATCH_RECORDS = 16,
    /* A pipe that is writable takes that much without blocking. */
    PIECE_BYTES = 4096,
    PATIENCE_MS = 1000 /* for a stuck reader when the service ends */
};

/* ---- Lines --------------------------------------------------------------- */

static void write_line(const hps_log_record *record, hps_buffer *out)
{
    char host[64] = "", time[32];
    struct tm utc;
    socklen_t bytes = record->client.any.sa_family == AF_INET6
                          ? sizeof record->client.v6
                          : sizeof record->client.v4;

    getnameinfo(&record->client.any, bytes, host, sizeof host, NULL, 0,
                NI_NUMERICHOST);
    gmtime_r(&record->time.tv_sec, &utc);
    strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &utc);
    hps_buffer_print(out, "{\"time\":\"%s.%03ldZ\",\"client\":\"%s\",", time,
                     record->time.tv_nsec / 1000000, host);
    hps_buffer_text(out, "\"method\":\"");
    hps_buffer_json(out, record->method);
    hps_buffer_text(out, "\",\"path\":\"");
    hps_buffer_json(out, record->path);
    if (record->status != 0)
        hps_buffer_print(out, "\",\"status\":%d", record->status);
    else
        hps_buffer_text(out, "\",\"status\":null");
    if (record->fault != NULL)
        hps_buffer_print(out, ",\"error\":\"%s\"", record->fault);
    hps_buffer_print(
        out,
        ",\"request_bytes\":%" PRIu64 ",\"reply_bytes\":%" PRIu64
        ",\"people\":%" PRIu32 ",\"receive_ms\":%.3f,\"queue_ms\":%.3f"
        ",\"work_ms\":%.3f,\"total_ms\":%.3f}\n",
        record->request_bytes, record->reply_bytes, record->people,
        (double)record->receive_us * 1e-3, (double)record->queue_us * 1e-3,
        (double)record->work_us * 1e-3, (double)record->total_us * 1e-3);
}

static bool is_closed(hps_access_log *log)
{
    bool closed;

    pthread_mutex_lock(&log->lock);
    closed = log->closed;
    pthread_mutex_unlock(&log->lock);
    return closed;
}

/* False: the reader is gone, or stuck while the service ends. */
static bool send_all(hps_access_log *log, const char *data, size_t count)
{
    while (count > 0) {
        struct pollfd wait = {.fd = log->descriptor, .events = POLLOUT};
        int ready = poll(&wait, 1, PATIENCE_MS);
        ssize_t sent;

        if (ready == 0 && is_closed(log))
            return false;
        if (ready <= 0)
            continue;
        sent = write(log->descriptor, data,
                     count < PIECE_BYTES ? count : PIECE_BYTES);
        if (sent < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        if (sent > 0) {
            data += sent;
            count -= (size_t)sent;
        }
    }
    return true;
}

/* Waits for records and takes some; 0: closed, and all are taken. */
static size_t take(hps_access_log *log, hps_log_record *batch)
{
    size_t count;

    pthread_mutex_lock(&log->lock);
    while (log->written == log->taken && !log->closed)
        pthread_cond_wait(&log->changed, &log->lock);
    for (count = 0; count < BATCH_RECORDS && log->taken < log->written; count++)
        batch[count] = log->ring[log->taken++ % RING_RECORDS];
    pthread_mutex_unlock(&log->lock);
    return count;
}

static void *write_lines(void *argument)
{
    hps_access_log *log = argument;
    hps_log_record batch[BATCH_RECORDS];
    hps_buffer lines = {0};
    bool lost = false;
    size_t count;

    while ((count = take(log, batch)) > 0) {
        hps_buffer_clear(&lines);
        for (size_t i = 0; i < count; i++)
            write_line(&batch[i], &lines);
        /* Patience is for once: at the end the whole ring may be full. */
        lost = (lost && is_closed(log)) || lines.failed ||
               !send_all(log, lines.data, lines.count);
        if (lost) {
            pthread_mutex_lock(&log->lock);
            log->dropped += count;
            pthread_mutex_unlock(&log->lock);
        }
    }
    hps_buffer_release(&lines);
    return NULL;
}

/* ---- The ring ------------------------------------------------------------ */

/* Signals are the event loop's. */
static int start_thread(hps_access_log *log)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    error = pthread_create(&log->thread, NULL, write_lines, log);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

bool hps_access_log_start(hps_access_log *log, int descriptor)
{
    *log = (hps_access_log){.descriptor = descriptor};
    if (descriptor < 0)
        return true;
    log->ring = calloc(RING_RECORDS, sizeof *log->ring);
    if (log->ring == NULL)
        return false;
    if ((errno = pthread_mutex_init(&log->lock, NULL)) != 0)
        goto no_lock;
    if ((errno = pthread_cond_init(&log->changed, NULL)) != 0)
        goto no_condition;
    if ((errno = start_thread(log)) == 0)
        return true;
    pthread_cond_destroy(&log->changed);
no_condition:
    pthread_mutex_destroy(&log->lock);
no_lock:
    free(log->ring);
    log->ring = NULL;
    return false;
}

void hps_access_log_put(hps_access_log *log, const hps_log_record *record)
{
    if (log->ring == NULL)
        return;
    pthread_mutex_lock(&log->lock);
    if (log->written - log->taken < RING_RECORDS)
        log->ring[log->written++ % RING_RECORDS] = *record;
    else
        log->dropped++;
    pthread_cond_signal(&log->changed);
    pthread_mutex_unlock(&log->lock);
}

uint64_t hps_access_log_dropped(hps_access_log *log)
{
    uint64_t dropped;

    if (log->ring == NULL)
        return 0;
    pthread_mutex_lock(&log->lock);
    dropped = log->dropped;
    pthread_mutex_unlock(&log->lock);
    return dropped;
}

void hps_access_log_stop(hps_access_log *log)
{
    if (log->ring == NULL)
        return;
    pthread_mutex_lock(&log->lock);
    log->closed = true;
    pthread_cond_signal(&log->changed);
    pthread_mutex_unlock(&log->lock);
    pthread_join(log->thread, NULL);
    pthread_cond_destroy(&log->changed);
    pthread_mutex_destroy(&log->lock);
    free(log->ring);
    log->ring = NULL;
}
