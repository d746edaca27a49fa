/* setup.h - the model and the context that a command works with. */
#ifndef SETUP_H
#define SETUP_H

#include <hatpose.h>

#include "console.h"

typedef struct setup {
    hatpose_model *model;
    hatpose_context *context; /* NULL after setup_model */
} setup;

/* model_path NULL: the built-in one. allocator NULL or a host whose
 * allocate, deallocate and user are taken. Returns an exit status; the user
 * was told unless it is 0. */
int setup_model(setup *s, console *c, const char *model_path,
                const hatpose_host *allocator);
int setup_context(setup *s, console *c, const hatpose_options *options);
void setup_release(setup *s);

#endif
