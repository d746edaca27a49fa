/* cli.c - the hatpose command: finds the command that was meant. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <hatpose.h>

#include "commands.h"
#include "console.h"
#include "interrupt.h"
#include "option.h"

typedef struct command {
    const char *name;
    int (*run)(char **arguments);
} command;

static const command commands[] = {
    {"detect", cmd_detect},
    {"hats", cmd_hats},
    {"info", cmd_info},
    {"bench", cmd_bench},
    {"serve", cmd_serve},
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static int unknown_command(const char *name)
{
    const char *names[COMMAND_COUNT + 1] = {"help"};
    const char *guess;

    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i + 1] = commands[i].name;
    guess = option_guess(name, names, COMMAND_COUNT + 1);
    if (guess != NULL)
        console_usage("unknown command %s, did you mean %s?", name, guess);
    else
        console_usage("unknown command %s (hatpose help shows all)", name);
    return EXIT_WRONG_USAGE;
}

/* A disk can be full while only help is written. */
static int end_of_output(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_ANSWERED
                                                  : EXIT_SOME_FAILED;
}

static int help(const char *name)
{
    if (!help_print(name))
        return unknown_command(name);
    return end_of_output();
}

/* A standard stream that is closed would be the next file that is opened, and
 * what is meant for the stream would go into it. Held the wrong way around,
 * every read or write of it fails. */
static bool hold_standard_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        int way = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;

        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", way) != stream)
            return false;
    }
    return true;
}

int main(int count, char **arguments)
{
    const char *name = count > 1 ? arguments[1] : NULL;

    if (!hold_standard_streams())
        return EXIT_SOME_FAILED;
    interrupt_install();
    if (name == NULL) {
        console_usage("no command (hatpose help shows all)");
        return EXIT_WRONG_USAGE;
    }
    if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0)
        return help(NULL);
    if (strcmp(name, "help") == 0)
        return help(count > 2 ? arguments[2] : NULL);
    if (strcmp(name, "-V") == 0 || strcmp(name, "--version") == 0) {
        printf("hatpose %s\n", hatpose_version_string());
        return end_of_output();
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(name, commands[i].name) == 0) {
            int status = commands[i].run(arguments + 2);

            return status == EXIT_ANSWERED ? end_of_output() : status;
        }
    if (name[0] == '-' && name[1] != '\0') {
        console_usage("a command comes before the options, as in hatpose "
                      "detect %s",
                      name);
        return EXIT_WRONG_USAGE;
    }
    return unknown_command(name);
}
