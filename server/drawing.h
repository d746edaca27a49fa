/* drawing.h - a result drawn onto its picture, as a JPEG. */
#ifndef HPS_DRAWING_H
#define HPS_DRAWING_H

#include "call.h"

typedef struct hps_drawing {
    hatpose_context *context; /* that decoded the picture */
    const hps_buffer *file;   /* the picture */
    const hatpose_result *result;
    uint32_t flags; /* HATPOSE_DRAW_* */
} hps_drawing;

/* Appends the file to jpeg. False: the reply tells what is wrong. */
bool hps_drawing_make(const hps_call *call, const hps_drawing *drawing,
                      hps_buffer *jpeg);

#endif
