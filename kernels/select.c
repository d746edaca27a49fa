/* select.c - the order of preference among the tables, and the choice. */
#include <stdbool.h>
#include <stddef.h>

#include "cpu.h"
#include "hatpose.h"
#include "kernels.h"
#include "tables.h"
#include "variants.h"

/* Best first; the last needs nothing and offers every storage. */
static const hp_variant variants[] = {
#ifdef HP_HAVE_X86
    {"amx",
     HATPOSE_CPU_AMX | HATPOSE_CPU_VNNI | HATPOSE_CPU_AVX512 | HATPOSE_CPU_AVX2,
     hp_layers_amx},
    {"vnni", HATPOSE_CPU_VNNI | HATPOSE_CPU_AVX512 | HATPOSE_CPU_AVX2,
     hp_layers_vnni},
    {"avx512", HATPOSE_CPU_AVX512 | HATPOSE_CPU_AVX2, hp_layers_avx512},
    {"avx2", HATPOSE_CPU_AVX2, hp_layers_avx2},
#endif
#ifdef HP_HAVE_NEON
    {"neon", HATPOSE_CPU_NEON, hp_layers_neon},
#endif
#ifdef HP_HAVE_OPENBLAS
    {"blas", HATPOSE_CPU_BLAS, hp_layers_blas},
#endif
    {"scalar", 0, hp_layers_scalar},
};

const hp_variant *hp_variants(int *count)
{
    *count = (int)(sizeof variants / sizeof *variants);
    return variants;
}

/* With scalar: the portable kernels too, else only those with units for the
 * storage; NULL then if there are none. */
static const hp_layers *select_layers(uint32_t bits, hp_storage storage,
                                      bool scalar)
{
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        if ((variants[i].needs & ~bits) != 0 ||
            (variants[i].needs == 0 && !scalar))
            continue;
        const hp_layers *layers = variants[i].layers(storage);
        if (layers != NULL)
            return layers;
    }
    return NULL;
}

/* Three products of bf16 are faster than one of floats where there are units
 * for them, and as good for us. */
static const hp_layers *select_f32(uint32_t bits)
{
    const hp_layers *split = select_layers(bits, HP_STORAGE_SPLIT, false);

    return split != NULL ? split : select_layers(bits, HP_STORAGE_F32, true);
}

static const hp_rows rows_scalar = {
    .crc32 = hp_crc32_scalar,
    .widen_halves = hp_widen_halves_scalar,
    .sum_rows = hp_sum_rows_scalar,
    .mean_blocks = hp_mean_blocks_scalar,
    .mix_columns = hp_mix_columns_scalar,
    .blend_rows = hp_blend_rows_scalar,
    .find_maxima8 = hp_find_maxima8_scalar,
    .find_maxima4 = hp_find_maxima4_scalar,
    .mix_rows = hp_mix_rows_scalar,
    .filter_linear = hp_filter_linear_scalar,
    .sum_linear = hp_sum_linear_scalar,
    .sample_cubic = hp_sample_cubic_scalar,
};

#ifdef HP_HAVE_X86
static const hp_rows rows_avx2 = {
    .crc32 = hp_crc32_avx2,
    .widen_halves = hp_widen_halves_avx2,
    .sum_rows = hp_sum_rows_avx2,
    .mean_blocks = hp_mean_blocks_avx2,
    .mix_columns = hp_mix_columns_avx2,
    .blend_rows = hp_blend_rows_avx2,
    .find_maxima8 = hp_find_maxima8_avx2,
    .find_maxima4 = hp_find_maxima4_avx2,
    .mix_rows = hp_mix_rows_avx2,
    .filter_linear = hp_filter_linear_avx2,
    .sum_linear = hp_sum_linear_avx2,
    .sample_cubic = hp_sample_cubic_avx2,
};
#endif

static const hp_rows *select_rows(uint32_t bits)
{
#ifdef HP_HAVE_X86
    if ((bits & HATPOSE_CPU_AVX2) != 0)
        return &rows_avx2;
#endif
    (void)bits;
    return &rows_scalar;
}

const hp_rows *hp_rows_select(uint32_t cpu_off)
{
    /* No rows use AMX: the operating system need not be asked for it. */
    return select_rows(hp_cpu_bits(~(cpu_off | HATPOSE_CPU_AMX)));
}

void hp_kernels_select(uint32_t cpu_off, uint32_t precision,
                       hp_kernels *kernels)
{
    const uint32_t bits = hp_cpu_bits(~cpu_off);
    const hp_layers *layers = NULL;

    if (precision == HATPOSE_PRECISION_AUTO) {
        layers = select_layers(bits, HP_STORAGE_BF16, false);
        precision =
            layers != NULL ? HATPOSE_PRECISION_BF16 : HATPOSE_PRECISION_F32;
    }
    if (layers == NULL)
        layers = precision == HATPOSE_PRECISION_BF16
                     ? select_layers(bits, HP_STORAGE_BF16, true)
                 : precision == HATPOSE_PRECISION_INT8
                     ? select_layers(bits, HP_STORAGE_INT8, true)
                     : select_f32(bits);
    *kernels = (hp_kernels){
        .layers = layers, .rows = select_rows(bits), .precision = precision};
}
