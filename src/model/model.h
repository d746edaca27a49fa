/* model.h - the network as loaded: a checked list of operations, weights,
 * normalisation, meaning of the maps. Immutable and counted. The rules that
 * a file must keep are in docs/model-format.md. */
#ifndef HP_MODEL_H
#define HP_MODEL_H

#include <pthread.h>

#include "base/memory.h"
#include "base/skeleton.h"
#include "image/prepare.h"
#include "kernels.h"
#include "model/disk.h"

typedef enum hp_op_kind { HP_OP_CONV, HP_OP_DEPTHWISE, HP_OP_ADD } hp_op_kind;

typedef enum hp_weight_type { /* as stored */
                              HP_WEIGHT_F32,
                              HP_WEIGHT_F16,
                              HP_WEIGHT_BF16,
                              HP_WEIGHT_I8
} hp_weight_type;

/* A range of channels of one value is read, one written; padding is
 * dilation * (kernel - 1) / 2 zeros on every side. */
typedef struct hp_op {
    char name[64];
    hp_op_kind kind;
    hp_activation activation;
    int input, input_first, input_count;
    int addend, addend_first; /* HP_OP_ADD: the second summand */
    int output, output_first, output_count;
    int kernel, stride, dilation;
    hp_weight_type weight_type;
    const void *weight; /* [outputs][inputs][k][k], depthwise [c][3][3] */
    const float *scale; /* [outputs] for i8, else NULL */
    const float *bias;  /* [outputs] or NULL */
} hp_op;

typedef struct hp_value {
    int channels;
    int stride; /* accumulated: input pixels per element */
    /* Least and greatest activation of each channel, low <= 0 <= high; NULL
     * when the file does not say. */
    const float *low, *high;
} hp_value;

typedef struct hp_map_group {
    int value, first, count; /* count 0: the model has no such maps */
} hp_map_group;

/* What the engine made of the weights, for each kind of kernels that asked;
 * `first` is the engine's and goes with the model. */
typedef struct hp_model_cache {
    pthread_mutex_t mutex; /* of all that follows */
    hp_memory memory;
    void *first;
    void (*release)(hp_memory *memory, void *first);
} hp_model_cache;

struct hatpose_model {
    hp_memory memory;
    atomic_uint references;
    char name[256], license[256], description[256], source_url[256];
    uint32_t crc32;
    uint64_t file_bytes;
    uint64_t parameter_count;
    hp_normalisation normalisation;
    hp_value *values; /* value 0 is the input */
    int value_count;
    hp_op *ops;
    int op_count;
    float *ranges; /* of all values, or NULL */
    hp_map_group heatmaps, pafs, hats;
    int limb_paf[HP_LIMB_COUNT]; /* PAF channel of x; y is the next */
    /* Our copy of the bytes, which weights, scales and biases lie in; NULL
     * when borrowed, or given back until somebody wants the weights. */
    void *file;
    uintptr_t file_was;   /* the address it has or had last */
    size_t crc32_offset;  /* in the file */
    hp_disk_file on_disk; /* open as long as the bytes may be read again */
    hp_model_cache cache;
};

/* The model starts with one reference. copy false: data (aligned to 64)
 * stays for ever, as the embedded model does. */
hatpose_status hp_model_from_memory(const void *data, size_t bytes, bool copy,
                                    const hatpose_host *host,
                                    hatpose_model **out, hatpose_error *err);
/* HATPOSE_E_IO names the path and the system's reason. */
hatpose_status hp_model_from_file(const char *utf8_path,
                                  const hatpose_host *host, hatpose_model **out,
                                  hatpose_error *err);
/* Weights, scales and biases can be read from hp_model_open_weights to
 * hp_model_close_weights, which gives the bytes of a file that can be read
 * again back; both with the cache's mutex held. HATPOSE_E_IO when the file
 * is no longer what was loaded. */
hatpose_status hp_model_open_weights(const hatpose_model *model,
                                     hatpose_error *err);
void hp_model_close_weights(const hatpose_model *model);
/* All of a model that changes but its weights' place. */
hp_model_cache *hp_model_cache_of(const hatpose_model *model);
void hp_model_cache_init(hatpose_model *model, const hatpose_host *host);
void hp_model_cache_release(hatpose_model *model);

void hp_model_retain(hatpose_model *model);
void hp_model_release(hatpose_model *model); /* NULL is fine */

#endif
