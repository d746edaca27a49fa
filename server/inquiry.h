/* inquiry.h - what a request to /v1/ asks for, from wherever it says so. */
#ifndef HPS_INQUIRY_H
#define HPS_INQUIRY_H

#include "call.h"
#include "hat_list.h"

typedef enum hps_answer_format {
    HPS_ANSWER_NATIVE,
    HPS_ANSWER_OPENPOSE,
    HPS_ANSWER_COCO,
    HPS_ANSWER_JPEG
} hps_answer_format;

typedef struct hps_inquiry {
    hps_buffer file; /* the picture */
    bool has_hats;   /* a detector looked */
    hps_hat_list hats;
    double threshold; /* weaker joints are not found in the answer */
    uint32_t net_height_px;
    bool timings;
    hps_answer_format format;
    int64_t image_id; /* COCO's */
} hps_inquiry;

/* Options come from the query; those of a JSON body or a form count more. The
 * picture is the body of an image/ type, the field "image" of JSON, or a
 * form's part "image" or first file. knows_hats: boxes may be given. False:
 * the reply tells what is wrong. Release it in both cases. */
bool hps_inquiry_read(const hps_call *call, bool knows_hats,
                      hps_inquiry *inquiry);
void hps_inquiry_release(hps_inquiry *inquiry);

#endif
