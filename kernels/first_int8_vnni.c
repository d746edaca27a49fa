/* first_int8_vnni.c - the first layer, from 8-bit pixels to INT8: rows of
 * floats, as AVX-512 computes them, become codes.
 *
 * Packed: a header, then as for AVX-512 every 64 outputs, those of a block.
 * The scratch holds a row of floats, then what AVX-512 asks for. */
#include "codes_avx512.h"
#include "float_layers.h"
#include "layers_vnni.h"
#include "panel.h"

enum { BLOCK_CHANNELS = 64 };

static size_t block_bytes(void)
{
    return (hp_first_pack_bytes_f32_avx512(BLOCK_CHANNELS) + 63) / 64 * 64;
}

static int block_count(int outputs)
{
    return (outputs + BLOCK_CHANNELS - 1) / BLOCK_CHANNELS;
}

static size_t row_bytes(int out_width)
{
    return PARTS_A_BLOCK * (size_t)out_width * 64;
}

size_t hp_first_pack_bytes_int8_vnni(int outputs)
{
    return sizeof(packed_header) + (size_t)block_count(outputs) * block_bytes();
}

void hp_first_pack_int8_vnni(const float *weight, int outputs, void *packed)
{
    packed_header *head = packed;
    unsigned char *to = (unsigned char *)(head + 1);

    *head = (packed_header){outputs, 3, 9, {0}};
    for (int o = 0; o < outputs; o += BLOCK_CHANNELS, to += block_bytes()) {
        int left = outputs - o;
        hp_first_pack_f32_avx512(weight + (ptrdiff_t)o * 27,
                                 left < BLOCK_CHANNELS ? left : BLOCK_CHANNELS,
                                 to);
    }
}

size_t hp_first_scratch_bytes_int8_vnni(int input_width)
{
    return row_bytes((input_width - 1) / 2 + 1) +
           hp_first_scratch_bytes_f32_avx512(input_width);
}

/* A row of floats of block `block`, from its parts' planes to codes. */
static void store_row(const hp_first_run *run, int block, int row,
                      const float *floats)
{
    for (int part = 0; part < PARTS_A_BLOCK; part++)
        for (int x = 0; x < run->out_width; x++, floats += LANES)
            part_store(&run->out, block * PARTS_A_BLOCK + part,
                       (ptrdiff_t)row * run->out_pitch + x, vec_load(floats));
}

/* Blocks that no weights reach. */
static void clear_row(const hp_first_run *run, int block, int row)
{
    for (; block < run->out.block_count; block++)
        memset(part_pixel(&run->out, block * PARTS_A_BLOCK,
                          (ptrdiff_t)row * run->out_pitch),
               run->out.codes.zero, (size_t)run->out_width * 64);
}

void hp_first_run_int8_vnni(const hp_first_run *run)
{
    const packed_header *head = run->weight;
    const int packed = block_count(head->outputs);
    const size_t bytes = row_bytes(run->out_width);
    float *floats = run->scratch;
    hp_first_run one = *run;

    one.out = (hp_view){.data = run->scratch,
                        .block_stride = bytes / PARTS_A_BLOCK,
                        .block_count = PARTS_A_BLOCK,
                        .storage = HP_STORAGE_F32};
    one.out_pitch = run->out_width;
    one.scratch = (unsigned char *)run->scratch + bytes;
    one.row_count = 1;
    for (int row = 0; row < run->row_count; row++) {
        one.first_row = run->first_row + row;
        for (int b = 0; b < packed && b < run->out.block_count; b++) {
            one.weight =
                (const unsigned char *)(head + 1) + (size_t)b * block_bytes();
            one.bias = run->bias + b * BLOCK_CHANNELS;
            hp_first_f32_avx512(&one);
            store_row(run, b, row, floats);
        }
        clear_row(run, packed, row);
        clear_pixels(&run->out, (size_t)(row * run->out_pitch + run->out_width),
                     run->out_pitch - run->out_width);
    }
}
