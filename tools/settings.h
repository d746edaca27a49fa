/* settings.h - the options of the commands that look at pictures. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>

#include <hatpose.h>

#include "console.h"
#include "source.h"

typedef enum report_format {
    FORMAT_TEXT,
    FORMAT_NATIVE,
    FORMAT_OPENPOSE,
    FORMAT_COCO,
    FORMAT_CSV,
    FORMAT_SERVICE
} report_format;

typedef enum settings_command { COMMAND_DETECT, COMMAND_HATS } settings_command;

typedef struct settings {
    bool help; /* was asked for: the rest was not read */
    source_list sources;
    const char *output, *draw, *sheet; /* NULL: none; output: "-" */
    report_format format;
    const char *coco_ids; /* a file, or NULL */
    bool wants_hats;      /* the command says who wears one */
    const char *hats;     /* a file or folder of boxes, or NULL */
    long hat_class;       /* -1: not given */
    int hat_rule;         /* -1: not given */
    const char *model;    /* NULL: built in */
    hatpose_options context;
    double threshold; /* weaker joints are not found in the output */
    bool blur, timings, stop_on_error, quiet, verbose;
    color_choice color;
    unsigned fail_on; /* bits: 1 << HATPOSE_HAT_* */
} settings;

/* Returns an exit status: the user was told unless it is 0. */
int settings_read(settings *s, char **arguments, settings_command command);
bool settings_compat(const settings *s);
void settings_release(settings *s);

#endif
