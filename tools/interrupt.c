/* interrupt.c - signals. In: SIGINT, SIGTERM. Out: a note that the loop over
 * the pictures reads. A signal handler has nothing but static storage to
 * speak through: this file holds the only such state of the command. */
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/select.h>
#include <unistd.h>

enum { GUARDED_MOST = 8 };

static volatile sig_atomic_t came;
static _Atomic(const char *) guarded[GUARDED_MOST];

static void remove_guarded(void)
{
    for (int i = 0; i < GUARDED_MOST; i++) {
        const char *path = atomic_exchange(&guarded[i], NULL);

        if (path != NULL)
            unlink(path);
    }
}

static void note(int signal_number)
{
    if (came != 0) {
        remove_guarded();
        signal(signal_number, SIG_DFL);
        raise(signal_number);
        return;
    }
    came = signal_number;
}

/* A shell that starts us in the background has told us to ignore SIGINT. */
static void install_unless_ignored(int signal_number)
{
    struct sigaction old, action = {.sa_handler = note};

    sigemptyset(&action.sa_mask);
    if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction(signal_number, &action, NULL);
}

void interrupt_install(void)
{
    install_unless_ignored(SIGINT);
    install_unless_ignored(SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    atexit(remove_guarded);
}

int interrupt_signal(void)
{
    return came;
}

/* Only within pselect can a signal come: one between the look at the note and
 * the read would be noticed when the next byte comes, perhaps never. */
bool interrupt_wait_readable(int descriptor)
{
    sigset_t blocked, before;
    fd_set wanted;
    int ready = -1;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    while (came == 0 && ready < 0) {
        FD_ZERO(&wanted);
        FD_SET(descriptor, &wanted);
        ready = pselect(descriptor + 1, &wanted, NULL, NULL, NULL, &before);
        if (ready < 0 && errno != EINTR)
            break; /* read will say what is wrong */
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return came == 0;
}

bool interrupt_guard(const char *path)
{
    for (int i = 0; i < GUARDED_MOST; i++) {
        const char *none = NULL;

        if (atomic_compare_exchange_strong(&guarded[i], &none, path))
            return true;
    }
    return false;
}

void interrupt_release(const char *path)
{
    for (int i = 0; i < GUARDED_MOST; i++) {
        const char *same = path;

        atomic_compare_exchange_strong(&guarded[i], &same, NULL);
    }
}
