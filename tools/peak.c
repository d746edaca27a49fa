/* peak.c - how fast one core multiplies and adds at best. In: the name of
 * the library's kernels. Out: operations a second of the unit behind them. */
#include "peak.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

#include <hatpose.h>

#include "peak_loops.h"

enum { TRIES = 5 };
static const double try_s = 0.004;

typedef struct unit {
    const char *name; /* what the kernels' description holds */
    uint32_t precision;
    double (*loop)(long rounds);
    double products; /* for one product of that precision */
} unit;

/* The first that fits counts. */
static const unit units[] = {
#ifdef HAVE_X86_PEAKS
    {"amx bf16x3", HATPOSE_PRECISION_F32, peak_loop_amx_bf16, 3},
    {"amx", HATPOSE_PRECISION_BF16, peak_loop_amx_bf16, 1},
    {"amx", HATPOSE_PRECISION_INT8, peak_loop_amx_int8, 1},
    {"avx512", HATPOSE_PRECISION_F32, peak_loop_avx512, 1},
    {"avx2", HATPOSE_PRECISION_F32, peak_loop_avx2, 1},
#endif
#ifdef HAVE_NEON_PEAK
    {"neon", HATPOSE_PRECISION_F32, peak_loop_neon, 1},
#endif
    {NULL, 0, NULL, 0},
};

/* The thread's own time: what other programs take does not count. */
static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double rate_gflops(double (*loop)(long rounds))
{
    long rounds = 1000;
    double best = 0, took_s = 0;

    while (took_s < try_s) {
        double start_s = now_s();
        loop(rounds *= 2);
        took_s = now_s() - start_s;
    }
    for (int i = 0; i < TRIES; i++) {
        double start_s = now_s();
        double operations = loop(rounds);
        double rate = operations * 1e-9 / (now_s() - start_s);
        best = rate > best ? rate : best;
    }
    return best;
}

double peak_gflops(const char *kernels, uint32_t precision)
{
    for (const unit *u = units; u->name != NULL; u++)
        if (u->precision == precision && strstr(kernels, u->name) != NULL)
            return rate_gflops(u->loop) / u->products;
    return 0;
}
