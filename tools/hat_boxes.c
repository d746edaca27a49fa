/* hat_boxes.c - a growing list of boxes of hats. In: numbers, lines of YOLO.
 * Out: the library's boxes. */
#include "hat_boxes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"

enum { YOLO_NUMBERS = 6 }; /* class, x, y, width, height, score */

void hat_boxes_begin(hat_boxes *list)
{
    list->looked = true;
    list->boxes =
        heap_grow(list->boxes, &list->capacity, 1, sizeof *list->boxes);
}

void hat_boxes_add(hat_boxes *list, const double sides[4], double score)
{
    list->boxes = heap_grow(list->boxes, &list->capacity, list->count + 1,
                            sizeof *list->boxes);
    list->boxes[list->count++] = (hatpose_hat){.left = sides[0],
                                               .top = sides[1],
                                               .width = sides[2],
                                               .height = sides[3],
                                               .score = (float)score,
                                               .kind = HATPOSE_GEAR_HAT};
}

void hat_boxes_release(hat_boxes *list)
{
    free(list->boxes);
    *list = (hat_boxes){0};
}

/* Up to YOLO_NUMBERS; 0 when something else is in the line. */
static int read_numbers(const char *line, double numbers[YOLO_NUMBERS])
{
    int count = 0;

    for (;;) {
        char *end;

        line += strspn(line, " \t\r\n");
        if (*line == '\0')
            return count;
        if (count == YOLO_NUMBERS)
            return 0;
        numbers[count] = strtod(line, &end);
        if (end == line || !isfinite(numbers[count]))
            return 0;
        line = end;
        count++;
    }
}

bool hat_boxes_add_yolo(hat_boxes *list, const char *line, long hat_class,
                        double width_px, double height_px)
{
    double n[YOLO_NUMBERS] = {0, 0, 0, 0, 0, 1};
    int count = read_numbers(line, n);

    if (count < YOLO_NUMBERS - 1)
        return line[strspn(line, " \t\r\n")] == '\0';
    if (n[0] < (double)hat_class || n[0] > (double)hat_class)
        return true;
    const double sides[4] = {(n[1] - n[3] / 2) * width_px,
                             (n[2] - n[4] / 2) * height_px, n[3] * width_px,
                             n[4] * height_px};
    hat_boxes_add(list, sides, n[5]);
    return true;
}
