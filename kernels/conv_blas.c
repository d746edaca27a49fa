/* conv_blas.c - product of pixels and weights by OpenBLAS, for machines that
 * have no kernels of ours. Pixels are copied into rows of floats, weights
 * are a plain matrix; everything else is the scalar table's.
 *
 * It is loaded when it is first wanted: nearly no machine wants it, and
 * loading it with us would cost every start 2 ms, and threads where the
 * build makes some. It stays, as a library that is linked does.
 *
 * Debian's and Ubuntu's serial build of OpenBLAS (libopenblas0-serial) may
 * not be called by two threads at once: it takes its packing buffer from a
 * table without a lock, two threads get the same one, and products come out
 * wrong without a sign (seen with 0.3.21 on two cores: 1 call in 30). The
 * table belongs to the process, so the lock must too: what is kept of OpenBLAS
 * are the only variables of this kind in the library. Builds with threads
 * have a lock of their own and are not held up by ours. */
#include <cblas.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "layers_scalar.h"
#include "pixel_scalar.h"
#include "tables.h"

enum { CHUNK = 128 }; /* pixels a product */

static pthread_mutex_t serial_build = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct {
    __typeof__(cblas_sgemm) *sgemm; /* NULL: not here */
    bool takes_turns;
} openblas;

static void load_openblas(void)
{
    __typeof__(openblas_get_config) *config;
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    void *sgemm = library == NULL ? NULL : dlsym(library, "cblas_sgemm");
    void *text = library == NULL ? NULL : dlsym(library, "openblas_get_config");

    if (sgemm == NULL || text == NULL)
        return;
    /* ISO C knows no way from void * to a function. */
    memcpy(&config, &text, sizeof config);
    memcpy(&openblas.sgemm, &sgemm, sizeof openblas.sgemm);
    openblas.takes_turns = strstr(config(), "SINGLE_THREADED") != NULL;
}

/* Packed: a line with the two counts, then [tap][input][outputs]. */
typedef struct header {
    int outputs, depth;
    char pad[64 - 2 * sizeof(int)];
} header;

static size_t pack_bytes(int outputs, int inputs, int tap_count)
{
    return sizeof(header) +
           (size_t)outputs * (size_t)inputs * (size_t)tap_count * sizeof(float);
}

static void pack(const hp_conv_weights *weights, void *packed)
{
    header *head = packed;
    float *to = (float *)(head + 1);

    *head = (header){.outputs = weights->outputs,
                     .depth = weights->inputs * weights->tap_count};
    for (int t = 0; t < weights->tap_count; t++)
        for (int i = 0; i < weights->inputs; i++)
            for (int o = 0; o < weights->outputs; o++)
                *to++ = weights->weight[((size_t)o * (size_t)weights->inputs +
                                         (size_t)i) *
                                            (size_t)weights->tap_count +
                                        (size_t)t];
}

static size_t scratch_bytes(int outputs, int inputs, int tap_count, int count)
{
    (void)count;
    return CHUNK * sizeof(float) *
           ((size_t)inputs * (size_t)tap_count + (size_t)outputs);
}

/* Always a whole chunk, filled up with zeros: a pixel's sum shall be the same
 * however a run is cut, and OpenBLAS takes other paths for small matrices. */
static void multiply(const header *head, const float *rows, float *sums)
{
    const float *weight = (const float *)(head + 1);

    if (openblas.takes_turns)
        pthread_mutex_lock(&serial_build);
    openblas.sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, CHUNK,
                   head->outputs, head->depth, 1.0f, rows, head->depth, weight,
                   head->outputs, 0.0f, sums, head->outputs);
    if (openblas.takes_turns)
        pthread_mutex_unlock(&serial_build);
}

static void finish_chunk(const hp_conv_run *run, const header *head,
                         const float *sums, int first, int count)
{
    const hp_finish finish = {
        .addend = &run->addend,
        .out = &run->out,
        .bias = run->bias,
        .bias_count = head->outputs,
        .activation = run->activation,
        .sum_activation = run->sum_activation,
    };
    const int channels = hp_block_channels(run->out.storage);
    float block[HP_LARGEST_BLOCK];

    for (int b = 0; b < run->out.block_count; b++) {
        int known = head->outputs - b * channels;
        known = known < 0 ? 0 : known > channels ? channels : known;
        for (int i = 0; i < count; i++) {
            memset(block, 0, sizeof block);
            if (known > 0)
                memcpy(block,
                       sums + (size_t)i * (size_t)head->outputs + b * channels,
                       (size_t)known * sizeof *block);
            hp_finish_pixel(&finish, b, first + i, block);
        }
    }
}

static void convolve(const hp_conv_run *run)
{
    const header *head = run->weight;
    const size_t depth = (size_t)head->depth;
    float *rows = run->scratch, *sums = rows + CHUNK * depth;

    for (int i = 0; i < run->count; i += CHUNK) {
        int count = run->count - i < CHUNK ? run->count - i : CHUNK;
        hp_conv_gather_scalar(run, i, count, rows);
        memset(rows + (size_t)count * depth, 0,
               (size_t)(CHUNK - count) * depth * sizeof *rows);
        multiply(head, rows, sums);
        finish_chunk(run, head, sums, i, count);
    }
}

const hp_layers *hp_layers_blas(hp_storage storage)
{
    static const hp_layers table = {
        .name = "scalar + OpenBLAS",
        .storage = HP_STORAGE_F32,
        .product_pixels = CHUNK,
        .conv_pack_bytes = pack_bytes,
        .conv_pack = pack,
        .conv_scratch_bytes = scratch_bytes,
        .conv = convolve,
        .winograd_pack_bytes = hp_winograd_pack_bytes_scalar,
        .winograd_pack = hp_winograd_pack_scalar,
        .winograd_scratch_bytes = hp_winograd_scratch_bytes_scalar,
        .winograd = hp_winograd_scalar,
        .depthwise = hp_depthwise_scalar,
        .first_pack_bytes = hp_first_pack_bytes_scalar,
        .first_pack = hp_first_pack_scalar,
        .first_scratch_bytes = hp_first_scratch_bytes_scalar,
        .first = hp_first_scalar,
        .import = hp_import_scalar,
        .add = hp_add_scalar,
        .export = hp_export_scalar,
    };

    if (storage != HP_STORAGE_F32)
        return NULL;
    pthread_once(&once, load_openblas);
    return openblas.sgemm != NULL ? &table : NULL;
}
