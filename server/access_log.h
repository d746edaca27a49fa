/* access_log.h - a line of JSON for each request, written by a thread of its
 * own. */
#ifndef HPS_ACCESS_LOG_H
#define HPS_ACCESS_LOG_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { HPS_LOG_METHOD_BYTES = 16, HPS_LOG_PATH_BYTES = 128 };

typedef struct hps_log_record {
    struct timespec time; /* of day, when it ended */
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } client;
    char method[HPS_LOG_METHOD_BYTES], path[HPS_LOG_PATH_BYTES]; /* cut */
    int status;        /* 0: the client went first */
    const char *fault; /* static text or NULL */
    uint64_t request_bytes, reply_bytes;
    uint32_t people;
    int64_t receive_us, queue_us, work_us, total_us;
} hps_log_record;

typedef struct hps_access_log {
    int descriptor; /* -1: no log */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    hps_log_record *ring;
    uint64_t written, taken; /* records so far; the ring has those between */
    uint64_t dropped;
    bool closed;
    pthread_t thread;
} hps_access_log;

/* descriptor -1: every record is forgotten. False: errno says why. */
bool hps_access_log_start(hps_access_log *log, int descriptor);
/* Never waits for the disk: a record that finds no room is counted. */
void hps_access_log_put(hps_access_log *log, const hps_log_record *record);
uint64_t hps_access_log_dropped(hps_access_log *log);
/* Writes what is there, as long as the reader takes it. */
void hps_access_log_stop(hps_access_log *log);

#endif
