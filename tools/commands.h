/* commands.h - the commands and the exit statuses they share. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdbool.h>

enum {
    EXIT_ANSWERED = 0, /* every picture */
    EXIT_SOME_FAILED = 1,
    EXIT_WRONG_USAGE = 2,
    EXIT_FAIL_ON_MET = 3,
    EXIT_NO_MODEL = 4,
    EXIT_SIGNAL = 128 /* + its number: 130 after Ctrl-C */
};

/* arguments: what follows the command's name, ends with NULL. */
int cmd_detect(char **arguments);
int cmd_hats(char **arguments);
int cmd_info(char **arguments);
int cmd_bench(char **arguments);
int cmd_serve(char **arguments);
extern const char cmd_serve_help[]; /* what this build of it can do */

/* The help of a command, of all with NULL; false when there is none. */
bool help_print(const char *command);

#endif
