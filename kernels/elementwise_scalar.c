/* elementwise_scalar.c - sum of two values; a value to planes. */
#include "layers_scalar.h"
#include "pixel_scalar.h"

void hp_add_scalar(const hp_add_run *run)
{
    const int channels = hp_block_channels(run->out.storage);
    float a[HP_LARGEST_BLOCK], b[HP_LARGEST_BLOCK];

    for (int block = 0; block < run->out.block_count; block++)
        for (int i = 0; i < run->count; i++) {
            hp_view_load(&run->a, block, i, a);
            hp_view_load(&run->b, block, i, b);
            for (int c = 0; c < channels; c++)
                a[c] += b[c];
            if (run->activation != HP_ACTIVATION_NONE)
                hp_activate_row((size_t)channels, a, 0.0f, run->activation);
            hp_view_store(&run->out, block, i, a);
        }
}

static void export_block(const hp_export_run *run, int block, int first,
                         int count, float *planes)
{
    const int channels = hp_block_channels(run->in.storage);
    const size_t plane = (size_t)run->width * (size_t)run->height;
    float values[HP_LARGEST_BLOCK];

    for (int y = 0; y < run->height; y++)
        for (int x = 0; x < run->width; x++) {
            hp_view_load(&run->in, block, (ptrdiff_t)y * run->pitch + x,
                         values);
            for (int c = first; c < first + count && c < channels; c++)
                planes[(size_t)(c - first) * plane +
                       (size_t)y * (size_t)run->width + (size_t)x] = values[c];
        }
}

void hp_export_scalar(const hp_export_run *run)
{
    const int channels = hp_block_channels(run->in.storage);
    const size_t plane = (size_t)run->width * (size_t)run->height;

    for (int done = 0; done < run->channel_count;) {
        int channel = run->first_channel + done;
        int first = channel % channels;
        int count = channels - first;
        if (count > run->channel_count - done)
            count = run->channel_count - done;
        export_block(run, channel / channels, first, count,
                     run->planes + (size_t)done * plane);
        done += count;
    }
}
