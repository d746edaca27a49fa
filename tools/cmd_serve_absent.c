/* cmd_serve_absent.c - hatpose serve of a build without libmicrohttpd. */
#include "commands.h"
#include "console.h"

const char cmd_serve_help[] = "hatpose serve: this build is without it\n";

int cmd_serve(char **arguments)
{
    (void)arguments;
    console_usage("built without serve: libmicrohttpd was not found, or "
                  "HATPOSE_SERVER was off");
    return EXIT_WRONG_USAGE;
}
