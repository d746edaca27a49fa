/* report.c - answers in text, CSV and four dialects of JSON. In: answers.
 * Out: one file, stdout, or a file a picture. */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "heap.h"
#include "digits.h"
#include "keypoint_json.h"
#include "service.h"
#include "tally.h"

/* ---- Text ---------------------------------------------------------------- */

static void append_stages(bytes *out, const hatpose_times *times)
{
    bytes_print(out, "  (decode %.1f, prepare %.1f, network %.1f, people %.1f)",
                times->decode_us * 1e-3, times->prepare_us * 1e-3,
                times->network_us * 1e-3, times->decode_people_us * 1e-3);
}

static void append_text(report *r, const answer *a)
{
    hatpose_times times = {.struct_size = sizeof times};
    char *subject = answer_subject(a);
    uint32_t width_px, height_px;
    tally found = {0};

    tally_add(&found, a->result);
    hatpose_result_times(a->result, &times);
    hatpose_result_size(a->result, &width_px, &height_px);
    escape_for_text(&r->text, subject);
    bytes_print(&r->text, "  %ux%u  ", width_px, height_px);
    tally_people(&found, &r->text);
    if (!tally_is_empty(&found) && (found.judged || r->settings->wants_hats)) {
        bytes_text(&r->text, ": ");
        tally_states(&found, r->console->color_results, &r->text);
    }
    bytes_print(&r->text, "  %.0f ms", times.total_us * 1e-3);
    if (r->settings->timings)
        append_stages(&r->text, &times);
    bytes_text(&r->text, "\n");
    free(subject);
}

/* ---- CSV ----------------------------------------------------------------- */

static const char csv_heading[] = "file,frame,time_s,person,id,hat,hat_score,"
                                  "reason,left,top,width,height,score\n";

static const char *state_word(int32_t state)
{
    return state == HATPOSE_HAT_WORN       ? "worn"
           : state == HATPOSE_HAT_NOT_WORN ? "not_worn"
                                           : "unknown";
}

static void append_csv_state(bytes *out, int32_t state, double hat_score,
                             int32_t reason)
{
    bytes_print(out, ",%s,", state_word(state));
    digits_score(out, hat_score);
    bytes_print(out, ",%s,", hatpose_reason_string(reason));
}

static void append_csv_box(bytes *out, const float box[4], double score)
{
    for (int side = 0; side < 4; side++) {
        digits_px(out, (double)box[side]);
        bytes_text(out, ",");
    }
    digits_score(out, score);
    bytes_text(out, "\n");
}

static void append_csv_person(report *r, const answer *a, uint32_t index)
{
    hatpose_person p = {.struct_size = sizeof p};

    hatpose_result_person(a->result, index, &p);
    const float box[] = {p.left, p.top, p.width, p.height};
    escape_for_csv(&r->text, a->item->path);
    bytes_print(&r->text, ",%u,,%u,", a->frame, index);
    if (p.id >= 0)
        bytes_print(&r->text, "%d", p.id);
    append_csv_state(&r->text, p.hat_state, p.hat_score, p.hat_reason);
    append_csv_box(&r->text, box, p.score);
}

/* A head whose pose was not found is a row of no person. */
static void append_csv_head(report *r, const answer *a, uint32_t index)
{
    hatpose_head h;

    if (hatpose_result_head(a->result, index, &h) != HATPOSE_OK ||
        h.person_index >= 0)
        return;
    const float box[] = {h.left, h.top, h.width, h.height};
    escape_for_csv(&r->text, a->item->path);
    bytes_print(&r->text, ",%u,,,", a->frame);
    append_csv_state(&r->text, h.hat_state, (double)h.hat_score, h.hat_reason);
    append_csv_box(&r->text, box, (double)h.score);
}

static void append_csv(report *r, const answer *a)
{
    uint32_t people = hatpose_result_person_count(a->result);
    uint32_t heads = hatpose_result_head_count(a->result);

    for (uint32_t i = 0; i < people; i++)
        append_csv_person(r, a, i);
    for (uint32_t i = 0; i < heads; i++)
        append_csv_head(r, a, i);
}

/* ---- Native JSON --------------------------------------------------------- */

static void append_native_error(report *r, const answer *a)
{
    bytes_text(&r->text, "{\"file\":");
    escape_for_json(&r->text, a->item->path);
    if (a->item->is_stdin)
        bytes_print(&r->text, ",\"frame\":%u", a->frame);
    bytes_print(&r->text, ",\"error\":{\"code\":\"%s\",\"message\":",
                hatpose_status_string(a->error->status));
    escape_for_json(&r->text, a->error->message);
    bytes_text(&r->text, "}}\n");
}

/* The library's own line, so that both write the same bytes, with the
 * picture's name put in behind the format's. */
static bool append_native(report *r, const answer *a)
{
    uint32_t flags = r->settings->timings ? HATPOSE_JSON_TIMINGS : 0;
    size_t needed = 0;
    char *json;
    const char *rest;

    if (hatpose_result_to_json(a->result, flags, NULL, 0, &needed) !=
        HATPOSE_OK)
        return false;
    json = heap_allocate(needed);
    if (hatpose_result_to_json(a->result, flags, json, needed, &needed) !=
            HATPOSE_OK ||
        (rest = strchr(json, ',')) == NULL) {
        free(json);
        return false;
    }
    rest++;
    bytes_append(&r->text, json, (size_t)(rest - json));
    bytes_text(&r->text, "\"file\":");
    escape_for_json(&r->text, a->item->path);
    bytes_print(&r->text, ",\"frame\":%u,", a->frame);
    bytes_text(&r->text, rest);
    bytes_text(&r->text, "\n");
    free(json);
    return true;
}

/* ---- OpenPose ------------------------------------------------------------ */

static void append_openpose(report *r, const answer *a)
{
    hps_buffer text = {0};

    hps_openpose_write(&text, a->result);
    bytes_take(&r->text, &text);
}

/* ---- The report ---------------------------------------------------------- */

static bool append_answer(report *r, const answer *a)
{
    report_format format = r->settings->format;

    bytes_clear(&r->text);
    if (a->result == NULL) {
        if (format == FORMAT_NATIVE)
            append_native_error(r, a);
        else if (format == FORMAT_SERVICE)
            service_append(&r->text, a);
        return true;
    }
    switch (format) {
    case FORMAT_TEXT:
        append_text(r, a);
        return true;
    case FORMAT_NATIVE:
        return append_native(r, a);
    case FORMAT_OPENPOSE:
        append_openpose(r, a);
        return true;
    case FORMAT_COCO:
        coco_append(&r->text, a, r->ids.ids[a->item_index],
                    settings_compat(r->settings), &r->entry_count);
        return true;
    case FORMAT_SERVICE:
        service_append(&r->text, a);
        return true;
    default:
        if (r->naming.folder != NULL)
            bytes_text(&r->text, csv_heading);
        append_csv(r, a);
        return true;
    }
}

static report_status failed(report *r, const char *path, int error)
{
    if (error == EPIPE)
        return REPORT_READER_GONE;
    console_fail(r->console, path, "%s", strerror(error));
    return r->naming.folder != NULL ? REPORT_FAILED : REPORT_BROKEN;
}

static const char *sink_name(const report *r)
{
    return strcmp(r->settings->output, "-") == 0 ? "stdout"
                                                 : r->settings->output;
}

static report_status write_text(report *r)
{
    if (sink_write(&r->sink, r->text.data, r->text.count))
        return REPORT_WRITTEN;
    return failed(r, sink_name(r), r->sink.error);
}

bool report_plan(report *r, const settings *s, console *c, outputs *o)
{
    static const char *const endings[] = {".txt", ".json", "_keypoints.json",
                                          NULL,   ".csv",  ".json"};
    bool to_stdout = strcmp(s->output, "-") == 0;
    bool to_folder = !to_stdout && (s->format == FORMAT_OPENPOSE ||
                                    naming_means_folder(s->output));

    *r = (report){.settings = s, .console = c, .sink = {.descriptor = -1}};
    if (s->format == FORMAT_COCO) {
        if (to_folder) {
            console_usage("--output %s: --format coco is one file, no folder",
                          s->output);
            return false;
        }
        if (!coco_ids_find(&r->ids, "--format coco", s->coco_ids, &s->sources))
            return false;
    }
    if (to_folder)
        return naming_plan(&r->naming, "--output", s->output,
                           endings[s->format], &s->sources, o);
    if (!to_stdout && source_is_input(&s->sources, s->output)) {
        console_usage("--output %s: is an input and would be overwritten",
                      s->output);
        return false;
    }
    return to_stdout || outputs_add(o, "--output", s->output);
}

report_status report_open(report *r)
{
    if (r->naming.folder != NULL)
        return REPORT_WRITTEN;
    if (!sink_open(&r->sink, r->settings->output))
        return failed(r, sink_name(r), r->sink.error);
    bytes_clear(&r->text);
    if (r->settings->format == FORMAT_COCO)
        bytes_text(&r->text, "[");
    else if (r->settings->format == FORMAT_CSV)
        bytes_text(&r->text, csv_heading);
    return write_text(r);
}

report_status report_add(report *r, const answer *a)
{
    char *path;
    int error;

    if (!append_answer(r, a)) {
        console_fail(r->console, a->item->path, "the result has no JSON");
        return REPORT_FAILED;
    }
    if (r->naming.folder == NULL)
        return write_text(r);
    if (r->text.count == 0)
        return REPORT_WRITTEN;
    path = naming_path(&r->naming, a);
    if (path == NULL)
        return failed(r, r->naming.folder, errno);
    error = sink_save(path, r->text.data, r->text.count);
    if (error != 0) {
        report_status status = failed(r, path, error);

        free(path);
        return status;
    }
    console_note(r->console, "%s written", path);
    free(path);
    return REPORT_WRITTEN;
}

report_status report_close(report *r)
{
    report_status status;

    if (r->naming.folder != NULL)
        return REPORT_WRITTEN;
    if (r->sink.error != 0) /* the user was told */
        return sink_reader_gone(&r->sink) ? REPORT_READER_GONE : REPORT_BROKEN;
    if (r->settings->format == FORMAT_COCO) {
        bytes_clear(&r->text);
        bytes_text(&r->text, "]\n");
        status = write_text(r);
        if (status != REPORT_WRITTEN)
            return status;
    }
    if (sink_commit(&r->sink))
        return REPORT_WRITTEN;
    return failed(r, sink_name(r), r->sink.error);
}

void report_release(report *r)
{
    sink_discard(&r->sink);
    naming_release(&r->naming);
    coco_ids_release(&r->ids);
    bytes_release(&r->text);
}
