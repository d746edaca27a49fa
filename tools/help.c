/* help.c - what the commands say of themselves: true of this build, no
 * more. */
#include <stdio.h>
#include <string.h>

#include "commands.h"

static const char overview[] =
    "Usage: hatpose COMMAND [options] INPUT...\n"
    "Who is in the picture, who wears a hard hat?\n"
    "\n"
    "  hatpose detect site/*.jpg --draw out/      look at a folder\n"
    "  hatpose hats site/ --hats boxes.json       who wears one of these\n"
    "  hatpose detect --json cam.jpg | jq .people feed a program\n"
    "  curl -s URL | hatpose detect - --json      read a pipe\n"
    "\n"
    "Commands: detect  people and their 18 joints\n"
    "          hats    the same, and hats  info   model, CPU\n"
    "          bench   time it here        serve  HTTP, page\n"
    "          help    [COMMAND]: its options\n";

static const char detect_usage[] = "Usage: hatpose detect [options] INPUT...\n"
                                   "People and their 18 joints.\n"
                                   "\n";

static const char hats_usage[] =
    "Usage: hatpose hats [options] INPUT...\n"
    "People, their 18 joints, and who wears a hat.\n"
    "\n";

static const char hats_options[] =
    "Hats (command hats)\n"
    "      --hats FILE     boxes of any detector: the service's JSON, COCO\n"
    "                      detections, YOLO text or a folder of it\n"
    "      --hat-class N   class of hats in YOLO text (0) or COCO (any)\n"
    "      --rule geometric|compat\n"
    "      --format service  as the old service answers; --rule compat\n";

static const char detect_options[] =
    "Input: file, folder, glob, @list, - (stdin: one picture, or JPEGs run\n"
    "  together)\n"
    "  -r, --recursive     also subfolders\n"
    "Result\n"
    "  -o, --output PATH   file, folder or - (default -)\n"
    "      --format F      native|openpose|coco|csv|text (text)\n"
    "      --json          same as --format native\n"
    "      --coco-ids FILE COCO annotations that number the pictures\n"
    "      --draw PATH     annotated pictures: folder, file or -\n"
    "      --sheet FILE    contact sheet: a tile per person\n"
    "      --blur          hide the heads of found people in pictures; who\n"
    "                      is not found is not hidden\n"
    "Model\n"
    "  -m, --model FILE    GGUF (default: built in)\n"
    "  -s, --size N        network height, a multiple of 8 (256)\n"
    "      --mode best|compat\n"
    "      --threshold X   weaker joints are \"not found\" in the output (0)\n"
    "  -t, --threads N     0 = all cores you may use\n"
    "Manners\n"
    "      --fail-on not_worn|unknown   exit 3 if any\n"
    "      --stop-on-error  --timings  --color auto|always|never\n"
    "  -q, --quiet  -v, --verbose  -h, --help  -V, --version\n";

static const char exits[] = "Exit: 0 every picture answered   1 some failed\n"
                            "      2 wrong usage   3 --fail-on met (1 wins)\n"
                            "      4 model unusable   130 Ctrl-C\n";

static const char info_help[] =
    "Usage: hatpose info [options]\n"
    "The model's licence, origin and checksum, the processor, the limits.\n"
    "\n"
    "  -m, --model FILE    GGUF (default: built in)\n"
    "      --json          for programs\n"
    "  -h, --help\n";

static const char bench_help[] =
    "Usage: hatpose bench [options] [INPUT...]\n"
    "Median and 95th percentile of each step, each layer's time, memory.\n"
    "Without a picture it makes one, with nobody in it.\n"
    "\n"
    "Input: file, folder, glob, @list\n"
    "  -r, --recursive     also subfolders\n"
    "      --runs N        measured runs a picture, after two more (20)\n"
    "      --json          for programs\n"
    "  -m, --model FILE    GGUF (default: built in)\n"
    "  -s, --size N        network height, a multiple of 8 (256)\n"
    "      --mode best|compat\n"
    "  -t, --threads N     0 = all cores you may use\n"
    "      --precision P   auto|f32|bf16|int8 (auto)\n"
    "      --cpu-off LIST  not these: avx2,avx512,neon,amx,vnni,blas\n"
    "  -h, --help\n";

bool help_print(const char *command)
{
    if (command == NULL)
        printf("%s%s%s%s", overview, detect_options, hats_options, exits);
    else if (strcmp(command, "detect") == 0)
        printf("%s%s%s", detect_usage, detect_options, exits);
    else if (strcmp(command, "hats") == 0)
        printf("%s%s%s%s", hats_usage, detect_options, hats_options, exits);
    else if (strcmp(command, "info") == 0)
        fputs(info_help, stdout);
    else if (strcmp(command, "bench") == 0)
        fputs(bench_help, stdout);
    else if (strcmp(command, "serve") == 0)
        fputs(cmd_serve_help, stdout);
    else if (strcmp(command, "help") == 0)
        fputs("Usage: hatpose help [COMMAND]\n", stdout);
    else
        return false;
    return true;
}
