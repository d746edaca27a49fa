/* start_probe.c - one start of the library. In: when the process was asked
 * for, on CLOCK_MONOTONIC, a model and how to run it. Out: one line of
 * microseconds: until main, for the model, the context and the first result,
 * and the median of the results after it. Built and run by start.py. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hatpose.h>

enum { WARM_COUNT = 5, WIDTH_PX = 456, HEIGHT_PX = 256 };

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

/* A picture without people: what is decoded depends on the model. */
static hatpose_status detect(hatpose_context *context, const void *pixels,
                             double *took_us, hatpose_error *err)
{
    const hatpose_image layout = {.struct_size = sizeof layout,
                                  .format = HATPOSE_BGR8,
                                  .width_px = WIDTH_PX,
                                  .height_px = HEIGHT_PX};
    const double begin_us = now_us();
    hatpose_result *result;
    hatpose_status status =
        hatpose_detect(context, pixels, &layout, NULL, 0, &result, err);

    *took_us = now_us() - begin_us;
    hatpose_result_destroy(result);
    return status;
}

static hatpose_status load(const char *path, hatpose_model **model,
                           hatpose_error *err)
{
    return strcmp(path, "-") == 0
               ? hatpose_model_load_default(NULL, model, err)
               : hatpose_model_load_file(path, NULL, model, err);
}

static hatpose_status measure(double asked_us, const char *path,
                              const hatpose_options *options,
                              hatpose_error *err)
{
    static unsigned char pixels[HEIGHT_PX * WIDTH_PX * 3];
    const double main_us = now_us();
    hatpose_context *context = NULL;
    hatpose_model *model = NULL;
    double first_us = 0, warm_us[WARM_COUNT];
    hatpose_status status = load(path, &model, err);

    const double loaded_us = now_us();
    if (status == HATPOSE_OK)
        status = hatpose_context_create(model, options, &context, err);
    const double created_us = now_us();
    if (status == HATPOSE_OK)
        status = detect(context, pixels, &first_us, err);
    for (int i = 0; i < WARM_COUNT && status == HATPOSE_OK; i++)
        status = detect(context, pixels, &warm_us[i], err);
    if (status == HATPOSE_OK) {
        qsort(warm_us, WARM_COUNT, sizeof *warm_us, compare);
        printf("%.0f %.0f %.0f %.0f %.0f %s\n", main_us - asked_us,
               loaded_us - main_us, created_us - loaded_us, first_us,
               warm_us[WARM_COUNT / 2], hatpose_context_kernels(context));
    }
    hatpose_context_destroy(context);
    hatpose_model_release(model);
    return status;
}

/* start_probe ASKED_NS MODEL PRECISION CPU_OFF THREADS; MODEL - is the one
 * that is built in, the rest are numbers of hatpose.h. */
int main(int count, char **words)
{
    hatpose_options options;
    hatpose_error err = {0};

    if (count != 6)
        return 2;
    hatpose_options_init(&options, sizeof options);
    options.precision = (uint32_t)atoi(words[3]);
    options.cpu_off = (uint32_t)atoi(words[4]);
    options.thread_count = (uint32_t)atoi(words[5]);
    if (measure(atof(words[1]) * 1e-3, words[2], &options, &err) == HATPOSE_OK)
        return 0;
    fprintf(stderr, "start_probe: %s\n", err.message);
    return 1;
}
