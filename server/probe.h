/* probe.h - the paths that tell of the service itself: /healthz, /readyz,
 * /metrics. */
#ifndef HPS_PROBE_H
#define HPS_PROBE_H

#include "route.h"

typedef struct hps_http hps_http; /* http.h */

/* Their run is NULL: hps_probe_answer is called in its place. */
extern const hps_route hps_probes[];
extern const size_t hps_probe_count;

void hps_probe_answer(hps_http *http, const hps_request *request,
                      hps_reply *reply);

#endif
