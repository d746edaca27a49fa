/* cmd_bench.c - hatpose bench: what each step, each layer and the memory
 * cost here. In: photos, or a picture of its own. Out: medians, 95th
 * percentiles and counts, as text or JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include <hatpose.h>
#include <jansson.h>

#include "pixmap.h"
#include "commands.h"
#include "console.h"
#include "context_option.h"
#include "escape.h"
#include "interrupt.h"
#include "measure.h"
#include "peak.h"
#include "processor.h"
#include "setup.h"
#include "source.h"

enum { RUNS_USUAL = 20, RUNS_MOST = 1000000 };
enum { SYNTHETIC_WIDTH_PX = 1280, SYNTHETIC_HEIGHT_PX = 720 };

typedef struct bench {
    source_list sources;
    const char *model_path;
    hatpose_options options;
    long runs;
    bool json, help;
    console console;
    setup setup;
    counted memory;
    measure measure;
    double peak_gflops; /* of all threads together; 0: not known */
    size_t failed_count;
} bench;

static const char *const stage_names[MEASURE_STAGES] = {
    "decode", "prepare", "network", "people", "total"};

/* ---- Options ------------------------------------------------------------- */

enum {
    OPT_CPU_OFF = 1,
    OPT_HELP,
    OPT_JSON,
    OPT_MODE,
    OPT_MODEL,
    OPT_PRECISION,
    OPT_RECURSIVE,
    OPT_RUNS,
    OPT_SIZE,
    OPT_THREADS
};

static const option_spec specs[] = {
    {"cpu-off", 0, true, OPT_CPU_OFF},
    {"help", 'h', false, OPT_HELP},
    {"json", 0, false, OPT_JSON},
    {"mode", 0, true, OPT_MODE},
    {"model", 'm', true, OPT_MODEL},
    {"precision", 0, true, OPT_PRECISION},
    {"recursive", 'r', false, OPT_RECURSIVE},
    {"runs", 0, true, OPT_RUNS},
    {"size", 's', true, OPT_SIZE},
    {"threads", 't', true, OPT_THREADS},
    {NULL, 0, false, 0},
};

static bool set_option(bench *b, const option_reader *reader, int id,
                       const char *value)
{
    switch (id) {
    case OPT_CPU_OFF:
        return context_option_cpu_off(reader, value, &b->options);
    case OPT_JSON:
        b->json = true;
        return true;
    case OPT_MODE:
        return context_option_mode(reader, value, &b->options);
    case OPT_MODEL:
        b->model_path = value;
        return true;
    case OPT_PRECISION:
        return context_option_precision(reader, value, &b->options);
    case OPT_RECURSIVE:
        b->sources.recursive = true;
        return true;
    case OPT_RUNS:
        return option_integer(reader, value, 1, RUNS_MOST, &b->runs);
    case OPT_SIZE:
        return context_option_size(reader, value, &b->options);
    default: /* OPT_THREADS */
        return context_option_threads(reader, value, &b->options);
    }
}

/* Returns an exit status. */
static int read_options(bench *b, char **arguments)
{
    option_reader reader = {.specs = specs, .arguments = arguments};
    option_inputs inputs = {0};
    const char *value;
    int id, status = EXIT_ANSWERED;

    while (status == EXIT_ANSWERED &&
           (id = option_next(&reader, &value)) != OPTION_END) {
        if (id == OPTION_INPUT)
            option_inputs_add(&inputs, value);
        else if (id == OPT_HELP)
            b->help = true;
        else if (id == OPTION_WRONG || !set_option(b, &reader, id, value))
            status = EXIT_WRONG_USAGE;
    }
    for (size_t i = 0; i < inputs.count && status == EXIT_ANSWERED && !b->help;
         i++)
        if (!source_add(&b->sources, inputs.names[i]))
            status = EXIT_WRONG_USAGE;
    option_inputs_release(&inputs);
    return status;
}

/* ---- Measuring ----------------------------------------------------------- */

static void measure_one(bench *b, const char *name, const void *data,
                        size_t count)
{
    hatpose_error err = {0};
    hatpose_status status = measure_picture(
        &b->measure, b->setup.context, &b->memory, data, count, b->runs, &err);

    if (status == HATPOSE_OK)
        return;
    console_fail(&b->console, name, "%s", err.message);
    b->failed_count++;
}

static void measure_sources(bench *b)
{
    bytes file = {0};

    for (size_t i = 0; i < b->sources.count && interrupt_signal() == 0; i++) {
        const source *item = &b->sources.items[i];
        hatpose_error err = {0};

        if (item->is_stdin) {
            console_fail(&b->console, "-", "bench reads files, not stdin");
            b->failed_count++;
        } else if (source_read(item, b->options.max_encoded_bytes, &file,
                               &err) != HATPOSE_OK) {
            console_fail(&b->console, item->path, "%s", err.message);
            b->failed_count++;
        } else {
            measure_one(b, item->path, file.data, file.count);
        }
    }
    bytes_release(&file);
}

/* Slopes with noise: as large a JPEG as a photo's, and nobody in it. */
static void measure_synthetic(bench *b)
{
    pixmap picture = {0};
    hatpose_error err = {0};
    uint32_t random = 1;

    pixmap_fill(&picture, SYNTHETIC_WIDTH_PX, SYNTHETIC_HEIGHT_PX, 0);
    for (size_t i = 0; i < picture.pixels.count; i++) {
        random = random * 1664525u + 1013904223u;
        picture.pixels.data[i] =
            (char)(i / (SYNTHETIC_WIDTH_PX * 24) + (random >> 28));
    }
    if (pixmap_encode(&picture, b->setup.context, HATPOSE_FILE_JPEG, &err) ==
        HATPOSE_OK) {
        measure_one(b, "synthetic picture", picture.file.data,
                    picture.file.count);
    } else {
        console_fail(&b->console, "synthetic picture", "%s", err.message);
        b->failed_count++;
    }
    pixmap_release(&picture);
}

/* ---- The answer ---------------------------------------------------------- */

static const char *precision_name(uint32_t precision)
{
    return precision == HATPOSE_PRECISION_BF16   ? "bf16"
           : precision == HATPOSE_PRECISION_INT8 ? "int8"
                                                 : "f32";
}

static int thread_count(const bench *b)
{
    return b->options.thread_count > 0 ? (int)b->options.thread_count
                                       : processor_core_count();
}

static const char *mode_name(const bench *b)
{
    return b->options.decode == HATPOSE_DECODE_BEST ? "best" : "compat";
}

/* Of the whole program, its libraries and the picture included. */
static uint64_t peak_bytes(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0
               ? (uint64_t)usage.ru_maxrss * 1024
               : 0;
}

/* Share of what all threads could do at best; 0 when that is not known.
 * Above 1 where an algorithm needs fewer operations (Winograd). */
static double share_of_peak(const bench *b, double gflops)
{
    return b->peak_gflops > 0 ? gflops / b->peak_gflops : 0;
}

static double median_sum(measure *m)
{
    double sum = 0;

    for (size_t i = 0; i < m->layer_count; i++)
        sum += samples_quantile(&m->layers[i].time_us, 0.5);
    return sum;
}

static void print_layers(bench *b)
{
    measure *m = &b->measure;
    double sum_us = median_sum(m);

    printf("\n%-40s %9s %7s %8s %6s  %s\n", "layer", "ms", "share", "GFLOP/s",
           "peak", "kernel");
    for (size_t i = 0; i < m->layer_count; i++) {
        measure_layer *layer = &m->layers[i];
        double median_us = samples_quantile(&layer->time_us, 0.5);

        double gflops = samples_quantile(&layer->gflops, 0.5);

        printf("%-40s %9.3f %6.1f%% %8.1f %5.0f%%  %s\n", layer->name,
               median_us * 1e-3, sum_us > 0 ? 100 * median_us / sum_us : 0,
               gflops, 100 * share_of_peak(b, gflops), layer->kernel);
    }
}

static void print_text(bench *b)
{
    measure *m = &b->measure;
    char processor[PROCESSOR_NAME_BYTES], cores[PROCESSOR_CORES_BYTES];
    double total_us;

    processor_name(processor);
    processor_cores(cores);
    printf("hatpose %s, %s, %s, %s\n", hatpose_version_string(),
           hatpose_model_name(b->setup.model), precision_name(m->precision),
           hatpose_context_kernels(b->setup.context));
    printf("%s, cores %s, threads ", processor, cores);
    if (b->options.thread_count == 0)
        printf("all");
    else
        printf("%" PRIu32, b->options.thread_count);
    printf(", size %" PRIu32 ", mode %s\n", b->options.net_height_px,
           mode_name(b));
    printf("%zu %spicture%s, %llu people, %ld runs each\n\n", m->picture_count,
           b->sources.count == 0 ? "synthetic " : "",
           m->picture_count == 1 ? "" : "s", m->people, b->runs);
    printf("%-10s %12s %12s\n", "stage", "median ms", "p95 ms");
    for (int i = 0; i < MEASURE_STAGES; i++)
        printf("%-10s %12.3f %12.3f\n", stage_names[i],
               samples_quantile(&m->stage_us[i], 0.5) * 1e-3,
               samples_quantile(&m->stage_us[i], 0.95) * 1e-3);
    print_layers(b);
    if (b->peak_gflops > 0)
        printf("\npeak of %d core%s %.0f GFLOP/s, measured\n", thread_count(b),
               thread_count(b) == 1 ? "" : "s", b->peak_gflops);
    total_us = samples_quantile(&m->stage_us[MEASURE_TOTAL], 0.5);
    printf("\n%.1f pictures/s, peak memory %.1f MB (library %.1f MB), "
           "%.1f allocations a call\n",
           total_us > 0 ? 1e6 / total_us : 0, (double)peak_bytes() * 1e-6,
           (double)atomic_load(&b->memory.bytes_most) * 1e-6,
           (double)m->allocation_calls / (double)m->run_count);
}

static json_t *stages_json(measure *m)
{
    json_t *stages = json_object();

    for (int i = 0; i < MEASURE_STAGES; i++)
        json_object_set_new(
            stages, stage_names[i],
            json_pack("{s:f, s:f}", "median_ms",
                      samples_quantile(&m->stage_us[i], 0.5) * 1e-3, "p95_ms",
                      samples_quantile(&m->stage_us[i], 0.95) * 1e-3));
    return stages;
}

static json_t *layers_json(bench *b)
{
    measure *m = &b->measure;
    json_t *layers = json_array();
    double sum_us = median_sum(m);

    for (size_t i = 0; i < m->layer_count; i++) {
        measure_layer *layer = &m->layers[i];
        double median_us = samples_quantile(&layer->time_us, 0.5);
        double gflops = samples_quantile(&layer->gflops, 0.5);

        json_array_append_new(
            layers,
            json_pack("{s:s, s:s, s:f, s:f, s:f, s:f}", "name", layer->name,
                      "kernel", layer->kernel, "median_ms", median_us * 1e-3,
                      "share", sum_us > 0 ? median_us / sum_us : 0, "gflops",
                      gflops, "share_of_peak", share_of_peak(b, gflops)));
    }
    return layers;
}

static void print_json(bench *b)
{
    measure *m = &b->measure;
    json_t *all = json_pack(
        "{s:s, s:s, s:o, s:s, s:s, s:i, s:i, s:s, s:I, s:I, s:I, s:o, s:o, "
        "s:I, s:I, s:f, s:f}",
        "format", "hatpose-bench-1", "version", hatpose_version_string(),
        "model", escape_json_value(hatpose_model_name(b->setup.model)),
        "kernels", hatpose_context_kernels(b->setup.context), "precision",
        precision_name(m->precision), "threads", (int)b->options.thread_count,
        "size", (int)b->options.net_height_px, "mode", mode_name(b), "pictures",
        (json_int_t)m->picture_count, "people", (json_int_t)m->people, "runs",
        (json_int_t)b->runs, "stages", stages_json(m), "layers", layers_json(b),
        "peak_memory_bytes", (json_int_t)peak_bytes(), "library_memory_bytes",
        (json_int_t)atomic_load(&b->memory.bytes_most), "allocations_per_call",
        (double)m->allocation_calls / (double)m->run_count, "peak_gflops",
        b->peak_gflops);

    json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(all);
}

static int run(bench *b)
{
    hatpose_host host;
    int status;

    counted_host(&b->memory, &host);
    status = setup_model(&b->setup, &b->console, b->model_path, &host);
    if (status == EXIT_ANSWERED)
        status = setup_context(&b->setup, &b->console, &b->options);
    if (status != EXIT_ANSWERED)
        return status;
    if (b->sources.count > 0)
        measure_sources(b);
    else
        measure_synthetic(b);
    if (interrupt_signal() != 0)
        return EXIT_SIGNAL + interrupt_signal();
    b->peak_gflops = peak_gflops(hatpose_context_kernels(b->setup.context),
                                 b->measure.precision) *
                     thread_count(b);
    if (b->measure.run_count > 0 && b->json)
        print_json(b);
    else if (b->measure.run_count > 0)
        print_text(b);
    return b->failed_count > 0 || fflush(stdout) != 0 ? EXIT_SOME_FAILED
                                                      : EXIT_ANSWERED;
}

int cmd_bench(char **arguments)
{
    bench b = {.runs = RUNS_USUAL};
    int status;

    hatpose_options_init(&b.options, sizeof b.options);
    console_init(&b.console, COLOR_AUTO, false, false);
    status = read_options(&b, arguments);
    if (status == EXIT_ANSWERED && b.help)
        help_print("bench");
    else if (status == EXIT_ANSWERED)
        status = run(&b);
    setup_release(&b.setup); /* before the counts: they are its allocator's */
    measure_release(&b.measure);
    source_list_release(&b.sources);
    return status;
}
