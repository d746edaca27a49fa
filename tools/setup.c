/* setup.c - model and context. In: a path and options. Out: handles, or one
 * line that says why there are none. */
#include "setup.h"

#include <stddef.h>
#include <string.h>

#include "commands.h"

static void show_log(void *user, int32_t level, const char *message)
{
    (void)level;
    console_note(user, "%s", message);
}

static int model_failed(console *c, const char *path, const hatpose_error *err)
{
    size_t length = path != NULL ? strlen(path) : 0;

    if (path == NULL && err->status == HATPOSE_E_UNSUPPORTED)
        console_fail(c, "hatpose",
                     "built without a model: name one with --model FILE");
    else if (path == NULL)
        console_fail(c, "built-in model", "%s", err->message);
    else if (strncmp(err->message, path, length) == 0 &&
             strncmp(err->message + length, ": ", 2) == 0)
        console_fail(c, path, "%s", err->message + length + 2);
    else
        console_fail(c, path, "%s", err->message);
    return EXIT_NO_MODEL;
}

int setup_model(setup *s, console *c, const char *model_path,
                const hatpose_host *allocator)
{
    hatpose_host host = {0};
    hatpose_error err = {0};
    hatpose_status status;

    if (hatpose_check_abi(HATPOSE_VERSION) != HATPOSE_OK) {
        console_fail(c, "libhatpose",
                     "version %s does not fit this command (built for %d.%d)",
                     hatpose_version_string(), HATPOSE_VERSION >> 16,
                     HATPOSE_VERSION >> 8 & 0xFF);
        return EXIT_NO_MODEL;
    }
    if (allocator != NULL)
        host = *allocator;
    host.struct_size = sizeof host;
    host.log_level = c->verbose ? HATPOSE_LOG_INFO : HATPOSE_LOG_NONE;
    host.log = show_log;
    if (allocator == NULL)
        host.user = c;
    else
        host.log = NULL; /* user is the allocator's */
    status = model_path != NULL
                 ? hatpose_model_load_file(model_path, &host, &s->model, &err)
                 : hatpose_model_load_default(&host, &s->model, &err);
    return status == HATPOSE_OK ? EXIT_ANSWERED
                                : model_failed(c, model_path, &err);
}

int setup_context(setup *s, console *c, const hatpose_options *options)
{
    hatpose_error err = {0};

    if (hatpose_context_create(s->model, options, &s->context, &err) ==
        HATPOSE_OK)
        return EXIT_ANSWERED;
    console_fail(c, "hatpose", "%s", err.message);
    return err.status == HATPOSE_E_ARGUMENT || err.status == HATPOSE_E_LIMIT
               ? EXIT_WRONG_USAGE
               : EXIT_SOME_FAILED;
}

void setup_release(setup *s)
{
    hatpose_context_destroy(s->context);
    hatpose_model_release(s->model);
    *s = (setup){0};
}
