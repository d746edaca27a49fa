/* cmd_detect.c - hatpose detect: people and their 18 joints. */
#include "commands.h"

#include "batch.h"
#include "settings.h"

int cmd_detect(char **arguments)
{
    settings s;
    console c;
    int status = settings_read(&s, arguments, COMMAND_DETECT);

    if (status == EXIT_ANSWERED && s.help) {
        help_print("detect");
    } else if (status == EXIT_ANSWERED) {
        console_init(&c, s.color, s.quiet, s.verbose);
        status = batch_run(&s, &c);
    }
    settings_release(&s);
    return status;
}
