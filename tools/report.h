/* report.h - the answers as the user wants to read them. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>

#include "answer.h"
#include "coco.h"
#include "naming.h"
#include "outputs.h"
#include "settings.h"
#include "sink.h"

typedef struct report {
    const settings *settings;
    console *console;
    sink sink;     /* of all answers */
    naming naming; /* folder NULL: they go to sink */
    coco_ids ids;
    bytes text; /* of one answer */
    uint64_t entry_count;
} report;

typedef enum report_status {
    REPORT_WRITTEN,
    REPORT_FAILED, /* for this picture; the user was told */
    REPORT_BROKEN, /* for all that follow too; the user was told */
    REPORT_READER_GONE
} report_status;

/* What can be wrong with names and numbers; before any work. False: the
 * user was told. */
bool report_plan(report *r, const settings *s, console *c, outputs *o);
report_status report_open(report *r);
/* A failed picture is an answer too: formats that can say so do. */
report_status report_add(report *r, const answer *a);
/* Completes what was begun, after Ctrl-C too. */
report_status report_close(report *r);
/* After a failure: nothing half-written stays. */
void report_release(report *r);

#endif
