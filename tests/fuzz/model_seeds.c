/* model_seeds.c - small valid model files for the fuzzer to start from: one
 * of every weight type, one with hat maps, one that is almost empty. */
#include <stdlib.h>

#include "network_file.h"
#include "seed.h"

static void save(const char *folder, const char *name, unsigned char *file,
                 size_t bytes)
{
    seed_save(folder, name, "", file, bytes);
    free(file);
}

static void save_network(const char *folder, const char *name,
                         const network_file *network)
{
    size_t bytes;
    unsigned char *file = network_file_build(network, &bytes);

    save(folder, name, file, bytes);
}

static void save_types(const char *folder, network_file network)
{
    static const struct {
        const char *name;
        uint32_t type;
    } types[] = {{"f32", GGUF_TENSOR_F32},
                 {"f16", GGUF_TENSOR_F16},
                 {"bf16", GGUF_TENSOR_BF16},
                 {"i8", GGUF_TENSOR_I8}};

    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        for (size_t i = 0; i < network.op_count; i++)
            network.ops[i].weight_type = types[t].type;
        save_network(folder, types[t].name, &network);
    }
}

int main(int argc, char **argv)
{
    network_file network;
    gguf_builder *builder = gguf_builder_create();
    size_t bytes;

    if (argc != 2)
        return 2;
    network_file_init(&network);
    save_network(argv[1], "tiny", &network);
    save_types(argv[1], network);
    network.hats[0] = 6;
    network.hats[1] = 3;
    network.hats[2] = 2;
    save_network(argv[1], "hats", &network);
    gguf_put_u32(builder, "general.alignment", 8);
    gguf_put_u32(builder, "hatpose.crc32", 0);
    unsigned char *file = gguf_build(builder, &bytes);
    save(argv[1], "keys", file, bytes);
    gguf_builder_destroy(builder);
    return 0;
}
