/* checkkernel.c - every kernel of every table against plain loops in double:
 * sizes, tails, strides, guarded buffers, extremes, runs cut anywhere.
 * --bench also times them on the shapes of a 256x456 network. Tables that
 * this machine cannot run are skipped and named.
 *
 * checkkernel [--family NAME] [--isa NAME] [--precision NAME] [--seed N]
 *             [--bench] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../check.h"
#include "cpu.h"
#include "layer_case.h"
#include "tables.h"

typedef struct family {
    const char *name;
    void (*check)(const hp_layers *layers);
    void (*bench)(const hp_layers *layers);
} family;

static const family families[] = {
    {"conv", check_conv, bench_conv},
    {"winograd", check_winograd, bench_winograd},
    {"depthwise", check_depthwise, bench_depthwise},
    {"first", check_first, bench_first},
    {"import", check_import, bench_import},
    {"add", check_add, bench_add},
    {"export", check_export, bench_export},
};

static const char *const storage_names[] = {[HP_STORAGE_F32] = "f32",
                                            [HP_STORAGE_SPLIT] = "split",
                                            [HP_STORAGE_BF16] = "bf16",
                                            [HP_STORAGE_INT8] = "int8"};

typedef struct choice { /* NULL: all */
    const char *family, *isa, *storage;
    bool bench;
    uint64_t seed;
} choice;

static bool is_chosen(const char *wanted, const char *name)
{
    return wanted == NULL || strcmp(wanted, name) == 0;
}

/* How many families were checked. Each starts from the same seed, so that
 * one alone does the same as among all. */
static int check_table(const hp_variant *variant, hp_storage storage,
                       const choice *chosen)
{
    const hp_layers *layers = variant->layers(storage);
    int checked = 0;

    if (layers == NULL)
        return 0;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (!is_chosen(chosen->family, families[i].name))
            continue;
        random_state = chosen->seed;
        int before = check_failures;
        families[i].check(layers);
        printf("%s %s %s %s\n", check_failures == before ? "ok  " : "FAIL",
               variant->name, storage_names[storage], families[i].name);
        if (chosen->bench)
            families[i].bench(layers);
        fflush(stdout);
        checked++;
    }
    return checked;
}

static int check_variant(const hp_variant *variant, const choice *chosen)
{
    int checked = 0;

    if (!is_chosen(chosen->isa, variant->name))
        return 0;
    if ((variant->needs & ~hp_cpu_bits(UINT32_MAX)) != 0) {
        printf("skip %s: this machine lacks it\n", variant->name);
        return 1;
    }
    for (int s = HP_STORAGE_F32; s <= HP_STORAGE_INT8; s++)
        if (is_chosen(chosen->storage, storage_names[s]))
            checked += check_table(variant, (hp_storage)s, chosen);
    return checked;
}

static int usage(void)
{
    fputs("usage: checkkernel [--family NAME] [--isa NAME] [--precision NAME] "
          "[--seed N] [--bench]\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    choice chosen = {.seed = (uint64_t)time(NULL)};
    int checked = 0, count;
    const hp_variant *variants = hp_variants(&count);

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--bench") == 0)
            chosen.bench = true;
        else if (i + 1 == argc)
            return usage();
        else if (strcmp(argv[i], "--family") == 0)
            chosen.family = argv[++i];
        else if (strcmp(argv[i], "--isa") == 0)
            chosen.isa = argv[++i];
        else if (strcmp(argv[i], "--precision") == 0)
            chosen.storage = argv[++i];
        else if (strcmp(argv[i], "--seed") == 0)
            chosen.seed = strtoull(argv[++i], NULL, 10);
        else
            return usage();
    }
    printf("seed %llu\n", (unsigned long long)chosen.seed);
    for (int i = 0; i < count; i++)
        checked += check_variant(&variants[i], &chosen);
    CHECK(checked > 0);
    CHECK_EXIT();
}
