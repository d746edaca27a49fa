/* cmd_info.c - hatpose info: the model, the processor, the limits. */
#include <inttypes.h>
#include <stdio.h>

#include <hatpose.h>
#include <jansson.h>

#include "commands.h"
#include "console.h"
#include "escape.h"
#include "option.h"
#include "processor.h"
#include "setup.h"

typedef struct info {
    const char *model_path;
    bool json;
    hatpose_model_info model;
    bool has_model;
    const char *kernels; /* NULL without a model */
    char processor[PROCESSOR_NAME_BYTES];
    char cores[PROCESSOR_CORES_BYTES];
    hatpose_options limits;
} info;

enum { OPT_HELP = 1, OPT_JSON, OPT_MODEL };

static const option_spec specs[] = {
    {"help", 'h', false, OPT_HELP},
    {"json", 0, false, OPT_JSON},
    {"model", 'm', true, OPT_MODEL},
    {NULL, 0, false, 0},
};

/* ---- Text ---------------------------------------------------------------- */

/* Texts of a model file are no more to be trusted than its name. */
static void print_line(const char *label, const char *text)
{
    bytes safe = {0};

    if (text[0] == '\0')
        text = "not stated";
    escape_for_text(&safe, text);
    printf("%-12s%s\n", label, safe.data);
    bytes_release(&safe);
}

static void print_model(const info *in)
{
    const hatpose_model_info *m = &in->model;

    print_line("model", m->name);
    print_line("about", m->description);
    print_line("licence", m->license);
    print_line("origin", m->source_url);
    print_line("file", in->model_path != NULL ? in->model_path : "built in");
    printf("%-12s%08" PRIx32 " (CRC-32), %" PRIu64 " bytes\n", "checksum",
           m->crc32, m->file_bytes);
    printf("%-12s%" PRIu32 " heatmaps, %" PRIu32 " PAFs, ", "maps",
           m->heatmap_count, m->paf_count);
    if (m->hat_map_count > 0)
        printf("%" PRIu32 " hat maps\n", m->hat_map_count);
    else
        printf("no hat maps\n");
    printf("%-12s%" PRIu32 " operations, %" PRIu64 " parameters\n", "network",
           m->operation_count, m->parameter_count);
}

static void print_text(const info *in)
{
    const hatpose_options *l = &in->limits;

    printf("%-12s%s, header %d.%d.%d\n", "hatpose", hatpose_version_string(),
           HATPOSE_VERSION >> 16, HATPOSE_VERSION >> 8 & 0xFF,
           HATPOSE_VERSION & 0xFF);
    if (in->has_model)
        print_model(in);
    printf("%-12s%s\n", "processor", in->processor);
    printf("%-12s%s\n", "cores", in->cores);
    if (in->kernels != NULL)
        printf("%-12s%s\n", "kernels", in->kernels);
    printf("%-12s%" PRIu64 " pixels, side %" PRIu32 ", %" PRIu64
           " bytes a picture\n",
           "limits", l->max_pixels, l->max_side_px, l->max_encoded_bytes);
    printf("%-12s%" PRIu32 " people, %" PRIu32 " hats, network width %" PRIu32
           ", %" PRIu64 " bytes of memory\n",
           "", l->max_people, l->max_hats, l->max_net_width_px,
           l->max_memory_bytes);
}

/* ---- JSON ---------------------------------------------------------------- */

static json_t *model_json(const info *in)
{
    const hatpose_model_info *m = &in->model;
    char crc32[16];

    if (!in->has_model)
        return json_null();
    snprintf(crc32, sizeof crc32, "%08" PRIx32, m->crc32);
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:s, s:I, s:i, s:i, s:i, s:i, s:I}", "name",
        escape_json_value(m->name), "description",
        escape_json_value(m->description), "license",
        escape_json_value(m->license), "origin",
        escape_json_value(m->source_url), "file",
        in->model_path != NULL ? escape_json_value(in->model_path)
                               : json_null(),
        "crc32", crc32, "file_bytes", (json_int_t)m->file_bytes, "heatmaps",
        (int)m->heatmap_count, "pafs", (int)m->paf_count, "hat_maps",
        (int)m->hat_map_count, "operations", (int)m->operation_count,
        "parameters", (json_int_t)m->parameter_count);
}

static void print_json(const info *in)
{
    const hatpose_options *l = &in->limits;
    json_t *limits = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "max_pixels",
        (json_int_t)l->max_pixels, "max_side_px", (json_int_t)l->max_side_px,
        "max_encoded_bytes", (json_int_t)l->max_encoded_bytes, "max_people",
        (json_int_t)l->max_people, "max_hats", (json_int_t)l->max_hats,
        "max_net_width_px", (json_int_t)l->max_net_width_px, "max_memory_bytes",
        (json_int_t)l->max_memory_bytes);
    json_t *all = json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:s?, s:o}", "format", "hatpose-info-1",
        "version", hatpose_version_string(), "model", model_json(in),
        "processor", escape_json_value(in->processor), "cores",
        escape_json_value(in->cores), "kernels", in->kernels, "limits", limits);

    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

/* ---- The command --------------------------------------------------------- */

/* EXIT_ANSWERED, EXIT_WRONG_USAGE; *help is set when it was asked for. */
static int read_options(info *in, char **arguments, bool *help)
{
    option_reader reader = {.specs = specs, .arguments = arguments};
    const char *value;
    int id;

    while ((id = option_next(&reader, &value)) != OPTION_END) {
        if (id == OPTION_WRONG)
            return EXIT_WRONG_USAGE;
        if (id == OPTION_INPUT) {
            console_usage("info %s: takes no input; --model names a model",
                          value);
            return EXIT_WRONG_USAGE;
        }
        *help = *help || id == OPT_HELP;
        in->json = in->json || id == OPT_JSON;
        if (id == OPT_MODEL)
            in->model_path = value;
    }
    return EXIT_ANSWERED;
}

int cmd_info(char **arguments)
{
    info in = {0};
    setup s = {0};
    console c;
    bool help = false;
    int status = read_options(&in, arguments, &help);

    if (status != EXIT_ANSWERED || help) {
        if (help)
            help_print("info");
        return status;
    }
    console_init(&c, COLOR_AUTO, false, false);
    hatpose_options_init(&in.limits, sizeof in.limits);
    in.model.struct_size = sizeof in.model;
    processor_name(in.processor);
    processor_cores(in.cores);
    status = setup_model(&s, &c, in.model_path, NULL);
    if (status == EXIT_ANSWERED) {
        in.has_model = hatpose_model_describe(s.model, &in.model) == HATPOSE_OK;
        status = setup_context(&s, &c, &in.limits);
    }
    if (s.context != NULL)
        in.kernels = hatpose_context_kernels(s.context);
    if (in.json)
        print_json(&in);
    else
        print_text(&in);
    setup_release(&s);
    if (fflush(stdout) != 0 && status == EXIT_ANSWERED)
        status = EXIT_SOME_FAILED;
    return status;
}
