/* naive_network.h - networks put together by hand, with random weights, and
 * the plainest program that runs one: every sum in double, no sharing of
 * memory, nothing clever. The engine is compared with it. */
#ifndef NAIVE_NETWORK_H
#define NAIVE_NETWORK_H

#include "model/model.h"

enum { NAIVE_MAX_VALUES = 64, NAIVE_MAX_OPS = 64 };

typedef struct naive_network {
    hatpose_model model; /* points into what follows */
    hp_value values[NAIVE_MAX_VALUES];
    hp_op ops[NAIVE_MAX_OPS];
    void *owned[2 * NAIVE_MAX_OPS]; /* weights and biases */
    int owned_count;
    float *ranges; /* of all values, or NULL */
    uint64_t random_state;
} naive_network;

/* Value 0 with 3 channels and nothing else. */
void naive_init(naive_network *network, uint64_t seed);
void naive_release(naive_network *network);

uint32_t naive_random(naive_network *network, uint32_t below);

/* The new value's index. */
int naive_value(naive_network *network, int channels);

/* Adds a copy of the operation, names it and makes its weights: uniform
 * within +-sqrt(3 / terms of a sum), so that activations keep their size;
 * biases, when asked for, within +-0.5. */
void naive_op(naive_network *network, hp_op op, bool bias);

/* A 1x1 convolution of all of one value into all of another. */
void naive_pointwise(naive_network *network, int input, int output);

/* Sets the ranges of all values to what this input reaches. */
void naive_find_ranges(naive_network *network, const float *planes, int width,
                       int height);

/* The largest number that those ranges hold, without its sign. */
double naive_largest(const naive_network *network);

/* Channels of a value, of the sides that an input of width * height gives
 * them, as plain doubles that the caller frees. planes: 3 input planes. */
double *naive_run(const naive_network *network, const float *planes, int width,
                  int height, int value, int first, int count);

#endif
