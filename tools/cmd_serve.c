/* cmd_serve.c - hatpose serve: the HTTP service. In: options. Out: replies
 * until a signal comes; the access log on stdout. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <hatpose.h>
#include <server.h>
#include <worker.h>

#include "commands.h"
#include "console.h"
#include "context_option.h"
#include "interrupt.h"
#include "processor.h"
#include "setup.h"

enum {
    PORT_MOST = 65535,
    WORKERS_MOST = 256,
    QUEUE_USUAL = 64,
    QUEUE_MOST = 100000,
    DEADLINE_USUAL_S = 5,
    TIMEOUT_USUAL_S = 30,
    SECONDS_MOST = 3600,
    CONNECTIONS_USUAL = 2048,
    CONNECTIONS_MOST = 1000000,
    BODY_USUAL_MB = 32,
    BODY_MOST_MB = 1024,
    PIXELS_USUAL_MP = 50,
    PIXELS_MOST_MP = 1000,
    HATS_MOST = 1000000
};

typedef struct serve {
    const char *model_path, *log_path;
    hps_service service;
    hps_server_options options;
    bool help, quiet, verbose;
    console console;
    setup setup;
} serve;

const char cmd_serve_help[] =
    "Usage: hatpose serve [options]\n"
    "Answers over HTTP until Ctrl-C or SIGTERM; a page for browsers.\n"
    "\n"
    "Where\n"
    "      --host ADDRESS  127.0.0.1: only this machine; 0.0.0.0 or :: all\n"
    "      --port N        24417; 0: any free one\n"
    "      --api-key-file FILE   bearer tokens, one a line\n"
    "Model\n"
    "  -m, --model FILE    GGUF (default: built in)\n"
    "  -s, --size N        network height, a multiple of 8 (256)\n"
    "      --workers N     pictures at once (the cores you may use)\n"
    "  -t, --threads N     cores for one picture (1)\n"
    "Clients of the old service\n"
    "      --compat v3|v6  the version that POST / answers as (v3)\n"
    "      --no-discs      v3 without white discs at the hats\n"
    "Limits\n"
    "      --queue N       requests that wait for a worker (64)\n"
    "      --deadline S    seconds there, then 503 (5)\n"
    "      --timeout S     seconds for a request to arrive, a reply to go "
    "(30)\n"
    "      --connections N (2048)\n"
    "      --max-body MB   of a request, packed or not (32)\n"
    "      --max-pixels MP millions of a picture (50)\n"
    "      --max-hats N    boxes of a picture (4096)\n"
    "Manners\n"
    "      --access-log FILE   a line of JSON a request; - is stdout, the\n"
    "                      default; none\n"
    "      --drain S       seconds to go on accepting after SIGTERM (0)\n"
    "  -q, --quiet  -v, --verbose  -h, --help\n";

/* ---- Options ------------------------------------------------------------- */

enum {
    OPT_ACCESS_LOG = 1,
    OPT_API_KEY_FILE,
    OPT_COMPAT,
    OPT_CONNECTIONS,
    OPT_DEADLINE,
    OPT_DRAIN,
    OPT_HELP,
    OPT_HOST,
    OPT_MAX_BODY,
    OPT_MAX_HATS,
    OPT_MAX_PIXELS,
    OPT_MODEL,
    OPT_NO_DISCS,
    OPT_PORT,
    OPT_QUEUE,
    OPT_QUIET,
    OPT_SIZE,
    OPT_THREADS,
    OPT_TIMEOUT,
    OPT_VERBOSE,
    OPT_WORKERS
};

static const option_spec specs[] = {
    {"access-log", 0, true, OPT_ACCESS_LOG},
    {"api-key-file", 0, true, OPT_API_KEY_FILE},
    {"compat", 0, true, OPT_COMPAT},
    {"connections", 0, true, OPT_CONNECTIONS},
    {"deadline", 0, true, OPT_DEADLINE},
    {"drain", 0, true, OPT_DRAIN},
    {"help", 'h', false, OPT_HELP},
    {"host", 0, true, OPT_HOST},
    {"max-body", 0, true, OPT_MAX_BODY},
    {"max-hats", 0, true, OPT_MAX_HATS},
    {"max-pixels", 0, true, OPT_MAX_PIXELS},
    {"model", 'm', true, OPT_MODEL},
    {"no-discs", 0, false, OPT_NO_DISCS},
    {"port", 0, true, OPT_PORT},
    {"queue", 0, true, OPT_QUEUE},
    {"quiet", 'q', false, OPT_QUIET},
    {"size", 's', true, OPT_SIZE},
    {"threads", 't', true, OPT_THREADS},
    {"timeout", 0, true, OPT_TIMEOUT},
    {"verbose", 'v', false, OPT_VERBOSE},
    {"workers", 0, true, OPT_WORKERS},
    {NULL, 0, false, 0},
};

static bool set_seconds(const option_reader *reader, const char *value,
                        double least, int64_t *us)
{
    double seconds;

    if (!option_number(reader, value, least, SECONDS_MOST, &seconds))
        return false;
    *us = (int64_t)(seconds * 1e6);
    return true;
}

static bool set_count(const option_reader *reader, const char *value,
                      long least, long most, size_t unit, size_t *count)
{
    long number;

    if (!option_integer(reader, value, least, most, &number))
        return false;
    *count = (size_t)number * unit;
    return true;
}

static bool set_compat(serve *s, const option_reader *reader, const char *value)
{
    static const char *const words[] = {"v3", "v6", NULL};
    int word;

    if (!option_word(reader, value, words, &word))
        return false;
    s->service.compat = word == 0 ? HPS_COMPAT_V3 : HPS_COMPAT_V6;
    return true;
}

static bool set_flag(serve *s, int id)
{
    s->quiet |= id == OPT_QUIET;
    s->verbose |= id == OPT_VERBOSE;
    if (id == OPT_NO_DISCS)
        s->service.discs = false;
    return true;
}

static bool set_limit(serve *s, const option_reader *reader, int id,
                      const char *value)
{
    hatpose_options *limits = &s->service.options;
    size_t count;

    switch (id) {
    case OPT_CONNECTIONS:
        return set_count(reader, value, 1, CONNECTIONS_MOST, 1,
                         &s->options.connections_most);
    case OPT_DEADLINE:
        return set_seconds(reader, value, 0, &s->options.deadline_us);
    case OPT_DRAIN:
        return set_seconds(reader, value, 0, &s->options.drain_us);
    case OPT_MAX_BODY:
        return set_count(reader, value, 1, BODY_MOST_MB, 1 << 20,
                         &s->options.body_most_bytes);
    case OPT_MAX_HATS:
        if (!set_count(reader, value, 0, HATS_MOST, 1, &count))
            return false;
        limits->max_hats = (uint32_t)count;
        return true;
    case OPT_MAX_PIXELS:
        if (!set_count(reader, value, 1, PIXELS_MOST_MP, 1000000, &count))
            return false;
        limits->max_pixels = count;
        return true;
    case OPT_QUEUE:
        return set_count(reader, value, 1, QUEUE_MOST, 1,
                         &s->options.queue_most);
    case OPT_TIMEOUT:
        return set_seconds(reader, value, 0.1, &s->options.timeout_us);
    default: /* OPT_WORKERS */
        return set_count(reader, value, 1, WORKERS_MOST, 1,
                         &s->options.worker_count);
    }
}

static bool set_option(serve *s, const option_reader *reader, int id,
                       const char *value)
{
    long port;

    if (value == NULL)
        return set_flag(s, id);
    if (*value == '\0') {
        console_usage("%s: its value is empty", reader->spelled);
        return false;
    }
    switch (id) {
    case OPT_ACCESS_LOG:
        s->log_path = value;
        return true;
    case OPT_API_KEY_FILE:
        s->options.key_path = value;
        return true;
    case OPT_COMPAT:
        return set_compat(s, reader, value);
    case OPT_HOST:
        s->options.host = value;
        return true;
    case OPT_MODEL:
        s->model_path = value;
        return true;
    case OPT_PORT:
        s->options.port = value;
        return option_integer(reader, value, 0, PORT_MOST, &port);
    case OPT_SIZE:
        return context_option_size(reader, value, &s->service.options);
    case OPT_THREADS:
        return context_option_threads(reader, value, &s->service.options);
    default:
        return set_limit(s, reader, id, value);
    }
}

/* Returns an exit status. */
static int read_options(serve *s, char **arguments)
{
    option_reader reader = {.specs = specs, .arguments = arguments};
    const char *value;
    int id;

    while ((id = option_next(&reader, &value)) != OPTION_END) {
        if (id == OPTION_INPUT) {
            console_usage("serve takes no pictures: %s", value);
            return EXIT_WRONG_USAGE;
        }
        if (id == OPT_HELP)
            s->help = true;
        else if (id == OPTION_WRONG || !set_option(s, &reader, id, value))
            return EXIT_WRONG_USAGE;
    }
    return EXIT_ANSWERED;
}

static void set_defaults(serve *s)
{
    hatpose_options_init(&s->service.options, sizeof s->service.options);
    s->service.options.thread_count = 1;
    s->service.options.max_pixels = (uint64_t)PIXELS_USUAL_MP * 1000000;
    s->service.discs = true;
    s->log_path = "-";
    s->options = (hps_server_options){
        .host = "127.0.0.1",
        .port = "24417",
        .worker_count = (size_t)processor_core_count(),
        .queue_most = QUEUE_USUAL,
        .connections_most = CONNECTIONS_USUAL,
        .body_most_bytes = (size_t)BODY_USUAL_MB << 20,
        .deadline_us = (int64_t)DEADLINE_USUAL_S * 1000000,
        .timeout_us = (int64_t)TIMEOUT_USUAL_S * 1000000,
        .log_descriptor = -1,
    };
}

/* ---- Serving ------------------------------------------------------------- */

static bool stop_wanted(void *user)
{
    (void)user;
    return interrupt_signal() != 0;
}

static void say(void *user, const char *line)
{
    console *c = user;
    char text[400];

    snprintf(text, sizeof text, "hatpose: %s", line);
    console_summary(c, text);
}

/* False: the user was told. */
static bool open_log(serve *s)
{
    if (strcmp(s->log_path, "none") == 0)
        return true;
    if (strcmp(s->log_path, "-") == 0)
        s->options.log_descriptor = STDOUT_FILENO;
    else
        s->options.log_descriptor =
            open(s->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (s->options.log_descriptor >= 0)
        return true;
    console_fail(&s->console, s->log_path, "%s", strerror(errno));
    return false;
}

static int run(serve *s)
{
    static const int statuses[] = {[HPS_SERVER_ENDED] = EXIT_ANSWERED,
                                   [HPS_SERVER_REFUSED] = EXIT_WRONG_USAGE,
                                   [HPS_SERVER_FAILED] = EXIT_SOME_FAILED};
    char error[320];
    hps_server_status ended;
    int status = setup_model(&s->setup, &s->console, s->model_path, NULL);

    if (status != EXIT_ANSWERED)
        return status;
    if (!open_log(s))
        return EXIT_WRONG_USAGE;
    s->service.model = s->setup.model;
    s->service.options.max_encoded_bytes = s->options.body_most_bytes;
    s->options.stop_wanted = stop_wanted;
    s->options.say = say;
    s->options.user = &s->console;
    ended = hps_server_run(&s->service, &s->options, error, sizeof error);
    if (ended != HPS_SERVER_ENDED)
        console_fail(&s->console, "hatpose", "%s", error);
    if (s->options.log_descriptor > STDOUT_FILENO)
        close(s->options.log_descriptor);
    return statuses[ended];
}

int cmd_serve(char **arguments)
{
    serve s = {0};
    int status;

    set_defaults(&s);
    status = read_options(&s, arguments);
    console_init(&s.console, COLOR_AUTO, s.quiet, s.verbose);
    if (status == EXIT_ANSWERED && s.help)
        help_print("serve");
    else if (status == EXIT_ANSWERED)
        status = run(&s);
    setup_release(&s.setup);
    return status;
}
