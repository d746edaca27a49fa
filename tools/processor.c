/* processor.c - what this machine computes with. In: /proc. Out: words. */
#include "processor.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The value behind "key<blanks>:" in a file of /proc. */
static bool find_value(const char *path, const char *key, char *value,
                       size_t value_bytes)
{
    FILE *file = fopen(path, "r");
    char line[512];
    bool found = false;

    if (file == NULL)
        return false;
    while (!found && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');

        if (strncmp(line, key, strlen(key)) != 0 || colon == NULL)
            continue;
        colon += 1 + strspn(colon + 1, " \t");
        line[strcspn(line, "\n")] = '\0';
        snprintf(value, value_bytes, "%s", colon);
        found = true;
    }
    fclose(file);
    return found;
}

void processor_name(char name[PROCESSOR_NAME_BYTES])
{
    struct utsname system;

    if (find_value("/proc/cpuinfo", "model name", name, PROCESSOR_NAME_BYTES))
        return;
    snprintf(name, PROCESSOR_NAME_BYTES, "%s",
             uname(&system) >= 0 ? system.machine : "unknown");
}

/* How many cores "0-1,4" names. */
static int count_cores(const char *list)
{
    int count = 0, first, last, used;

    while (sscanf(list, "%d%n", &first, &used) == 1) {
        list += used;
        last = first;
        if (*list == '-' && sscanf(list + 1, "%d%n", &last, &used) == 1)
            list += used + 1;
        count += last - first + 1;
        if (*list != ',')
            break;
        list++;
    }
    return count;
}

void processor_cores(char cores[PROCESSOR_CORES_BYTES])
{
    char list[64];
    long online = sysconf(_SC_NPROCESSORS_ONLN);

    if (find_value("/proc/self/status", "Cpus_allowed_list", list, sizeof list))
        snprintf(cores, PROCESSOR_CORES_BYTES, "%d of %ld (%s)",
                 count_cores(list), online, list);
    else
        snprintf(cores, PROCESSOR_CORES_BYTES, "%ld", online);
}

/* Cores' worth of time that the control group allows, rounded up; 0: no
 * limit. */
static int quota_cores(void)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "r");
    double quota_us, period_us;
    int count = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "%lf %lf", &quota_us, &period_us) == 2 && period_us > 0 &&
        quota_us > 0 && quota_us / period_us < PROCESSOR_CORES_MOST)
        count = (int)((quota_us + period_us - 1) / period_us);
    fclose(file);
    return count;
}

int processor_core_count(void)
{
    char list[1024];
    int allowed =
        find_value("/proc/self/status", "Cpus_allowed_list", list, sizeof list)
            ? count_cores(list)
            : (int)sysconf(_SC_NPROCESSORS_ONLN);
    int quota = quota_cores();

    if (quota > 0 && quota < allowed)
        allowed = quota;
    return allowed < 1                      ? 1
           : allowed > PROCESSOR_CORES_MOST ? PROCESSOR_CORES_MOST
                                            : allowed;
}
