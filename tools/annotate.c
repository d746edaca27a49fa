/* annotate.c - pictures with their people drawn on. In: answers and pixels.
 * Out: a file, a folder of files, or JPEGs run together on stdout. */
#include "annotate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
static bool to_stdout(const annotate *a)
{
    return strcmp(a->settings->draw, "-") == 0;
}

/* A pipe or /dev/null: what exists and is neither a file nor a folder. */
static bool is_special(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) &&
           !S_ISDIR(status.st_mode);
}

/* "out.gif" is no folder that anybody wants. */
static bool looks_like_picture(const char *path)
{
    static const char *const endings[] = {".bmp", ".gif",  ".pgm", ".ppm",
                                          ".tif", ".tiff", ".webp"};
    size_t length = strlen(path);

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);

        if (length > ending && strcmp(path + length - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

static bool plan_file(const annotate *a, const char *path, outputs *o)
{
    const source_list *sources = &a->settings->sources;

    if (sources->count > 1 && !is_special(path)) {
        console_usage("--draw %s: is one file for %zu pictures; name a folder",
                      path, sources->count);
        return false;
    }
    if (source_is_input(sources, path)) {
        console_usage("--draw %s: is an input and would be overwritten", path);
        return false;
    }
    return outputs_add(o, "--draw", path);
}

bool annotate_plan(annotate *a, const settings *s, console *c, outputs *o)
{
    *a = (annotate){.settings = s, .console = c, .outputs = o};
    if (s->draw == NULL || to_stdout(a))
        return true;
    if (!naming_means_folder(s->draw) &&
        (is_special(s->draw) || pixmap_file_type(s->draw) != 0))
        return plan_file(a, s->draw, o);
    if (!naming_means_folder(s->draw) && looks_like_picture(s->draw)) {
        console_usage("--draw %s: writes .jpg and .png", s->draw);
        return false;
    }
    return naming_plan(&a->naming, "--draw", s->draw, NULL, &s->sources, o);
}

static report_status save(annotate *a, const char *path, const pixmap *c)
{
    int error = sink_save(path, c->file.data, c->file.count);

    if (error == EPIPE)
        return REPORT_READER_GONE;
    if (error != 0) {
        console_fail(a->console, strcmp(path, "-") == 0 ? "stdout" : path, "%s",
                     strerror(error));
        return REPORT_FAILED;
    }
    console_note(a->console, "%s written", path);
    return REPORT_WRITTEN;
}

static report_status draw(annotate *a, const answer *picture, pixmap *c,
                          hatpose_context *context, const char *path)
{
    uint32_t type = pixmap_file_type(path);
    hatpose_error err = {0};
    hatpose_status status = hatpose_result_draw(
        picture->result, 0, c->pixels.data, &c->layout, &err);

    if (status == HATPOSE_OK)
        status = pixmap_encode(c, context, type != 0 ? type : HATPOSE_FILE_JPEG,
                               &err);
    if (status == HATPOSE_OK)
        return save(a, path, c);
    console_fail(a->console, path, "%s", err.message);
    return REPORT_FAILED;
}

report_status annotate_add(annotate *a, const answer *picture, pixmap *c,
                           hatpose_context *context)
{
    const char *path = a->settings->draw;
    report_status status;
    char *named;

    if (a->naming.folder != NULL) {
        named = naming_path(&a->naming, picture);
        if (named == NULL) {
            console_fail(a->console, a->naming.folder, "%s", strerror(errno));
            return REPORT_FAILED;
        }
        /* the frames of a stream were not known before */
        if (picture->item->is_stdin &&
            outputs_holder(a->outputs, named) != NULL) {
            console_fail(a->console, named, "another output goes there");
            status = REPORT_FAILED;
        } else {
            status = draw(a, picture, c, context, named);
        }
        free(named);
        return status;
    }
    if (!to_stdout(a) && a->file_written && !is_special(path)) {
        console_fail(a->console, path,
                     "is one file, but stdin has more pictures; name a "
                     "folder");
        return REPORT_BROKEN;
    }
    a->file_written = true;
    return draw(a, picture, c, context, path);
}

void annotate_release(annotate *a)
{
    naming_release(&a->naming);
}
