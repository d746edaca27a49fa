/* paddle.h - PaddleHub's route for openpose_body_estimation. */
#ifndef HPS_PADDLE_H
#define HPS_PADDLE_H

#include "route.h"

/* POST /predict/openpose_body_estimation */
void hps_paddle_predict(hps_worker *worker, const hps_request *request,
                        hps_reply *reply);
/* {"msg":"..","results":"","status":"101"} */
void hps_paddle_error(const hps_service *service, int status, const char *code,
                      const char *message, hps_buffer *body);

#endif
