/* settings.c - reads the options of the commands that look at pictures. In:
 * arguments. Out: checked settings and the list of pictures. */
#include "settings.h"

#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "context_option.h"
#include "option.h"

enum {
    OPT_BLUR = 1,
    OPT_COCO_IDS,
    OPT_COLOR,
    OPT_DRAW,
    OPT_FAIL_ON,
    OPT_FORMAT,
    OPT_HAT_CLASS,
    OPT_HATS,
    OPT_HELP,
    OPT_JSON,
    OPT_MODE,
    OPT_MODEL,
    OPT_OUTPUT,
    OPT_QUIET,
    OPT_RECURSIVE,
    OPT_RULE,
    OPT_SHEET,
    OPT_SIZE,
    OPT_STOP_ON_ERROR,
    OPT_THREADS,
    OPT_THRESHOLD,
    OPT_TIMINGS,
    OPT_VERBOSE
};

enum { HAT_CLASS_MOST = 1000000 };

static const option_spec specs[] = {
    {"blur", 0, false, OPT_BLUR},
    {"coco-ids", 0, true, OPT_COCO_IDS},
    {"color", 0, true, OPT_COLOR},
    {"draw", 0, true, OPT_DRAW},
    {"fail-on", 0, true, OPT_FAIL_ON},
    {"format", 0, true, OPT_FORMAT},
    {"hat-class", 0, true, OPT_HAT_CLASS},
    {"hats", 0, true, OPT_HATS},
    {"help", 'h', false, OPT_HELP},
    {"json", 0, false, OPT_JSON},
    {"mode", 0, true, OPT_MODE},
    {"model", 'm', true, OPT_MODEL},
    {"output", 'o', true, OPT_OUTPUT},
    {"quiet", 'q', false, OPT_QUIET},
    {"recursive", 'r', false, OPT_RECURSIVE},
    {"rule", 0, true, OPT_RULE},
    {"sheet", 0, true, OPT_SHEET},
    {"size", 's', true, OPT_SIZE},
    {"stop-on-error", 0, false, OPT_STOP_ON_ERROR},
    {"threads", 't', true, OPT_THREADS},
    {"threshold", 0, true, OPT_THRESHOLD},
    {"timings", 0, false, OPT_TIMINGS},
    {"verbose", 'v', false, OPT_VERBOSE},
    {NULL, 0, false, 0},
};

/* In the order of their enums. */
static const char *const format_words[] = {
    "text", "native", "openpose", "coco", "csv", "service", NULL};
static const char *const color_words[] = {"auto", "always", "never", NULL};
static const char *const rule_words[] = {"geometric", "compat", NULL};
static const char *const fail_words[] = {"not_worn", "unknown", NULL};

static bool set_word(settings *s, const option_reader *reader, int id,
                     const char *value)
{
    int word = 0;

    switch (id) {
    case OPT_COLOR:
        if (!option_word(reader, value, color_words, &word))
            return false;
        s->color = (color_choice)word;
        return true;
    case OPT_FORMAT:
        if (!option_word(reader, value, format_words, &word))
            return false;
        s->format = (report_format)word;
        return true;
    case OPT_RULE:
        return option_word(reader, value, rule_words, &s->hat_rule);
    default: /* OPT_FAIL_ON: may be given for each */
        if (!option_word(reader, value, fail_words, &word))
            return false;
        s->fail_on |=
            word == 0 ? 1u << HATPOSE_HAT_NOT_WORN : 1u << HATPOSE_HAT_UNKNOWN;
        return true;
    }
}

static bool set_value(settings *s, const option_reader *reader, int id,
                      const char *value)
{
    if (*value == '\0') {
        console_usage("%s: its value is empty", reader->spelled);
        return false;
    }
    switch (id) {
    case OPT_COCO_IDS:
        s->coco_ids = value;
        return true;
    case OPT_DRAW:
        s->draw = value;
        return true;
    case OPT_HAT_CLASS:
        return option_integer(reader, value, 0, HAT_CLASS_MOST, &s->hat_class);
    case OPT_HATS:
        s->hats = value;
        return true;
    case OPT_MODEL:
        s->model = value;
        return true;
    case OPT_MODE:
        return context_option_mode(reader, value, &s->context);
    case OPT_OUTPUT:
        s->output = value;
        return true;
    case OPT_SHEET:
        s->sheet = value;
        return true;
    case OPT_SIZE:
        return context_option_size(reader, value, &s->context);
    case OPT_THREADS:
        return context_option_threads(reader, value, &s->context);
    case OPT_THRESHOLD:
        return option_number(reader, value, 0, 1, &s->threshold);
    default:
        return set_word(s, reader, id, value);
    }
}

static void set_flag(settings *s, int id)
{
    switch (id) {
    case OPT_BLUR:
        s->blur = true;
        break;
    case OPT_JSON:
        s->format = FORMAT_NATIVE;
        break;
    case OPT_QUIET:
        s->quiet = true;
        break;
    case OPT_RECURSIVE:
        s->sources.recursive = true;
        break;
    case OPT_STOP_ON_ERROR:
        s->stop_on_error = true;
        break;
    case OPT_TIMINGS:
        s->timings = true;
        break;
    default: /* OPT_VERBOSE */
        s->verbose = true;
    }
}

static int check_hats(const settings *s)
{
    if (!s->wants_hats && (s->hats != NULL || s->hat_class >= 0 ||
                           s->hat_rule >= 0 || s->format == FORMAT_SERVICE)) {
        console_usage("%s goes with hatpose hats",
                      s->hats != NULL     ? "--hats"
                      : s->hat_class >= 0 ? "--hat-class"
                      : s->hat_rule >= 0  ? "--rule"
                                          : "--format service");
        return EXIT_WRONG_USAGE;
    }
    if (s->hat_class >= 0 && s->hats == NULL) {
        console_usage("--hat-class goes with --hats");
        return EXIT_WRONG_USAGE;
    }
    if (s->format == FORMAT_SERVICE && s->hat_rule == HATPOSE_HATS_GEOMETRIC) {
        console_usage("--format service goes with --rule compat");
        return EXIT_WRONG_USAGE;
    }
    return EXIT_ANSWERED;
}

/* What does not fit together. */
static int check(const settings *s)
{
    if (strcmp(s->output, "-") == 0 && s->draw != NULL &&
        strcmp(s->draw, "-") == 0) {
        console_usage("--draw - and the results both go to stdout: name a "
                      "file with --output, /dev/null for none");
        return EXIT_WRONG_USAGE;
    }
    if (s->draw != NULL && strcmp(s->draw, "-") == 0 &&
        isatty(STDOUT_FILENO) == 1) {
        console_usage("--draw -: stdout is a terminal; send it to a file or "
                      "a program");
        return EXIT_WRONG_USAGE;
    }
    if (s->sheet != NULL && strcmp(s->sheet, "-") == 0) {
        console_usage("--sheet -: wants the name of a file");
        return EXIT_WRONG_USAGE;
    }
    if (s->blur && s->draw == NULL && s->sheet == NULL) {
        console_usage("--blur hides heads in pictures: it wants --draw or "
                      "--sheet");
        return EXIT_WRONG_USAGE;
    }
    if (s->coco_ids != NULL && s->format != FORMAT_COCO && s->hats == NULL) {
        console_usage(s->wants_hats
                          ? "--coco-ids goes with --format coco or --hats"
                          : "--coco-ids goes with --format coco");
        return EXIT_WRONG_USAGE;
    }
    return check_hats(s);
}

static int add_sources(settings *s, const option_inputs *inputs)
{
    if (inputs->count == 0) {
        console_usage("no input: name a picture, a folder or - for stdin "
                      "(hatpose help shows all)");
        return EXIT_WRONG_USAGE;
    }
    s->sources.skip = s->draw;
    for (size_t i = 0; i < inputs->count; i++)
        if (!source_add(&s->sources, inputs->names[i]))
            return EXIT_WRONG_USAGE;
    if (s->model != NULL)
        source_protect(&s->sources, s->model);
    if (s->coco_ids != NULL)
        source_protect(&s->sources, s->coco_ids);
    if (s->hats != NULL)
        source_protect(&s->sources, s->hats);
    source_list_close(&s->sources);
    return EXIT_ANSWERED;
}

static int read_options(settings *s, char **arguments, option_inputs *inputs)
{
    option_reader reader = {.specs = specs, .arguments = arguments};
    const char *value;
    int id;

    while ((id = option_next(&reader, &value)) != OPTION_END) {
        bool right = true;

        if (id == OPTION_INPUT)
            option_inputs_add(inputs, value);
        else if (id == OPT_HELP)
            s->help = true;
        else if (id == OPTION_WRONG)
            right = false;
        else if (value != NULL)
            right = set_value(s, &reader, id, value);
        else
            set_flag(s, id);
        if (!right)
            return EXIT_WRONG_USAGE;
    }
    return EXIT_ANSWERED;
}

int settings_read(settings *s, char **arguments, settings_command command)
{
    option_inputs inputs = {0};
    int status;

    *s = (settings){.output = "-",
                    .wants_hats = command == COMMAND_HATS,
                    .hat_class = -1,
                    .hat_rule = -1};
    hatpose_options_init(&s->context, sizeof s->context);
    status = read_options(s, arguments, &inputs);
    if (status == EXIT_ANSWERED && !s->help)
        status = check(s);
    if (status == EXIT_ANSWERED && !s->help)
        status = add_sources(s, &inputs);
    /* COCO results are for evaluation: before the cut to whole pixels */
    if (s->format == FORMAT_COCO && settings_compat(s))
        s->context.decode = HATPOSE_DECODE_COMPAT_EXACT;
    if (s->hat_rule == HATPOSE_HATS_COMPAT || s->format == FORMAT_SERVICE)
        s->context.hat_rule = HATPOSE_HATS_COMPAT;
    option_inputs_release(&inputs);
    return status;
}

bool settings_compat(const settings *s)
{
    return s->context.decode != HATPOSE_DECODE_BEST;
}

void settings_release(settings *s)
{
    source_list_release(&s->sources);
}
