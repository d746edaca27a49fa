/* select.c - fills the table: scalar first, then upward. */
#include <assert.h>

#include "hatpose.h"
#include "variants.h"

void hp_kernels_select(uint32_t cpu_off, hp_kernels *kernels)
{
    *kernels = (hp_kernels){
        .gemm = hp_gemm_f32_scalar,
        .im2col3x3 = hp_im2col3x3_f32_scalar,
        .bias_activation = hp_bias_activation_f32_scalar,
        .depthwise3x3 = hp_depthwise3x3_f32_scalar,
        .add = hp_add_f32_scalar,
        .description = "scalar",
    };
    (void)cpu_off;
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
