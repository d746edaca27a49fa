/* select.c - fills the table: scalar first, then upward. */
#include <assert.h>

#include "hatpose.h"
#include "variants.h"

static const hp_rows rows_scalar = {
    .sum_rows = hp_sum_rows_scalar,
    .mean_blocks = hp_mean_blocks_scalar,
    .mix_columns = hp_mix_columns_scalar,
    .blend_rows = hp_blend_rows_scalar,
};

#ifdef HP_HAVE_X86
static const hp_rows rows_avx2 = {
    .sum_rows = hp_sum_rows_avx2,
    .mean_blocks = hp_mean_blocks_avx2,
    .mix_columns = hp_mix_columns_avx2,
    .blend_rows = hp_blend_rows_avx2,
};
#endif

static const hp_rows *select_rows(uint32_t cpu_off)
{
#ifdef HP_HAVE_X86
    if ((cpu_off & HATPOSE_CPU_AVX2) == 0 && __builtin_cpu_supports("avx2"))
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
    assert(kernels->gemm != NULL && kernels->im2col3x3 != NULL &&
           kernels->bias_activation != NULL && kernels->depthwise3x3 != NULL &&
           kernels->add != NULL);
}
