/* annotate.h - pictures with their people drawn on: --draw. */
#ifndef ANNOTATE_H
#define ANNOTATE_H

#include <stdbool.h>

#include "answer.h"
#include "pixmap.h"
#include "naming.h"
#include "outputs.h"
#include "report.h"
#include "settings.h"

typedef struct annotate {
    const settings *settings; /* draw NULL: nothing to do */
    console *console;
    const outputs *outputs;
    naming naming; /* of a folder */
    bool file_written;
} annotate;

/* The last of all outputs to be planned: a folder's files are compared with
 * the others. False: the user was told what is wrong with --draw. */
bool annotate_plan(annotate *a, const settings *s, console *c, outputs *o);
/* Draws onto the pixmap and saves it. */
report_status annotate_add(annotate *a, const answer *picture, pixmap *c,
                           hatpose_context *context);
void annotate_release(annotate *a);

#endif
