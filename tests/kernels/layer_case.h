/* layer_case.h - values in blocks with known numbers, for the checks of
 * kernels: guarded memory, what a pixel says as doubles, how far a stored
 * number may be off. */
#ifndef LAYER_CASE_H
#define LAYER_CASE_H

#include <stdint.h>

#include "guarded.h"
#include "layer.h"

typedef struct value {
    hp_view view; /* data: pixel (0, 0) */
    int width, height, pad, pitch;
    int channels; /* of whole blocks */
    guarded memory, codes;
    unsigned char *before; /* the bytes when it was made */
} value;

/* The program's random numbers; the seed is set by main. */
extern uint64_t random_state;
uint32_t random_u32(void);
int random_int(int low, int high);
float random_float(float scale); /* within +-scale */
bool chance(int one_in);
/* Guarded at a random end. */
guarded random_memory(size_t bytes);
guarded random_floats(size_t count, float scale);

/* Random numbers in the first `known` channels, 0 in the rest and in the
 * pad, ones (NaN) in the slack. pitch = width + pad. */
value value_create(hp_storage storage, int known, int width, int height,
                   int pad, float scale);
/* Random bytes, to be written; codes for numbers within +-scale. */
value value_empty(hp_storage storage, int channels, int width, int height,
                  int pad, float scale);
/* The same bytes and codes elsewhere. */
value value_copy(const value *from);
/* A strip: no pad around, rows of any pitch. */
value value_strip(hp_storage storage, int channels, int rows, int pitch,
                  float scale);
void value_destroy(value *v);
int blocks_for(hp_storage storage, int channels);

/* The number that a pixel holds; `at` counts pixels from (0, 0). */
double value_number(const value *v, int channel, ptrdiff_t at);

double activate_number(double x, hp_activation activation);

/* Whether a stored number may stand for `wanted`, which was computed with an
 * error of at most `bound` and then rounded to the storage. */
bool number_is_near(const value *v, int channel, ptrdiff_t at, double wanted,
                    double bound);

/* Bytes that differ from `before` although no pixel of [first, first + count)
 * + k * pitch, k < rows, covers them. */
size_t changed_outside(const value *v, ptrdiff_t first, int count, int rows);

/* Weights of a dense layer: `known` of `inputs` channels are not 0. */
typedef struct dense {
    hp_conv_weights weights;
    guarded plain, packed, bias;
    double *rounded; /* as the table's arithmetic takes them */
} dense;

dense dense_create(const hp_layers *layers, const value *in, int known,
                   int outputs, int tap_count, bool winograd);
void dense_destroy(dense *d);

/* The thread's own time: what other programs take does not count. */
double now_s(void);

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
        printf("    %-32s %9.1f us %8.1f %s\n", label, best_s * 1e6,           \
               (double)(work) / best_s * 1e-9, unit);                          \
    } while (0)

/* A family's check and benchmark. */
void check_conv(const hp_layers *layers);
void bench_conv(const hp_layers *layers);
void check_winograd(const hp_layers *layers);
void bench_winograd(const hp_layers *layers);
void check_depthwise(const hp_layers *layers);
void bench_depthwise(const hp_layers *layers);
void check_first(const hp_layers *layers);
void bench_first(const hp_layers *layers);
void check_import(const hp_layers *layers);
void bench_import(const hp_layers *layers);
void check_add(const hp_layers *layers);
void bench_add(const hp_layers *layers);
void check_export(const hp_layers *layers);
void bench_export(const hp_layers *layers);

#endif
