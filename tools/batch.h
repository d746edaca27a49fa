/* batch.h - every picture that was named, one after the other. */
#ifndef BATCH_H
#define BATCH_H

#include "console.h"
#include "settings.h"

/* Returns the exit status of the command. */
int batch_run(const settings *s, console *c);

#endif
