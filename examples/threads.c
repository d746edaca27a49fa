/* threads.c - one model, a context for each thread.
 * Usage: threads WIDTH HEIGHT [MODEL.gguf] < RGB_PIXELS
 * Build: cc threads.c -pthread $(pkg-config --cflags --libs hatpose) */
#include <hatpose.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4 };

typedef struct job {
    hatpose_model *model;
    const void *pixels;
    hatpose_image layout;
    long people; /* or -1 */
} job;

static void *work(void *argument)
{
    job *j = argument;
    hatpose_options options;
    hatpose_context *context;
    hatpose_result *result;
    hatpose_error err;

    /* As many threads as contexts: none of them needs workers. */
    hatpose_options_init(&options, sizeof options);
    options.thread_count = 1;
    j->people = -1;
    if (hatpose_context_create(j->model, &options, &context, &err))
        return NULL;
    if (!hatpose_detect(context, j->pixels, &j->layout, NULL, 0, &result, &err))
        j->people = (long)hatpose_result_person_count(result);
    hatpose_result_destroy(result);
    hatpose_context_destroy(context);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    job jobs[THREADS];
    hatpose_model *model;
    hatpose_error err;

    if (argc != 3 && argc != 4) {
        fputs("usage: threads WIDTH HEIGHT [MODEL.gguf] < RGB_PIXELS\n",
              stderr);
        return 2;
    }
    uint32_t width = (uint32_t)strtoul(argv[1], NULL, 10);
    uint32_t height = (uint32_t)strtoul(argv[2], NULL, 10);
    size_t bytes = (size_t)width * height * 3;
    void *pixels = malloc(bytes);
    if (!pixels || fread(pixels, 1, bytes, stdin) != bytes)
        return 1;
    if (argc == 4 ? hatpose_model_load_file(argv[3], NULL, &model, &err)
                  : hatpose_model_load_default(NULL, &model, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (job){model,
                        pixels,
                        {.struct_size = sizeof jobs[i].layout,
                         .format = HATPOSE_RGB8,
                         .width_px = width,
                         .height_px = height},
                        0};
        pthread_create(&threads[i], NULL, work, &jobs[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        printf("thread %d: %ld people\n", i, jobs[i].people);
    }
    hatpose_model_release(model);
    free(pixels);
    return 0;
}
