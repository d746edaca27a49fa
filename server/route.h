/* route.h - the contract between HTTP and the routes. A route is a plain
 * function: a complete request in, a reply out. It knows nothing of sockets,
 * and the HTTP side (http.c) nothing of hatpose.
 *
 * Before a route runs, the HTTP side has read the whole body within its
 * limits, undone Content-Encoding, split multipart forms and checked the
 * bearer token. A route runs on a worker thread that has a hps_worker
 * (worker.h) to itself; one with HPS_ROUTE_INSTANT runs on the event loop,
 * without a worker, and does no more than fill in a text. */
#ifndef HPS_ROUTE_H
#define HPS_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

typedef struct hps_service hps_service; /* worker.h */
typedef struct hps_worker hps_worker;
typedef struct hps_route hps_route;

/* ---- Requests ------------------------------------------------------------ */

typedef enum hps_language { HPS_ENGLISH, HPS_CHINESE } hps_language;

/* What Content-Type says. JSON: application/json, or application/ and an end
 * in +json, with any parameters. IMAGE: any image/ type. FORM:
 * multipart/form-data. */
typedef enum hps_media {
    HPS_MEDIA_NONE, /* no Content-Type */
    HPS_MEDIA_JSON,
    HPS_MEDIA_IMAGE,
    HPS_MEDIA_FORM,
    HPS_MEDIA_OTHER
} hps_media;

/* A parameter of the query: percent signs and + undone, both terminated, no
 * zero byte inside. value is "" in ?name and ?name= alike. */
typedef struct hps_parameter {
    const char *name, *value;
} hps_parameter;

/* A part of a multipart form. */
typedef struct hps_part {
    const char *name; /* terminated */
    bool is_file;     /* it came with a file name */
    hps_media media;
    const char *data;
    size_t count;
} hps_part;

typedef struct hps_request {
    const hps_service *service;
    const hps_route *route; /* NULL: there is none at this path */
    const char *method;     /* "GET" also for HEAD */
    const char *path;       /* "/v1/detect", without the query */
    const hps_parameter *parameters;
    size_t parameter_count;
    hps_language language; /* Accept-Language */
    hps_media media;
    const char *body; /* NULL when empty; no zero at the end */
    size_t body_count;
    const hps_part *parts; /* HPS_MEDIA_FORM */
    size_t part_count;
    int64_t deadline_us; /* hps_clock_us after which nobody waits */
} hps_request;

/* The last value of the parameter, or NULL. */
const char *hps_request_parameter(const hps_request *request, const char *name);
/* The first part of that name, or NULL. */
const hps_part *hps_request_part(const hps_request *request, const char *name);
/* Past its deadline: a route with many pictures stops with
 * HPS_FAULT_DEADLINE. */
bool hps_request_is_late(const hps_request *request);

/* ---- Replies ------------------------------------------------------------- */

/* Steps whose times go to /metrics. The HTTP side measures the first two and
 * the last. */
typedef enum hps_stage {
    HPS_STAGE_RECEIVE, /* head complete to body complete */
    HPS_STAGE_QUEUE,
    HPS_STAGE_DECODE, /* as in hatpose_times; summed over the pictures */
    HPS_STAGE_PREPARE,
    HPS_STAGE_NETWORK,
    HPS_STAGE_PEOPLE,
    HPS_STAGE_MATCH,
    HPS_STAGE_TOTAL, /* head complete to reply complete */
    HPS_STAGE_COUNT
} hps_stage;

/* Comes with status 200, application/json, all else zero. */
typedef struct hps_reply {
    int status;
    const char *content_type;  /* static text */
    const char *cache_control; /* static text; NULL: no-store */
    uint32_t retry_after_s;    /* 0: none */
    hps_buffer body;
    /* In place of body: bytes that live as long as the program. */
    const void *fixed;
    size_t fixed_count;
    /* For /metrics and the access log. */
    const char *fault; /* code word of the error, set by hps_reply_fail */
    uint32_t picture_count, person_count;
    int64_t stage_us[HPS_STAGE_COUNT]; /* 0: did not run */
} hps_reply;

/* ---- Routes -------------------------------------------------------------- */

/* worker NULL: HPS_ROUTE_INSTANT. */
typedef void (*hps_route_fn)(hps_worker *worker, const hps_request *request,
                             hps_reply *reply);

/* An error in the form that the clients of a route know. code: a word such
 * as "image_corrupt"; message: one sentence, UTF-8, in their language. */
typedef void (*hps_error_fn)(const hps_service *service, int status,
                             const char *code, const char *message,
                             hps_buffer *body);

enum {
    HPS_ROUTE_INSTANT = 1, /* on the event loop, without a worker */
    HPS_ROUTE_OPEN = 2,    /* needs no bearer token */
};

/* HEAD is answered as GET without its body, OPTIONS and 405 with the methods
 * that a path has. */
struct hps_route {
    const char *method, *path;
    hps_route_fn run;
    hps_error_fn write_error; /* NULL: {"error":{"code":..,"message":..}} */
    unsigned flags;
};

/* All of them (routes.c). */
extern const hps_route hps_routes[];
extern const size_t hps_route_count;

#endif
