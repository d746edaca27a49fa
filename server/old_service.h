/* old_service.h - the routes of the hard-hat service, as docs/compat.md has
 * them: POST / of version 3 (or 6 with --compat v6), and the side routes of
 * version 8 (or the last form of version 6). */
#ifndef HPS_OLD_SERVICE_H
#define HPS_OLD_SERVICE_H

#include "route.h"

/* POST / */
void hps_old_hats(hps_worker *worker, const hps_request *request,
                  hps_reply *reply);
/* {"code":"400","data":[],"message":".."} */
void hps_old_hats_error(const hps_service *service, int status,
                        const char *code, const char *message,
                        hps_buffer *body);

/* POST /get_head_point, /get_head_point_v2, /get_body_box */
void hps_old_head_points(hps_worker *worker, const hps_request *request,
                         hps_reply *reply);
void hps_old_head_points_of_all(hps_worker *worker, const hps_request *request,
                                hps_reply *reply);
void hps_old_body_boxes(hps_worker *worker, const hps_request *request,
                        hps_reply *reply);
/* The same, but that version 8 has its codes as numbers. */
void hps_old_people_error(const hps_service *service, int status,
                          const char *code, const char *message,
                          hps_buffer *body);

#endif
