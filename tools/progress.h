/* progress.h - a bar for work that takes long enough to wait for. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "console.h"

typedef struct progress {
    console *console;
    bool wanted;
    size_t total; /* pictures, 0: not known */
    double start_s, drawn_s;
} progress;

/* results_on_stdout: they may share the terminal with the bar. */
void progress_start(progress *p, console *c, size_t total,
                    bool results_on_stdout);
/* After each picture; draws at most ten times a second. */
void progress_show(progress *p, size_t done, size_t failed);

#endif
