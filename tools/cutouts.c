/* cutouts.c - many small pictures that wait on disk. In: pixels, one by one.
 * Out: the same in any order, as a JPEG leaves them. */
#include "cutouts.h"

#include <errno.h>
#include <string.h>

static bool io_failed(hatpose_error *err)
{
    *err = (hatpose_error){.status = HATPOSE_E_IO};
    snprintf(err->message, sizeof err->message, "its temporary file: %s",
             strerror(errno));
    return false;
}

bool cutouts_store(cutouts *c, hatpose_context *context, pixmap *picture,
                   cutout *place, hatpose_error *err)
{
    if (c->file == NULL && (c->file = tmpfile()) == NULL)
        return io_failed(err);
    if (pixmap_encode(picture, context, HATPOSE_FILE_JPEG, err) != HATPOSE_OK)
        return false;
    *place = (cutout){c->end_bytes, picture->file.count};
    if (fwrite(picture->file.data, picture->file.count, 1, c->file) != 1)
        return io_failed(err);
    c->end_bytes += (off_t)picture->file.count;
    return true;
}

bool cutouts_load(cutouts *c, hatpose_context *context, const cutout *place,
                  pixmap *picture, hatpose_error *err)
{
    bytes_clear(&c->encoded);
    bytes_reserve(&c->encoded, place->count_bytes);
    if (fseeko(c->file, place->at_bytes, SEEK_SET) != 0 ||
        fread(c->encoded.data, place->count_bytes, 1, c->file) != 1)
        return io_failed(err);
    return pixmap_decode(picture, context, c->encoded.data, place->count_bytes,
                         err) == HATPOSE_OK;
}

void cutouts_release(cutouts *c)
{
    if (c->file != NULL)
        fclose(c->file);
    bytes_release(&c->encoded);
    *c = (cutouts){0};
}
