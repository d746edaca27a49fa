/* keypoint_json.h - people in the JSON of OpenPose and of COCO. */
#ifndef HPS_KEYPOINT_JSON_H
#define HPS_KEYPOINT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <hatpose.h>

#include "buffer.h"

/* OpenPose 1.3: 18 x (x, y, score) a person, in px; not found is 0,0,0. */
void hps_openpose_write(hps_buffer *body, const hatpose_result *result);

/* An element of COCO's list of results: 17 keypoints, half a px to the right
 * and down, since COCO counts from the edge of the first pixel. compat: the
 * scores of the original's validation program. */
void hps_coco_person_write(hps_buffer *body, const hatpose_person *person,
                           int64_t image_id, bool compat);
/* The list, without compat. */
void hps_coco_write(hps_buffer *body, const hatpose_result *result,
                    int64_t image_id);

#endif
