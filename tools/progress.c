/* progress.c - a bar on stderr. In: how far the work is. Out: one line that
 * is wiped before anything else is said. */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "stopwatch.h"

static const double silent_s = 1.0;  /* short work needs no bar */
static const double between_s = 0.1; /* at most 10 Hz */

enum { BAR_CELLS = 20, LINE_BYTES = 160, USUAL_COLUMNS = 80 };

void progress_start(progress *p, console *c, size_t total,
                    bool results_on_stdout)
{
    const char *terminal = getenv("TERM");

    *p = (progress){.console = c, .total = total};
    p->start_s = stopwatch_seconds();
    p->wanted = !c->quiet && isatty(STDERR_FILENO) == 1 && terminal != NULL &&
                strcmp(terminal, "dumb") != 0 &&
                !(results_on_stdout && isatty(STDOUT_FILENO) == 1);
}

static size_t columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return USUAL_COLUMNS;
}

static void append(char *line, const char *text)
{
    size_t used = strlen(line);

    snprintf(line + used, LINE_BYTES - used, "%s", text);
}

static void append_bar(char *line, size_t done, size_t total)
{
    size_t filled = done * BAR_CELLS / total;
    char bar[BAR_CELLS + 4];

    bar[0] = '[';
    for (size_t i = 0; i < BAR_CELLS; i++)
        bar[i + 1] = i < filled ? '#' : '.';
    memcpy(bar + BAR_CELLS + 1, "] ", 3);
    append(line, bar);
}

void progress_show(progress *p, size_t done, size_t failed)
{
    double now_s = stopwatch_seconds();
    double rate = (double)done / (now_s - p->start_s + 1e-9);
    char line[LINE_BYTES] = "", part[64];

    if (!p->wanted || now_s - p->start_s < silent_s ||
        now_s - p->drawn_s < between_s)
        return;
    p->drawn_s = now_s;
    if (p->total > 0) {
        double left_s = (double)(p->total - done) / rate;

        append_bar(line, done, p->total);
        snprintf(part, sizeof part, "%zu/%zu  %.*f/s  %d:%02d left", done,
                 p->total, rate < 10 ? 1 : 0, rate, (int)(left_s / 60),
                 (int)left_s % 60);
    } else {
        snprintf(part, sizeof part, "%zu  %.*f/s", done, rate < 10 ? 1 : 0,
                 rate);
    }
    append(line, part);
    if (failed > 0) {
        snprintf(part, sizeof part, "  %zu failed", failed);
        append(line, part);
    }
    line[columns() < LINE_BYTES ? columns() - 1 : LINE_BYTES - 1] = '\0';
    fprintf(stderr, "\r\033[K%s", line);
    p->console->bar_shown = true;
}
