/* select.c - the order of preference among the tables, and the choice. */
#include "cpu.h"
#include "hatpose.h"
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

const hp_layers *hp_layers_select(uint32_t cpu_off, hp_storage storage)
{
    const uint32_t bits = hp_cpu_bits(~cpu_off);

    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        if ((variants[i].needs & ~bits) != 0)
            continue;
        const hp_layers *layers = variants[i].layers(storage);
        if (layers != NULL)
            return layers;
    }
    return hp_layers_scalar(storage);
}

static const hp_rows rows_scalar = {
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

static const hp_rows *select_rows(uint32_t cpu_off)
{
#ifdef HP_HAVE_X86
    if (hp_cpu_bits(HATPOSE_CPU_AVX2 & ~cpu_off) != 0)
        return &rows_avx2;
#endif
    (void)cpu_off;
    return &rows_scalar;
}

void hp_kernels_select(uint32_t cpu_off, hp_kernels *kernels)
{
    *kernels = (hp_kernels){
        .gemm = hp_gemm_f32_scalar,
        .im2col3x3 = hp_im2col3x3_f32_scalar,
        .bias_activation = hp_bias_activation_f32_scalar,
        .depthwise3x3 = hp_depthwise3x3_f32_scalar,
        .add = hp_add_f32_scalar,
        .rows = select_rows(cpu_off),
        .description = "scalar",
    };
#ifdef HP_HAVE_OPENBLAS
    if ((cpu_off & HATPOSE_CPU_BLAS) == 0) {
        kernels->gemm = hp_gemm_f32_blas_pick();
        kernels->description = "scalar + OpenBLAS";
    }
#endif
}
