/* interrupt.h - Ctrl-C completes the files and ends; a second one kills. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

/* SIGINT and SIGTERM are noted, SIGPIPE becomes an error of write. */
void interrupt_install(void);
/* The signal that came, or 0. */
int interrupt_signal(void);

/* Waits until the descriptor can be read; false: a signal came. */
bool interrupt_wait_readable(int descriptor);

/* A file that must not be left behind if the program is killed or ends
 * early; the text stays until interrupt_release. False: too many. */
bool interrupt_guard(const char *path);
void interrupt_release(const char *path);

#endif
