/* json.h - a result as the native JSON object, without file and frame, which
 * only the caller knows. */
#ifndef HP_JSON_H
#define HP_JSON_H

#include "result/result.h"

/* One line:
 *
 *   {"format":"hatpose-1","width":640,"height":480,
 *    "people":[{"index":0,"id":null,"score":14.21,"box":[l,t,w,h],
 *      "keypoints":{"nose":[318.25,92.5,0.91],..,"left_ear":null},
 *      "hat":{"state":"not_worn","score":0.93,"hat":null,
 *        "reason":"hat_in_hand"}}],
 *    "hats":[{"box":[..],"score":0.8,"person":null,"held_by":0,
 *      "source":"model"}],
 *    "heads":[{"box":[..],"score":0.7,"person":null,"hat":{..}}],
 *    "timings":{"decode_us":812.5,..}}
 *
 * heads only when the maps speak of hats, timings only with
 * HATPOSE_JSON_TIMINGS. Pixels have up to 2 decimals, scores 4, times 1; what
 * is not finite is null. Numbers do not depend on the locale.
 *
 * text NULL with capacity 0 asks. *needed is the size of all of it, final zero
 * included. Too little room: HATPOSE_E_BUFFER_TOO_SMALL and an empty text.
 * Unknown flags: HATPOSE_E_ARGUMENT. */
hatpose_status hp_result_to_json(const hatpose_result *result, uint32_t flags,
                                 char *text, size_t capacity, size_t *needed);

#endif
