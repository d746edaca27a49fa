/* console.h - what the user reads beside the results: one line each on
 * stderr, with care for the progress bar, colours and odd bytes. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>

typedef enum color_choice {
    COLOR_AUTO,
    COLOR_ALWAYS,
    COLOR_NEVER
} color_choice;

typedef struct console {
    bool quiet, verbose;
    bool color_results, color_messages;
    bool bar_shown; /* progress.c drew it; a message wipes it first */
} console;

void console_init(console *c, color_choice color, bool quiet, bool verbose);

/* "hatpose: ..." for a wrong command line. */
void console_usage(const char *format, ...);
/* "subject: ..."; a file, a model, an output. */
void console_fail(console *c, const char *subject, const char *format, ...);
/* Only with --verbose. */
void console_note(console *c, const char *format, ...);
/* Unless --quiet. */
void console_summary(console *c, const char *line);
void console_wipe_bar(console *c);

#endif
