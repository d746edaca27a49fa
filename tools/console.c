/* console.c - one-line messages on stderr. In: formats and names that may
 * hold any bytes. Out: lines that stay lines. */
#include "console.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"

static bool color_wanted(color_choice color, int descriptor)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (color != COLOR_AUTO)
        return color == COLOR_ALWAYS;
    if (no_color != NULL && *no_color != '\0')
        return false;
    return isatty(descriptor) == 1 && terminal != NULL &&
           strcmp(terminal, "dumb") != 0;
}

void console_init(console *c, color_choice color, bool quiet, bool verbose)
{
    *c = (console){.quiet = quiet, .verbose = verbose};
    c->color_results = color_wanted(color, STDOUT_FILENO);
    c->color_messages = color_wanted(color, STDERR_FILENO);
}

/* The formatted text with its odd bytes escaped; the caller releases it. */
static bytes escaped(const char *format, va_list arguments)
{
    va_list again;
    bytes raw = {0}, text = {0};
    int length;

    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        length = 0;
    vsnprintf(bytes_reserve(&raw, (size_t)length), (size_t)length + 1, format,
              arguments);
    escape_for_text(&text, raw.data);
    bytes_release(&raw);
    bytes_text(&text, "");
    return text;
}

void console_wipe_bar(console *c)
{
    if (c->bar_shown)
        fputs("\r\033[K", stderr);
    c->bar_shown = false;
}

void console_usage(const char *format, ...)
{
    va_list arguments;
    bytes text;

    va_start(arguments, format);
    text = escaped(format, arguments);
    va_end(arguments);
    fprintf(stderr, "hatpose: %s\n", text.data);
    bytes_release(&text);
}

void console_fail(console *c, const char *subject, const char *format, ...)
{
    va_list arguments;
    bytes name = {0}, text;

    va_start(arguments, format);
    text = escaped(format, arguments);
    va_end(arguments);
    escape_for_text(&name, subject);
    bytes_text(&name, "");
    console_wipe_bar(c);
    fprintf(stderr, c->color_messages ? "\033[1m%s\033[0m: %s\n" : "%s: %s\n",
            name.data, text.data);
    bytes_release(&name);
    bytes_release(&text);
}

void console_note(console *c, const char *format, ...)
{
    va_list arguments;
    bytes text;

    if (!c->verbose)
        return;
    va_start(arguments, format);
    text = escaped(format, arguments);
    va_end(arguments);
    console_wipe_bar(c);
    fprintf(stderr, "%s\n", text.data);
    bytes_release(&text);
}

void console_summary(console *c, const char *line)
{
    console_wipe_bar(c);
    if (!c->quiet)
        fprintf(stderr, "%s\n", line);
}
