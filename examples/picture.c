/* picture.c - the people of one photo.
 * Usage: picture PHOTO [MODEL.gguf]
 * Build: cc picture.c $(pkg-config --cflags --libs hatpose) */
#include <hatpose.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *name, const hatpose_error *err)
{
    fprintf(stderr, "%s: %s\n", name, err->message);
    return 1;
}

/* The bytes of a file of at most 64 MiB, or NULL. */
static void *read_file(const char *path, size_t *bytes)
{
    enum { MAX_BYTES = 64 << 20 };
    FILE *file = fopen(path, "rb");
    void *data = file ? malloc(MAX_BYTES) : NULL;

    if (data)
        *bytes = fread(data, 1, MAX_BYTES, file);
    if (file)
        fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    hatpose_model *model;
    hatpose_context *context;
    hatpose_result *result;
    hatpose_error err;
    size_t bytes;

    if (argc != 2 && argc != 3) {
        fputs("usage: picture PHOTO [MODEL.gguf]\n", stderr);
        return 2;
    }
    if (argc == 3 ? hatpose_model_load_file(argv[2], NULL, &model, &err)
                  : hatpose_model_load_default(NULL, &model, &err))
        return fail("model", &err);
    if (hatpose_context_create(model, NULL, &context, &err))
        return fail("context", &err);
    void *data = read_file(argv[1], &bytes);
    if (!data) {
        perror(argv[1]);
        return 1;
    }
    if (hatpose_detect_encoded(context, data, bytes, NULL, 0, &result, &err))
        return fail(argv[1], &err);
    for (uint32_t i = 0; i < hatpose_result_person_count(result); i++) {
        hatpose_person person = {.struct_size = sizeof person};
        hatpose_result_person(result, i, &person);
        printf("person %u: score %.2f, %u joints, box %.0f,%.0f %.0fx%.0f\n",
               (unsigned)i, person.score, (unsigned)person.keypoint_count,
               (double)person.left, (double)person.top, (double)person.width,
               (double)person.height);
    }
    hatpose_result_destroy(result);
    hatpose_context_destroy(context);
    hatpose_model_release(model);
    free(data);
    return 0;
}
