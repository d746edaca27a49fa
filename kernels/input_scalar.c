/* input_scalar.c - from the 8-bit picture: the first layer in one step, or
 * the normalised input as a block of its own. */
#include "layers_scalar.h"
#include "product_scalar.h"

enum { TAPS = 27, CHUNK = 24 }; /* CHUNK: pixels of a row at a time */

/* Channel c of the input at any place, 0 outside the picture. */
static float input_at(const hp_input *input, int c, int x, int y)
{
    x -= input->left;
    y -= input->top;
    if (x < 0 || y < 0 || x >= input->picture_width ||
        y >= input->picture_height)
        return 0.0f;
    const uint8_t *pixel = input->pixels + (size_t)y * input->stride_bytes +
                           (size_t)x * (size_t)input->pixel_bytes;
    return ((float)pixel[input->order[c]] - input->mean[c]) * input->scale[c];
}

size_t hp_first_pack_bytes_scalar(int outputs)
{
    int panels = (outputs + HP_PANEL - 1) / HP_PANEL;

    /* The first 64 bytes hold the number of outputs. */
    return 64 + (size_t)panels * HP_PANEL * TAPS * sizeof(float);
}

void hp_first_pack_scalar(const float *weight, int outputs, void *packed)
{
    float *panel = (float *)((unsigned char *)packed + 64);

    memset(packed, 0, hp_first_pack_bytes_scalar(outputs));
    memcpy(packed, &outputs, sizeof outputs);
    for (int o = 0; o < outputs; o++)
        for (int t = 0; t < TAPS; t++)
            panel[(o / HP_PANEL * TAPS + t) * HP_PANEL + o % HP_PANEL] =
                weight[o * TAPS + t];
}

size_t hp_first_scratch_bytes_scalar(int input_width)
{
    (void)input_width;
    return CHUNK * TAPS * sizeof(float);
}

/* The 27 numbers under the window of each of some output pixels. */
static void gather(const hp_input *input, int x, int y, int count, float *row)
{
    for (int i = 0; i < count; i++)
        for (int t = 0; t < TAPS; t++)
            *row++ = input_at(input, t / 9, 2 * (x + i) + t % 3 - 1,
                              2 * y + t / 3 % 3 - 1);
}

static void convolve_chunk(const hp_first_run *run, const hp_finish *finish,
                           int x, int row, int count)
{
    const int channels = hp_block_channels(run->out.storage);
    const float *panels =
        (const float *)((const unsigned char *)run->weight + 64);
    float sums[CHUNK * HP_LARGEST_BLOCK];

    for (int b = 0; b < run->out.block_count; b++) {
        memset(sums, 0, sizeof sums);
        for (int c = 0; c < channels; c += HP_PANEL)
            if (b * channels + c < finish->bias_count)
                hp_product(count, TAPS, run->scratch, TAPS,
                           panels + (b * channels + c) * TAPS, sums + c,
                           (size_t)channels);
        for (int i = 0; i < count; i++)
            hp_finish_pixel(finish, b, (ptrdiff_t)row * run->out_pitch + x + i,
                            sums + i * channels);
    }
}

static void clear_row_end(const hp_view *out, ptrdiff_t at, int count)
{
    const float zeros[HP_LARGEST_BLOCK] = {0};

    for (int b = 0; b < out->block_count; b++)
        for (int i = 0; i < count; i++)
            hp_view_store(out, b, at + i, zeros);
}

void hp_first_scalar(const hp_first_run *run)
{
    const hp_view none = {.data = NULL};
    hp_finish finish = {.addend = &none,
                        .out = &run->out,
                        .bias = run->bias,
                        .activation = run->activation};
    int outputs;

    memcpy(&outputs, run->weight, sizeof outputs);
    finish.bias_count = (outputs + HP_PANEL - 1) / HP_PANEL * HP_PANEL;
    for (int row = 0; row < run->row_count; row++) {
        for (int x = 0; x < run->out_width; x += CHUNK) {
            int count = run->out_width - x < CHUNK ? run->out_width - x : CHUNK;
            gather(run->input, x, run->first_row + row, count, run->scratch);
            convolve_chunk(run, &finish, x, row, count);
        }
        clear_row_end(&run->out,
                      (ptrdiff_t)row * run->out_pitch + run->out_width,
                      run->out_pitch - run->out_width);
    }
}

void hp_import_scalar(const hp_import_run *run)
{
    const hp_input *input = run->input;

    for (int row = 0; row < run->row_count; row++) {
        const ptrdiff_t to = (ptrdiff_t)row * run->out_pitch;
        for (int x = 0; x < input->width; x++) {
            float values[HP_LARGEST_BLOCK] = {0};
            for (int c = 0; c < 3; c++)
                values[c] = input_at(input, c, x, run->first_row + row);
            hp_view_store(&run->out, 0, to + x, values);
        }
        clear_row_end(&run->out, to + input->width,
                      run->out_pitch - input->width);
    }
}
