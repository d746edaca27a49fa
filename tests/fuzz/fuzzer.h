/* fuzzer.h - the entry point that libFuzzer and replay.c call. */
#ifndef FUZZER_H
#define FUZZER_H

#include <stddef.h>
#include <stdint.h>

/* Always 0; what is wrong is a crash or a sanitizer's word. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
