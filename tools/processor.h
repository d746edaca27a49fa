/* processor.h - what this machine computes with, in words. */
#ifndef PROCESSOR_H
#define PROCESSOR_H

enum { PROCESSOR_NAME_BYTES = 128, PROCESSOR_CORES_BYTES = 128 };

void processor_name(char name[PROCESSOR_NAME_BYTES]);
/* "2 of 8 (0-1)": those that this process may use. */
void processor_cores(char cores[PROCESSOR_CORES_BYTES]);

#endif
