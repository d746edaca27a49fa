/* decode_stb.c - stb_image, the implementation itself, private to this file.
 *
 * stb_image takes memory by global macros: a thread-local says whose, for
 * the time of one call. Its asserts are off: input must not abort the
 * program. The callers check the file's outer form first. */
#include "image/decode_stb.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

/* Whose memory, and the first failure to get some. */
typedef struct lender {
    hp_memory *memory;
    hp_stb_memory *kept;
    hatpose_status status;
    hatpose_error err;
} lender;

static _Thread_local lender *current_lender;

static void *lend_more(void *piece, size_t bytes)
{
    lender *l = current_lender;
    hatpose_error err;
    hatpose_status status =
        hp_stb_memory_resize(l->memory, l->kept, &piece, bytes, &err);

    if (status == HATPOSE_OK)
        return piece;
    if (l->status == HATPOSE_OK) {
        l->status = status;
        l->err = err;
    }
    return NULL;
}

#define STBI_MALLOC(bytes)         lend_more(NULL, bytes)
#define STBI_REALLOC(piece, bytes) lend_more(piece, bytes)
#define STBI_FREE(piece)           hp_stb_memory_give(piece)
#define STBI_ASSERT(condition)     ((void)0)
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_ONLY_GIF
#if !defined(HP_HAVE_LIBJPEG)
#define STBI_ONLY_JPEG
#endif
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>

static hatpose_status fail(const char *kind, const lender *l,
                           hatpose_error *err)
{
    const char *reason = stbi_failure_reason();

    if (l->status != HATPOSE_OK) {
        if (err != NULL)
            *err = l->err;
        return l->status;
    }
    return hp_fail(err, HATPOSE_E_IMAGE_CORRUPT, "%s cannot be decoded: %s",
                   kind, reason != NULL ? reason : "no picture in it");
}

static hatpose_status check_bytes(const hp_stb_file *file, hatpose_error *err)
{
    if (file->bytes <= INT_MAX)
        return HATPOSE_OK;
    return hp_fail(err, HATPOSE_E_UNSUPPORTED,
                   "%s of %zu bytes: at most %d can be read", file->kind,
                   file->bytes, INT_MAX);
}

static void bgr_from_rgb(const uint8_t *rgb, size_t count, uint8_t *bgr)
{
    for (size_t i = 0; i < count; i++) {
        bgr[3 * i] = rgb[3 * i + 2];
        bgr[3 * i + 1] = rgb[3 * i + 1];
        bgr[3 * i + 2] = rgb[3 * i];
    }
}

hatpose_status hp_stb_decode(hp_memory *memory, hp_stb_memory *kept,
                             const hp_stb_file *file, uint8_t *bgr,
                             hatpose_error *err)
{
    lender l = {.memory = memory, .kept = kept, .status = HATPOSE_OK};
    int width = 0, height = 0, channels;
    hatpose_status status = check_bytes(file, err);

    if (status != HATPOSE_OK)
        return status;
    current_lender = &l;
    stbi__g_failure_reason = NULL;
    stbi_uc *rgb = stbi_load_from_memory(file->data, (int)file->bytes, &width,
                                         &height, &channels, 3);
    current_lender = NULL;
    if (rgb == NULL)
        status = fail(file->kind, &l, err);
    else if (width != file->width_px || height != file->height_px)
        status = hp_fail(err, HATPOSE_E_IMAGE_CORRUPT,
                         "%s says %d x %d px and holds %d x %d", file->kind,
                         file->width_px, file->height_px, width, height);
    else
        bgr_from_rgb(rgb, (size_t)width * (size_t)height, bgr);
    hp_stb_memory_reset(memory, kept);
    return status;
}
