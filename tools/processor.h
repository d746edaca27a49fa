/* processor.h - what this machine computes with, in words. */
#ifndef PROCESSOR_H
#define PROCESSOR_H

enum {
    PROCESSOR_NAME_BYTES = 128,
    PROCESSOR_CORES_BYTES = 128,
    PROCESSOR_CORES_MOST = 256
};

void processor_name(char name[PROCESSOR_NAME_BYTES]);
/* "2 of 8 (0-1)": those that this process may use. */
void processor_cores(char cores[PROCESSOR_CORES_BYTES]);
/* Those that this process may use, and no more than its container has time
 * for; at least 1. */
int processor_core_count(void);

#endif
