/* tables.h - every table of kernels that there is: one function a set of
 * instructions. Each gives NULL for a storage that it does not offer. The
 * order of preference is in select.c. */
#ifndef HP_TABLES_H
#define HP_TABLES_H

#include "layer.h"

/* A set of instructions: the HATPOSE_CPU_* bits that its kernels need, and
 * its tables. */
typedef struct hp_variant {
    const char *name; /* for checkkernel --isa */
    uint32_t needs;
    const hp_layers *(*layers)(hp_storage storage);
} hp_variant;

/* Best first. */
const hp_variant *hp_variants(int *count);

const hp_layers *hp_layers_scalar(hp_storage storage);
#ifdef HP_HAVE_X86
const hp_layers *hp_layers_amx(hp_storage storage);
const hp_layers *hp_layers_vnni(hp_storage storage);
const hp_layers *hp_layers_avx512(hp_storage storage);
const hp_layers *hp_layers_avx2(hp_storage storage);
#endif
#ifdef HP_HAVE_NEON
const hp_layers *hp_layers_neon(hp_storage storage);
#endif
#ifdef HP_HAVE_OPENBLAS
const hp_layers *hp_layers_blas(hp_storage storage);
#endif

#endif
