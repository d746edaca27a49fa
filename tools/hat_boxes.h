/* hat_boxes.h - a growing list of boxes of hats. */
#ifndef HAT_BOXES_H
#define HAT_BOXES_H

#include <stdbool.h>
#include <stddef.h>

#include <hatpose.h>

typedef struct hat_boxes {
    hatpose_hat *boxes; /* never NULL once a detector looked */
    size_t count, capacity;
    bool looked;
} hat_boxes;

/* A detector looked at this picture, and perhaps saw nothing. */
void hat_boxes_begin(hat_boxes *list);
void hat_boxes_add(hat_boxes *list, const double sides[4], double score);
void hat_boxes_release(hat_boxes *list);

/* One line of YOLO's text: class, middle and size as parts of the picture,
 * perhaps a score. False: it is no such line. Other classes are left out. */
bool hat_boxes_add_yolo(hat_boxes *list, const char *line, long hat_class,
                        double width_px, double height_px);

#endif
