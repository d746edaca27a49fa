/* exchange.h - one request and its reply, from the head to the last byte. */
#ifndef HPS_EXCHANGE_H
#define HPS_EXCHANGE_H

#include "body.h"
#include "coding.h"
#include "fault.h"
#include "header.h"
#include "multipart.h"
#include "route.h"

enum { HPS_PARAMETERS_MOST = 32 };

typedef struct hps_exchange hps_exchange;

struct hps_exchange {
    hps_request request;
    hps_reply reply;
    hps_body body; /* as it came */
    hps_coding coding;
    bool form_unbounded; /* multipart without a boundary */
    bool takes_gzip;     /* the client, as an answer */
    bool gzipped;        /* the reply is */
    char form_boundary[HPS_BOUNDARY_BYTES];
    hps_parameter parameters[HPS_PARAMETERS_MOST];
    hps_part parts[HPS_PARTS_MOST];
    hps_body plain; /* with Content-Encoding undone */
    int64_t head_us, body_us, start_us, reply_us; /* hps_clock_us; 0: not yet */
    uint64_t received_bytes, reply_bytes;
    hps_exchange *next; /* in the queue, then among the answered */
    void *holder;       /* http.c's */
};

/* Everything that a worker thread does with a complete request. */
void hps_exchange_run(hps_exchange *x, hps_worker *worker);
/* A reply that grew without memory becomes a fault. Part of
 * hps_exchange_run; for replies made elsewhere. */
void hps_exchange_settle(hps_exchange *x);
/* Packs the reply if the client takes it and it is worth it. */
void hps_exchange_pack(hps_exchange *x);
void hps_exchange_release(hps_exchange *x); /* what it holds, not itself */

#endif
