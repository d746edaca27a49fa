/* outputs.h - the files that are written whole, one a run: no two options
 * may mean the same one, however it is spelled. */
#ifndef OUTPUTS_H
#define OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct output_file {
    const char *option;
    char *name; /* without folders */
    dev_t folder_device;
    ino_t folder_inode;
    bool has_pages; /* name-2.jpg and so on are its own too */
} output_file;

enum { OUTPUTS_MOST = 3 }; /* --output, --sheet, --draw */

typedef struct outputs { /* all zero: empty */
    output_file files[OUTPUTS_MOST];
    size_t count;
} outputs;

/* False: another output goes there; the user was told. */
bool outputs_add(outputs *o, const char *option, const char *path);
bool outputs_add_pages(outputs *o, const char *option, const char *path);
/* The same for a path that is not added. */
bool outputs_free(const outputs *o, const char *option, const char *path);
/* The option whose file this path is; NULL: none. */
const char *outputs_holder(const outputs *o, const char *path);
void outputs_release(outputs *o);

#endif
