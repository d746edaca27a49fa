/* checkkernel.c - every kernel of every table against plain loops in double,
 * over tails, strides, unaligned guarded buffers and extremes; --bench times
 * them on the shapes of a 256x456 network.
 *
 * checkkernel [--family NAME] [--isa NAME] [--seed N] [--bench] */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../check.h"
#include "base/thread.h"
#include "guarded.h"
#include "hatpose.h"
#include "kernels.h"

typedef struct isa {
    const char *name;
    uint32_t cpu_off;   /* leaves this one and what lies below it */
    const char *absent; /* why it cannot be checked, or NULL */
} isa;

typedef struct family {
    const char *name;
    void (*check)(const hp_kernels *kernels);
    void (*bench)(const hp_kernels *kernels);
} family;

static uint64_t random_state;

static uint32_t random_u32(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 32);
}

static int random_int(int low, int high)
{
    return low + (int)(random_u32() % (uint32_t)(high - low + 1));
}

static guarded random_buffer(size_t count, float scale)
{
    guarded buffer = guarded_create(count, random_u32() % 2 == 0);

    for (size_t i = 0; i < count; i++)
        buffer.data[i] =
            scale * ((float)random_u32() * (2.0f / 4294967296.0f) - 1.0f);
    return buffer;
}

static guarded empty_buffer(size_t count)
{
    return guarded_create(count, random_u32() % 2 == 0);
}

static double activate(double x, hp_activation activation)
{
    if (activation == HP_ACTIVATION_RELU)
        return x > 0 ? x : 0;
    if (activation == HP_ACTIVATION_ELU)
        return x > 0 ? x : expm1(x);
    return x;
}

/* The thread's own time: what other programs take does not count. */
static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The least time of some runs, and what it means for `work` units a run. */
#define BENCH(label, unit, work, call)                                         \
    do {                                                                       \
        double best_s = 1e9;                                                   \
        for (int round_ = 0; round_ < 20; round_++) {                          \
            double begin_s = now_s();                                          \
            call;                                                              \
            double took_s = now_s() - begin_s;                                 \
            best_s = took_s < best_s ? took_s : best_s;                        \
        }                                                                      \
        printf("    %-28s %9.1f us %8.2f %s\n", label, best_s * 1e6,           \
               (double)(work) / best_s * 1e-9, unit);                          \
    } while (0)

/* --- gemm: the sum of k products of numbers within +-1 is off by less than
 * k roundings of a number below sqrt(k); one part in 2^22 of k is ample. */

static void check_gemm_once(const hp_kernels *kernels, int m, int n, int k)
{
    const size_t lda = (size_t)(k + random_int(0, 3));
    const size_t ldb = (size_t)(n + random_int(0, 3));
    const size_t ldc = (size_t)(n + random_int(0, 3));
    guarded a = random_buffer((size_t)(m - 1) * lda + (size_t)k, 1.0f);
    guarded b = random_buffer((size_t)(k - 1) * ldb + (size_t)n, 1.0f);
    guarded c = empty_buffer((size_t)(m - 1) * ldc + (size_t)n);
    double worst = 0;
    int outside = 0; /* elements between the rows that were written */

    kernels->gemm(m, n, k, a.data, lda, b.data, ldb, c.data, ldc);
    for (size_t i = 0; i < (size_t)m; i++) {
        for (size_t j = 0; j < (size_t)n; j++) {
            double sum = 0;
            for (size_t p = 0; p < (size_t)k; p++)
                sum +=
                    (double)a.data[i * lda + p] * (double)b.data[p * ldb + j];
            double error = fabs(sum - (double)c.data[i * ldc + j]);
            worst = error <= worst ? worst : error; /* NaN wins */
        }
        for (size_t j = (size_t)n; j < ldc && i + 1 < (size_t)m; j++)
            outside += !isnan(c.data[i * ldc + j]);
    }
    CHECK_MESSAGE(worst <= (double)k * 0x1p-22 && outside == 0,
                  "m %d n %d k %d: error %g, %d written outside", m, n, k,
                  worst, outside);
    guarded_destroy(&a);
    guarded_destroy(&b);
    guarded_destroy(&c);
}

enum { CALLS = 100, CALL_M = 32, CALL_N = 24, CALL_K = 2000 };

typedef struct many_calls {
    const hp_kernels *kernels;
    const float *a, *b, *wanted;
    float *c; /* one a worker */
    atomic_int wrong;
} many_calls;

static void call_gemm(void *argument, int task, int worker)
{
    many_calls *calls = argument;
    float *c = calls->c + (size_t)worker * CALL_M * CALL_N;

    calls->kernels->gemm(CALL_M, CALL_N, CALL_K, calls->a, CALL_K,
                         calls->b + (size_t)(task % 2) * CALL_K * CALL_N,
                         CALL_N, c, CALL_N);
    if (memcmp(c, calls->wanted + (size_t)(task % 2) * CALL_M * CALL_N,
               sizeof(float) * CALL_M * CALL_N) != 0)
        atomic_fetch_add(&calls->wrong, 1);
}

/* The serial build of OpenBLAS hands one buffer to two threads, and both
 * products are wrong: seen in 1 of 30 to 1 of 3000 of these calls. */
static void check_gemm_in_threads(const hp_kernels *kernels)
{
    enum { THREADS = 4 };
    guarded a = random_buffer(CALL_M * CALL_K, 1.0f);
    guarded b = random_buffer(2 * CALL_K * CALL_N, 1.0f);
    guarded wanted = empty_buffer(2 * CALL_M * CALL_N);
    guarded c = empty_buffer(THREADS * CALL_M * CALL_N);
    many_calls calls = {kernels, a.data, b.data, wanted.data, c.data, 0};
    hp_memory memory;
    hp_pool *pool;

    for (size_t i = 0; i < 2; i++)
        kernels->gemm(CALL_M, CALL_N, CALL_K, a.data, CALL_K,
                      b.data + i * CALL_K * CALL_N, CALL_N,
                      wanted.data + i * CALL_M * CALL_N, CALL_N);
    hp_memory_init(&memory, NULL, 0);
    CHECK(hp_pool_create(&memory, THREADS, &pool, NULL) == HATPOSE_OK);
    const time_t begin_s = time(NULL);
    for (int round = 0; round < 120 && time(NULL) < begin_s + 2; round++)
        hp_pool_run(pool, CALLS, call_gemm, &calls);
    hp_pool_destroy(pool);
    CHECK_MESSAGE(atomic_load(&calls.wrong) == 0, "%d products",
                  atomic_load(&calls.wrong));
    guarded_destroy(&a);
    guarded_destroy(&b);
    guarded_destroy(&wanted);
    guarded_destroy(&c);
}

static void check_gemm(const hp_kernels *kernels)
{
    static const int sizes[][3] = {
        {1, 1, 1},     {1, 1, 600},    {4, 8, 512},   {5, 9, 513},
        {3, 7, 1025},  {19, 464, 128}, {38, 33, 512}, {128, 160, 1152},
        {32, 512, 27}, {64, 100, 32},  {185, 17, 31}, {512, 16, 64},
    };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_gemm_once(kernels, sizes[i][0], sizes[i][1], sizes[i][2]);
    for (int i = 0; i < 60; i++)
        check_gemm_once(kernels, random_int(1, 70), random_int(1, 90),
                        random_int(1, 700));
    check_gemm_in_threads(kernels);
}

static void bench_gemm(const hp_kernels *kernels)
{
    static const int sizes[][3] = {
        {64, 512, 32}, {256, 464, 256}, {512, 464, 512}, {128, 160, 1152}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int m = sizes[i][0], n = sizes[i][1], k = sizes[i][2];
        guarded a = random_buffer((size_t)m * (size_t)k, 1.0f);
        guarded b = random_buffer((size_t)n * (size_t)k, 1.0f);
        guarded c = empty_buffer((size_t)m * (size_t)n);
        char label[64];
        snprintf(label, sizeof label, "gemm %dx%dx%d", m, n, k);
        BENCH(label, "GFLOP/s", 2.0 * m * n * k,
              kernels->gemm(m, n, k, a.data, (size_t)k, b.data, (size_t)n,
                            c.data, (size_t)n));
        guarded_destroy(&a);
        guarded_destroy(&b);
        guarded_destroy(&c);
    }
}

/* --- im2col: copies, so equal to the bit. */

static hp_window random_window(int largest_side)
{
    hp_window window = {random_int(1, largest_side),
                        random_int(1, largest_side), random_int(1, 2), 1};

    if (random_u32() % 4 == 0) /* a line, a point */
        window.width = random_int(1, 3);
    if (random_u32() % 4 == 0)
        window.height = random_int(1, 3);
    if (window.stride == 1)
        window.dilation = random_int(1, 2);
    return window;
}

static float pixel_or_zero(const hp_window *window, const float *plane, int x,
                           int y)
{
    if (x < 0 || y < 0 || x >= window->width || y >= window->height)
        return 0.0f;
    return plane[(size_t)y * (size_t)window->width + (size_t)x];
}

static void check_im2col_once(const hp_kernels *kernels)
{
    const hp_window window = random_window(40);
    const int out_width = hp_window_out(window.width, window.stride);
    const int pixels = out_width * hp_window_out(window.height, window.stride);
    const int channels = random_int(1, 3);
    const int first = random_int(0, pixels - 1);
    const int count = random_int(1, pixels - first);
    const size_t plane = (size_t)window.width * (size_t)window.height;
    guarded in = random_buffer((size_t)channels * plane, 1.0f);
    guarded out = empty_buffer((size_t)channels * 9 * (size_t)count);
    int wrong = 0;

    kernels->im2col3x3(&window, channels, in.data, first, count, out.data);
    for (int row = 0; row < channels * 9; row++)
        for (int i = 0; i < count; i++) {
            int x = (first + i) % out_width * window.stride +
                    (row % 3 - 1) * window.dilation;
            int y = (first + i) / out_width * window.stride +
                    (row / 3 % 3 - 1) * window.dilation;
            float wanted = pixel_or_zero(
                &window, in.data + (size_t)(row / 9) * plane, x, y);
            wrong +=
                out.data[(size_t)row * (size_t)count + (size_t)i] != wanted;
        }
    CHECK_MESSAGE(wrong == 0,
                  "%dx%d stride %d dilation %d, pixels %d + %d: %d wrong",
                  window.width, window.height, window.stride, window.dilation,
                  first, count, wrong);
    guarded_destroy(&in);
    guarded_destroy(&out);
}

static void check_im2col(const hp_kernels *kernels)
{
    for (int i = 0; i < 2000; i++)
        check_im2col_once(kernels);
}

static void bench_im2col(const hp_kernels *kernels)
{
    const hp_window dense = {57, 32, 1, 1}, first = {456, 256, 2, 1};
    guarded in = random_buffer(128 * 57 * 32 + 3 * 456 * 256, 1.0f);
    guarded out = empty_buffer(128 * 9 * 160);

    BENCH("im2col 128 x 57x32, 160", "GB/s", 128 * 9 * 160 * sizeof(float),
          kernels->im2col3x3(&dense, 128, in.data, 640, 160, out.data));
    BENCH("im2col 3 x 456x256 s2, 512", "GB/s", 3 * 9 * 512 * sizeof(float),
          kernels->im2col3x3(&first, 3, in.data, 640, 512, out.data));
    guarded_destroy(&in);
    guarded_destroy(&out);
}

/* --- bias_activation: two roundings, and exp(x) - 1 within 1e-6. */

static void check_bias_once(const hp_kernels *kernels, hp_activation activation,
                            float scale)
{
    const int rows = random_int(1, 5), columns = random_int(1, 70);
    const size_t ldc = (size_t)(columns + random_int(0, 3));
    const size_t count = (size_t)(rows - 1) * ldc + (size_t)columns;
    guarded before = random_buffer(count, scale);
    guarded after = empty_buffer(count);
    guarded bias = random_buffer((size_t)rows, scale);
    const float *used = random_u32() % 4 == 0 ? NULL : bias.data;
    int wrong = 0;

    memcpy(after.data, before.data, count * sizeof(float));
    kernels->bias_activation(rows, columns, after.data, ldc, used, activation);
    for (size_t i = 0; i < count; i++) {
        size_t row = i / ldc;
        float sum = before.data[i] + (used != NULL ? used[row] : 0.0f);
        double wanted = i % ldc < (size_t)columns
                            ? activate((double)sum, activation)
                            : (double)before.data[i];
        wrong += !(fabs((double)after.data[i] - wanted) <= 1e-6);
    }
    CHECK_MESSAGE(wrong == 0, "activation %d, %d x %d, scale %g: %d wrong",
                  (int)activation, rows, columns, (double)scale, wrong);
    guarded_destroy(&before);
    guarded_destroy(&after);
    guarded_destroy(&bias);
}

/* Where exp(x) - 1 changes its course: powers of two, the end of the range,
 * signed zero, infinities, NaN. */
static void check_extremes(const hp_kernels *kernels)
{
    static const float at[] = {0.0f,      -0.0f,    1e-40f, -1e-40f, -1e-7f,
                               -0.34657f, -0.3466f, -16.0f, -17.5f,  -20.0f,
                               -20.1f,    -88.0f,   -1e30f, 3e38f,   -3e38f,
                               -INFINITY, INFINITY, 1e-45f};
    enum { COUNT = sizeof at / sizeof *at };
    float row[COUNT];
    float nan_row[] = {1.0f, NAN, -1.0f};

    for (int a = HP_ACTIVATION_NONE; a <= HP_ACTIVATION_ELU; a++) {
        memcpy(row, at, sizeof row);
        kernels->bias_activation(1, COUNT, row, COUNT, NULL, (hp_activation)a);
        for (int i = 0; i < COUNT; i++) {
            double wanted = activate((double)at[i], (hp_activation)a);
            CHECK_MESSAGE((double)row[i] == wanted ||
                              fabs((double)row[i] - wanted) <= 1e-6,
                          "activation %d of %g: %g", a, (double)at[i],
                          (double)row[i]);
        }
    }
    kernels->bias_activation(1, 3, nan_row, 3, NULL, HP_ACTIVATION_ELU);
    CHECK(nan_row[0] == 1.0f && isnan(nan_row[1]) && nan_row[2] < -0.63f);
}

static void check_bias(const hp_kernels *kernels)
{
    for (int i = 0; i < 300; i++)
        for (int a = HP_ACTIVATION_NONE; a <= HP_ACTIVATION_ELU; a++)
            check_bias_once(kernels, (hp_activation)a, i % 3 == 0 ? 20 : 2);
    check_extremes(kernels);
}

static void bench_bias(const hp_kernels *kernels)
{
    guarded c = random_buffer(128 * 464, 1.0f);
    guarded bias = random_buffer(128, 1e-6f);

    BENCH("bias + relu 128 x 464", "Gelement/s", 128 * 464,
          kernels->bias_activation(128, 464, c.data, 464, bias.data,
                                   HP_ACTIVATION_RELU));
    BENCH("bias + elu 128 x 464", "Gelement/s", 128 * 464,
          kernels->bias_activation(128, 464, c.data, 464, bias.data,
                                   HP_ACTIVATION_ELU));
    guarded_destroy(&c);
    guarded_destroy(&bias);
}

/* --- depthwise: ten terms below 1, each rounding less than 2^-21. */

static void check_depthwise_once(const hp_kernels *kernels)
{
    const hp_window window = random_window(random_u32() % 8 == 0 ? 200 : 40);
    const hp_activation activation = (hp_activation)random_int(0, 2);
    const int out_width = hp_window_out(window.width, window.stride);
    const int pixels = out_width * hp_window_out(window.height, window.stride);
    guarded in =
        random_buffer((size_t)window.width * (size_t)window.height, 1.0f);
    guarded weight = random_buffer(9, 1.0f);
    guarded bias = random_buffer(1, 1.0f);
    guarded out = empty_buffer((size_t)pixels);
    double worst = 0;

    kernels->depthwise3x3(&window, in.data, weight.data, bias.data[0],
                          activation, out.data);
    for (int i = 0; i < pixels; i++) {
        double sum = (double)bias.data[0];
        for (int t = 0; t < 9; t++) {
            int x =
                i % out_width * window.stride + (t % 3 - 1) * window.dilation;
            int y =
                i / out_width * window.stride + (t / 3 - 1) * window.dilation;
            sum += (double)weight.data[t] *
                   (double)pixel_or_zero(&window, in.data, x, y);
        }
        double error = fabs(activate(sum, activation) - (double)out.data[i]);
        worst = error <= worst ? worst : error;
    }
    CHECK_MESSAGE(worst <= 10 * 0x1p-21,
                  "%dx%d stride %d dilation %d activation %d: error %g",
                  window.width, window.height, window.stride, window.dilation,
                  (int)activation, worst);
    guarded_destroy(&in);
    guarded_destroy(&weight);
    guarded_destroy(&bias);
    guarded_destroy(&out);
}

/* What lies outside the plane is not multiplied by zero but left out. */
static void check_depthwise_infinity(const hp_kernels *kernels)
{
    const hp_window window = {4, 4, 1, 2};
    float in[16], out[16], weight[9];

    for (int i = 0; i < 16; i++)
        in[i] = INFINITY;
    for (int i = 0; i < 9; i++)
        weight[i] = 1.0f;
    kernels->depthwise3x3(&window, in, weight, 0.0f, HP_ACTIVATION_NONE, out);
    for (int i = 0; i < 16; i++)
        CHECK(isinf(out[i]));
}

static void check_depthwise(const hp_kernels *kernels)
{
    for (int i = 0; i < 2000; i++)
        check_depthwise_once(kernels);
    check_depthwise_infinity(kernels);
}

static void bench_depthwise(const hp_kernels *kernels)
{
    static const hp_window windows[] = {
        {228, 128, 1, 1}, {228, 128, 2, 1}, {57, 32, 1, 1}, {57, 32, 1, 2}};
    guarded in = random_buffer(228 * 128, 1.0f);
    guarded weight = random_buffer(9, 1.0f);
    guarded out = empty_buffer(228 * 128);

    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        const hp_window *w = &windows[i];
        char label[64];
        snprintf(label, sizeof label, "depthwise %dx%d s%d d%d", w->width,
                 w->height, w->stride, w->dilation);
        BENCH(label, "GFLOP/s",
              18.0 * hp_window_out(w->width, w->stride) *
                  hp_window_out(w->height, w->stride),
              kernels->depthwise3x3(w, in.data, weight.data, 0.1f,
                                    HP_ACTIVATION_RELU, out.data));
    }
    guarded_destroy(&in);
    guarded_destroy(&weight);
    guarded_destroy(&out);
}

/* --- add: one rounding, and exp(x) - 1 within 1e-6. */

static void check_add(const hp_kernels *kernels)
{
    for (int i = 0; i < 300; i++) {
        const size_t count = (size_t)random_int(1, i % 10 == 0 ? 5000 : 90);
        const hp_activation activation = (hp_activation)random_int(0, 2);
        guarded a = random_buffer(count, 3.0f);
        guarded b = random_buffer(count, 3.0f);
        guarded out = empty_buffer(count);
        const float *second = i % 7 == 0 ? a.data : b.data;
        int wrong = 0;
        kernels->add(count, a.data, second, activation, out.data);
        for (size_t j = 0; j < count; j++) {
            double wanted =
                activate((double)(a.data[j] + second[j]), activation);
            wrong += !(fabs((double)out.data[j] - wanted) <= 1e-6);
        }
        CHECK_MESSAGE(wrong == 0, "activation %d, %zu elements: %d wrong",
                      (int)activation, count, wrong);
        guarded_destroy(&a);
        guarded_destroy(&b);
        guarded_destroy(&out);
    }
}

static void bench_add(const hp_kernels *kernels)
{
    guarded a = random_buffer(1 << 16, 1.0f);
    guarded b = random_buffer(1 << 16, 1.0f);
    guarded out = empty_buffer(1 << 16);

    BENCH("add 65536", "GB/s", 3 * sizeof(float) * (1 << 16),
          kernels->add(1 << 16, a.data, b.data, HP_ACTIVATION_NONE, out.data));
    guarded_destroy(&a);
    guarded_destroy(&b);
    guarded_destroy(&out);
}

static const family families[] = {
    {"gemm", check_gemm, bench_gemm},
    {"im2col", check_im2col, bench_im2col},
    {"bias_activation", check_bias, bench_bias},
    {"depthwise", check_depthwise, bench_depthwise},
    {"add", check_add, bench_add},
};

static const isa isas[] = {
    {"scalar", UINT32_MAX, NULL},
#ifdef HP_HAVE_OPENBLAS
    {"blas", ~(uint32_t)HATPOSE_CPU_BLAS, NULL},
#else
    {"blas", ~(uint32_t)HATPOSE_CPU_BLAS, "built without OpenBLAS"},
#endif
};

/* How many families were checked. */
static int check_isa(const isa *which, const char *only_family, bool bench)
{
    hp_kernels kernels;
    int checked = 0;

    if (which->absent != NULL) {
        printf("skip %s: %s\n", which->name, which->absent);
        return 0;
    }
    hp_kernels_select(which->cpu_off, &kernels);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (only_family != NULL && strcmp(only_family, families[i].name) != 0)
            continue;
        int before = check_failures;
        families[i].check(&kernels);
        printf("%s %s %s\n", check_failures == before ? "ok  " : "FAIL",
               which->name, families[i].name);
        if (bench)
            families[i].bench(&kernels);
        checked++;
    }
    return checked;
}

static int usage(void)
{
    fputs("usage: checkkernel [--family NAME] [--isa NAME] [--seed N] "
          "[--bench]\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    const char *only_family = NULL, *only_isa = NULL;
    bool bench = false;
    int checked = 0;

    random_state = (uint64_t)time(NULL);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--bench") == 0)
            bench = true;
        else if (i + 1 == argc)
            return usage();
        else if (strcmp(argv[i], "--family") == 0)
            only_family = argv[++i];
        else if (strcmp(argv[i], "--isa") == 0)
            only_isa = argv[++i];
        else if (strcmp(argv[i], "--seed") == 0)
            random_state = strtoull(argv[++i], NULL, 10);
        else
            return usage();
    }
    printf("seed %llu\n", (unsigned long long)random_state);
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
        if (only_isa == NULL || strcmp(only_isa, isas[i].name) == 0)
            checked += check_isa(&isas[i], only_family, bench);
    CHECK(checked > 0);
    CHECK_EXIT();
}
