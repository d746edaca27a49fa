/* network_file.h - describes a small network and writes it as a model file,
 * for the tests of the model and of the engine. */
#ifndef NETWORK_FILE_H
#define NETWORK_FILE_H

#include <stdbool.h>

#include "gguf_builder.h"

enum { NETWORK_MAX_VALUES = 64, NETWORK_MAX_OPS = 64 };

/* The fields of docs/model-format.md. */
typedef struct network_op {
    const char *name, *kind, *activation;
    uint32_t input, input_first, input_count;
    uint32_t addend, addend_first;
    uint32_t output, output_first, output_count;
    uint32_t kernel, stride, dilation;
    uint32_t weight_type; /* GGUF_TENSOR_* */
    bool bias;
} network_op;

typedef struct network_file {
    const char *name;
    const char *channels; /* "bgr" or "rgb" */
    float mean[3], scale[3];
    uint32_t values[NETWORK_MAX_VALUES]; /* channels of each */
    size_t value_count;
    network_op ops[NETWORK_MAX_OPS];
    size_t op_count;
    uint32_t heatmaps[3], pafs[3], hats[3]; /* hats[2] 0: no hat maps */
    uint32_t seed;                          /* of the weights */
} network_file;

/* A valid network that has every kind of operation, activation, weight
 * type, stride and dilation, a concatenation, and heatmaps and PAFs:
 *
 *   value 0 [3] -stem-> 1 [4] -dw-> 2 [4] -down-> 3 [8] -wide-> 4 [8]
 *   3 + 4 -sum-> 5 [8] -heatmaps, pafs-> 6 [57], heatmaps first
 */
void network_file_init(network_file *network);

/* Puts every key and tensor. Weights are made from the seed, uniform within
 * +-sqrt(3 / inputs of a sum), so that activations keep their size; biases
 * within +-0.5. */
void network_file_describe(const network_file *network, gguf_builder *builder);

/* The same as a file, in a block aligned to 64 that the caller frees. */
unsigned char *network_file_build(const network_file *network, size_t *bytes);

#endif
