/* gemm_blas.c - matrix product by OpenBLAS.
 *
 * Debian's and Ubuntu's serial build of OpenBLAS (libopenblas0-serial) may
 * not be called by two threads at once: it takes its packing buffer from a
 * table without a lock, two threads get the same one, and products come out
 * wrong without a sign (seen with 0.3.21 on two cores: 1 call in 30). The
 * table belongs to the process, so the lock must too: the only variable of
 * this kind in the library. Builds with threads have a lock of their own and
 * are not held up by ours. */
#include <cblas.h>
#include <pthread.h>
#include <string.h>

#include "variants.h"

static pthread_mutex_t serial_build = PTHREAD_MUTEX_INITIALIZER;

static void multiply(int m, int n, int k, const float *a, size_t lda,
                     const float *b, size_t ldb, float *c, size_t ldc)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1.0f, a,
                (blasint)lda, b, (blasint)ldb, 0.0f, c, (blasint)ldc);
}

static void multiply_alone(int m, int n, int k, const float *a, size_t lda,
                           const float *b, size_t ldb, float *c, size_t ldc)
{
    pthread_mutex_lock(&serial_build);
    multiply(m, n, k, a, lda, b, ldb, c, ldc);
    pthread_mutex_unlock(&serial_build);
}

hp_gemm_fn hp_gemm_f32_blas_pick(void)
{
    return strstr(openblas_get_config(), "SINGLE_THREADED") != NULL
               ? multiply_alone
               : multiply;
}
