/* batch.c - every picture that was named, one after the other. In: settings.
 * Out: results, drawings, a contact sheet, a summary and an exit status.
 * Memory does not grow with the number of pictures but for their names. */
#include "batch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "annotate.h"
#include "answer.h"
#include "pixmap.h"
#include "commands.h"
#include "hat_file.h"
#include "interrupt.h"
#include "jpeg_stream.h"
#include "progress.h"
#include "report.h"
#include "setup.h"
#include "sheet.h"
#include "stopwatch.h"
#include "tally.h"

typedef struct batch {
    const settings *settings;
    console *console;
    setup setup;
    uint64_t limit_bytes; /* of one encoded picture */
    hat_file hats;
    outputs outputs;
    report report;
    annotate annotate;
    sheet sheet;
    pixmap pixmap;
    progress progress;
    tally found;
    size_t done_count, failed_count;
    bool output_failed; /* for a picture; the run goes on */
    bool output_broken, reader_gone;
} batch;

static bool must_stop(const batch *b)
{
    return interrupt_signal() != 0 || b->output_broken || b->reader_gone ||
           (b->settings->stop_on_error &&
            (b->failed_count > 0 || b->output_failed));
}

static void note_output(batch *b, report_status status)
{
    b->output_failed = b->output_failed || status == REPORT_FAILED;
    b->output_broken = b->output_broken || status == REPORT_BROKEN;
    b->reader_gone = b->reader_gone || status == REPORT_READER_GONE;
}

/* Heads are hidden first, cut out for the sheet next, drawn on last. */
static void show(batch *b, const answer *a, const void *data, size_t count)
{
    hatpose_error err = {0};
    hatpose_status status =
        pixmap_decode(&b->pixmap, b->setup.context, data, count, &err);

    if (status == HATPOSE_OK && b->settings->blur)
        status =
            hatpose_result_draw(a->whole, HATPOSE_DRAW_BLUR,
                                b->pixmap.pixels.data, &b->pixmap.layout, &err);
    if (status != HATPOSE_OK) {
        console_fail(b->console, a->item->path, "%s", err.message);
        b->output_failed = true;
        return;
    }
    if (b->settings->sheet != NULL)
        sheet_add(&b->sheet, b->setup.context, a, &b->pixmap);
    if (b->settings->draw != NULL)
        note_output(
            b, annotate_add(&b->annotate, a, &b->pixmap, b->setup.context));
}

static void answer_failed(batch *b, answer *a, const hatpose_error *err)
{
    char *subject = answer_subject(a);

    a->error = err;
    b->failed_count++;
    console_fail(b->console, subject, "%s",
                 err->message[0] != '\0' ? err->message
                                         : hatpose_status_string(err->status));
    free(subject);
    if (b->settings->sheet != NULL)
        sheet_add_failed(&b->sheet, a);
    note_output(b, report_add(&b->report, a));
}

/* *filtered stays NULL when every joint counts. */
static hatpose_status detect(batch *b, const answer *a, const void *data,
                             size_t count, hatpose_result **whole,
                             hatpose_result **filtered, hatpose_error *err)
{
    const hat_boxes *hats;
    hatpose_status status =
        hat_file_find(&b->hats, b->setup.context, a, data, count, &hats, err);

    if (status != HATPOSE_OK)
        return status;
    status = hatpose_detect_encoded(
        b->setup.context, data, count, hats != NULL ? hats->boxes : NULL,
        hats != NULL ? (uint32_t)hats->count : 0, whole, err);
    if (status != HATPOSE_OK || b->settings->threshold <= 0)
        return status;
    return hatpose_result_filter(*whole, (float)b->settings->threshold,
                                 filtered, err);
}

static void answer_picture(batch *b, answer *a, const void *data, size_t count)
{
    hatpose_error err = {0};
    hatpose_result *whole = NULL, *filtered = NULL;
    hatpose_status status = detect(b, a, data, count, &whole, &filtered, &err);

    if (status != HATPOSE_OK) {
        err.status = status;
        answer_failed(b, a, &err);
    } else {
        a->whole = whole;
        a->result = filtered != NULL ? filtered : whole;
        tally_add(&b->found, a->result);
        note_output(b, report_add(&b->report, a));
        if ((b->settings->draw != NULL || b->settings->sheet != NULL) &&
            !b->output_broken && !b->reader_gone)
            show(b, a, data, count);
    }
    hatpose_result_destroy(filtered);
    hatpose_result_destroy(whole);
    b->done_count++;
    progress_show(&b->progress, b->done_count, b->failed_count);
}

static void stream_failed(batch *b, answer *a, hatpose_status status,
                          const char *message)
{
    hatpose_error err = {.status = status};

    snprintf(err.message, sizeof err.message, "%s", message);
    answer_failed(b, a, &err);
    b->done_count++;
}

static void answer_stdin(batch *b, const source *item, size_t item_index)
{
    jpeg_stream stream = {.descriptor = STDIN_FILENO,
                          .limit_bytes = b->limit_bytes};
    jpeg_stream_status status = JPEG_STREAM_PICTURE;
    const unsigned char *data;
    size_t count;

    for (uint32_t frame = 0; !must_stop(b); frame++) {
        answer a = {.item = item, .item_index = item_index, .frame = frame};

        status = jpeg_stream_next(&stream, &data, &count);
        if (status == JPEG_STREAM_PICTURE)
            answer_picture(b, &a, data, count);
        else if (status == JPEG_STREAM_FAILED)
            stream_failed(b, &a, HATPOSE_E_IO, strerror(errno));
        else if (status == JPEG_STREAM_TOO_LONG)
            stream_failed(b, &a, HATPOSE_E_LIMIT,
                          "more bytes than max_encoded_bytes");
        else if (status == JPEG_STREAM_END && frame == 0)
            stream_failed(b, &a, HATPOSE_E_IO, "is empty");
        if (status != JPEG_STREAM_PICTURE)
            break;
    }
    jpeg_stream_release(&stream);
}

static void answer_all(batch *b)
{
    const source_list *sources = &b->settings->sources;
    bytes file = {0};

    for (size_t i = 0; i < sources->count && !must_stop(b); i++) {
        const source *item = &sources->items[i];
        answer a = {.item = item, .item_index = i};
        hatpose_error err = {0};

        if (item->is_stdin) {
            answer_stdin(b, item, i);
            continue;
        }
        if (source_read(item, b->limit_bytes, &file, &err) == HATPOSE_OK) {
            answer_picture(b, &a, file.data, file.count);
        } else if (interrupt_signal() == 0) {
            answer_failed(b, &a, &err);
            b->done_count++;
            progress_show(&b->progress, b->done_count, b->failed_count);
        }
    }
    bytes_release(&file);
}

static char *summary(const batch *b)
{
    double elapsed_s = stopwatch_seconds() - b->progress.start_s;
    double rate = (double)b->done_count / (elapsed_s + 1e-9);
    bytes text = {0};

    bytes_print(&text, "%zu picture%s, ", b->done_count,
                b->done_count == 1 ? "" : "s");
    tally_people(&b->found, &text);
    if (!tally_is_empty(&b->found) &&
        (b->found.judged || b->settings->wants_hats)) {
        bytes_text(&text, " (");
        tally_states(&b->found, false, &text);
        bytes_text(&text, ")");
    }
    if (b->failed_count > 0)
        bytes_print(&text, ", %zu failed", b->failed_count);
    bytes_print(&text, ", %.1f s, %.*f/s", elapsed_s, rate < 10 ? 1 : 0, rate);
    return text.data;
}

static int exit_status(const batch *b)
{
    const unsigned fail_on = b->settings->fail_on;

    if (interrupt_signal() != 0)
        return EXIT_SIGNAL + interrupt_signal();
    if (b->failed_count > 0 || b->output_failed || b->output_broken)
        return EXIT_SOME_FAILED;
    if (((fail_on >> HATPOSE_HAT_NOT_WORN & 1) != 0 && b->found.not_worn > 0) ||
        ((fail_on >> HATPOSE_HAT_UNKNOWN & 1) != 0 && b->found.unknown > 0))
        return EXIT_FAIL_ON_MET;
    return EXIT_ANSWERED;
}

/* The files are completed also when the work was cut short. */
static void complete(batch *b)
{
    char *line = summary(b);

    note_output(b, report_close(&b->report));
    if (b->settings->sheet != NULL &&
        !sheet_write(&b->sheet, b->setup.context, line))
        b->output_failed = true;
    console_wipe_bar(b->console);
    if (b->done_count > 1)
        console_summary(b->console, line);
    free(line);
}

/* Without boxes and without maps there is nothing to judge by. */
static void note_blindness(const batch *b)
{
    hatpose_model_info info = {.struct_size = sizeof info};

    if (!b->settings->wants_hats || b->settings->hats != NULL ||
        hatpose_model_describe(b->setup.model, &info) != HATPOSE_OK ||
        info.hat_map_count > 0)
        return;
    console_summary(b->console, "no --hats, and the model does not see hats: "
                                "every state is unknown");
}

static int prepare(batch *b)
{
    const hatpose_options *options = &b->settings->context;
    int status = setup_model(&b->setup, b->console, b->settings->model, NULL);

    if (status != EXIT_ANSWERED)
        return status;
    b->limit_bytes = options->max_encoded_bytes;
    status = setup_context(&b->setup, b->console, options);
    if (status != EXIT_ANSWERED)
        return status;
    console_note(b->console, "model %s, %s", hatpose_model_name(b->setup.model),
                 hatpose_context_kernels(b->setup.context));
    note_blindness(b);
    if (report_open(&b->report) == REPORT_BROKEN || !sheet_open(&b->sheet))
        return EXIT_SOME_FAILED;
    return EXIT_ANSWERED;
}

int batch_run(const settings *s, console *c)
{
    batch b = {.settings = s, .console = c};
    bool shared = strcmp(s->output, "-") == 0;
    int status;

    if (!hat_file_plan(&b.hats, s->hats, s->hat_class, s->coco_ids,
                       &s->sources) ||
        !report_plan(&b.report, s, c, &b.outputs) ||
        !sheet_plan(&b.sheet, s, c, &b.outputs) ||
        !annotate_plan(&b.annotate, s, c, &b.outputs))
        status = EXIT_WRONG_USAGE;
    else
        status = prepare(&b);
    if (status == EXIT_ANSWERED) {
        progress_start(&b.progress, c,
                       s->sources.reads_stdin ? 0 : s->sources.count, shared);
        answer_all(&b);
        complete(&b);
        status = exit_status(&b);
    }
    hat_file_release(&b.hats, s->sources.count);
    report_release(&b.report);
    annotate_release(&b.annotate);
    sheet_release(&b.sheet);
    outputs_release(&b.outputs);
    pixmap_release(&b.pixmap);
    setup_release(&b.setup);
    return status;
}
