/* drawing.c - a result drawn onto its picture. In: the encoded picture and
 * what was found in it. Out: a JPEG. */
#include "drawing.h"

#include <stdlib.h>

enum { QUALITY = 90 };

static hatpose_status encode(const hps_drawing *drawing,
                             const hatpose_image *layout, const void *pixels,
                             hps_buffer *jpeg, hatpose_error *err)
{
    size_t bytes;
    hatpose_status status =
        hatpose_image_encode(drawing->context, pixels, layout,
                             HATPOSE_FILE_JPEG, QUALITY, NULL, 0, &bytes, err);
    void *place;

    if (status != HATPOSE_OK)
        return status;
    place = hps_buffer_reserve(jpeg, bytes);
    if (place == NULL)
        return HATPOSE_E_MEMORY;
    status = hatpose_image_encode(drawing->context, pixels, layout,
                                  HATPOSE_FILE_JPEG, QUALITY, place, bytes,
                                  &bytes, err);
    if (status == HATPOSE_OK)
        hps_buffer_commit(jpeg, bytes);
    return status;
}

static hatpose_status draw(const hps_drawing *drawing, hatpose_image *layout,
                           void *pixels, size_t bytes, hps_buffer *jpeg,
                           hatpose_error *err)
{
    hatpose_status status = hatpose_image_decode(
        drawing->context, drawing->file->data, drawing->file->count, layout,
        pixels, bytes, &bytes, err);

    if (status == HATPOSE_OK)
        status = hatpose_result_draw(drawing->result, drawing->flags, pixels,
                                     layout, err);
    if (status == HATPOSE_OK)
        status = encode(drawing, layout, pixels, jpeg, err);
    return status;
}

bool hps_drawing_make(const hps_call *call, const hps_drawing *drawing,
                      hps_buffer *jpeg)
{
    hatpose_image layout = {.struct_size = sizeof layout,
                            .format = HATPOSE_BGR8};
    hatpose_error err = {0};
    void *pixels;
    size_t bytes;
    hatpose_status status = hatpose_image_decode(
        drawing->context, drawing->file->data, drawing->file->count, &layout,
        NULL, 0, &bytes, &err);

    if (status != HATPOSE_OK)
        return hps_call_fail_as(call, &err);
    pixels = malloc(bytes);
    if (pixels == NULL)
        return hps_call_fail_plainly(call, HPS_FAULT_MEMORY);
    status = draw(drawing, &layout, pixels, bytes, jpeg, &err);
    free(pixels);
    if (status == HATPOSE_OK)
        return true;
    err.status = status;
    return hps_call_fail_as(call, &err);
}
