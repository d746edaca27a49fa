/* cmd_hats.c - hatpose hats: people, their joints, and who wears a hat. */
#include "commands.h"

#include "batch.h"
#include "settings.h"

int cmd_hats(char **arguments)
{
    settings s;
    console c;
    int status = settings_read(&s, arguments, COMMAND_HATS);

    if (status == EXIT_ANSWERED && s.help) {
        help_print("hats");
    } else if (status == EXIT_ANSWERED) {
        console_init(&c, s.color, s.quiet, s.verbose);
        status = batch_run(&s, &c);
    }
    settings_release(&s);
    return status;
}
