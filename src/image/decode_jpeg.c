/* decode_jpeg.c - JPEG by libjpeg-turbo, with its default settings, so that
 * the pixels are those that OpenCV gives.
 *
 * Damage is an error here, not a warning: half a picture would be answered
 * with half of its people. Who accepts it gets what OpenCV 4 makes of a file
 * in memory: libjpeg stops where the data ends, after the last whole row of
 * blocks, and the last line is repeated. */
#include "image/decode_jpeg.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
/* Second: its numbers depend on the version that jpeglib.h tells. */
#include <jerror.h>

#include "base/error.h"
#include "image/jpeg_memory.h"

enum { ROWS_AT_ONCE = 16 };

/* Of a block of 8 x 8 frequencies only the mean is left. */
enum { REDUCTION_MAX = 8 };

/* Lives as long as its owner: libjpeg is set up once. */
typedef struct hp_jpeg_decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_memory_mgr *own_memory; /* libjpeg's, of its own parts */
    hp_jpeg_memory pictures;            /* ours, of all else */
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    size_t bytes;
    int reduction;
    bool accept_damage;
    bool ended; /* more was asked for than there is */
    hatpose_status status;
    hatpose_error *err;
} reader;

static reader *reader_of(j_common_ptr jpeg)
{
    return jpeg->client_data;
}

static _Noreturn void leave(reader *r, hatpose_status status)
{
    r->status = status;
    longjmp(r->escape, 1);
}

static _Noreturn void fail_as_cut(reader *r)
{
    const struct jpeg_decompress_struct *jpeg = &r->jpeg;

    if (jpeg->output_height == 0)
        leave(r, hp_fail_at(r->err, HATPOSE_E_IMAGE_CORRUPT, r->bytes,
                            "JPEG ends after %zu bytes, before its picture",
                            r->bytes));
    if (jpeg_has_multiple_scans(&r->jpeg))
        leave(r, hp_fail_at(r->err, HATPOSE_E_IMAGE_CORRUPT, r->bytes,
                            "JPEG ends after %zu bytes, in scan %d", r->bytes,
                            jpeg->input_scan_number));
    leave(r, hp_fail_at(r->err, HATPOSE_E_IMAGE_CORRUPT, r->bytes,
                        "JPEG ends after %zu bytes, in row %u of %u", r->bytes,
                        (unsigned)jpeg->output_scanline + 1,
                        (unsigned)jpeg->output_height));
}

static size_t offset_of(const reader *r)
{
    return r->ended ? r->bytes : r->bytes - r->source.bytes_in_buffer;
}

static hatpose_status status_of(int code)
{
    switch (code) {
    case JERR_OUT_OF_MEMORY:
        return HATPOSE_E_MEMORY;
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_ARITH_NOTIMPL:
    case JERR_IMAGE_TOO_BIG:
        return HATPOSE_E_IMAGE_FORMAT;
    default:
        return HATPOSE_E_IMAGE_CORRUPT;
    }
}

static _Noreturn void fail_with_text(reader *r)
{
    hatpose_status status = status_of(r->errors.msg_code);
    char text[JMSG_LENGTH_MAX];

    r->errors.format_message((j_common_ptr)&r->jpeg, text);
    leave(r, hp_fail_at(r->err, status, offset_of(r), "JPEG at byte %zu: %s",
                        offset_of(r), text));
}

static void on_no_memory(j_common_ptr jpeg, hatpose_status status)
{
    leave(reader_of(jpeg), status);
}

static void on_error(j_common_ptr jpeg)
{
    reader *r = reader_of(jpeg);

    if (r->ended)
        fail_as_cut(r);
    fail_with_text(r);
}

/* level < 0: a warning. Those that leave pixels wrong are errors. */
static void on_message(j_common_ptr jpeg, int level)
{
    reader *r = reader_of(jpeg);

    if (level >= 0 || r->accept_damage)
        return;
    switch (r->errors.msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION:
        on_error(jpeg);
        break;
    default: /* bytes between markers, odd version numbers */
        break;
    }
}

/* Only the default would print; nothing asks for it. */
static void print_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void on_progress(j_common_ptr jpeg)
{
    reader *r = reader_of(jpeg);

    if (r->jpeg.input_scan_number > HP_JPEG_SCAN_COUNT_MAX)
        leave(r, hp_fail(r->err, HATPOSE_E_IMAGE_CORRUPT,
                         "JPEG has more than %d scans",
                         (int)HP_JPEG_SCAN_COUNT_MAX));
}

static void do_nothing(j_decompress_ptr jpeg)
{
    (void)jpeg;
}

/* All bytes are there from the start. Past them an end marker is made up:
 * libjpeg reads ahead, so that a picture which lacks only its end marker is
 * still whole. Where data is missing, a warning follows. FALSE: wait. */
static boolean on_end(j_decompress_ptr jpeg)
{
    static const JOCTET end_marker[2] = {0xff, JPEG_EOI};
    reader *r = reader_of((j_common_ptr)jpeg);

    r->ended = true;
    if (r->accept_damage)
        return FALSE;
    jpeg->src->next_input_byte = end_marker;
    jpeg->src->bytes_in_buffer = sizeof end_marker;
    return TRUE;
}

static void on_skip(j_decompress_ptr jpeg, long count)
{
    struct jpeg_source_mgr *source = jpeg->src;

    if (count <= 0)
        return;
    if ((size_t)count > source->bytes_in_buffer) {
        source->next_input_byte += source->bytes_in_buffer;
        source->bytes_in_buffer = 0;
        on_end(jpeg);
        return;
    }
    source->next_input_byte += count;
    source->bytes_in_buffer -= (size_t)count;
}

/* All but the picture's own bytes. */
static void set_up(reader *r, hp_memory *memory)
{
    r->jpeg.err = jpeg_std_error(&r->errors);
    r->errors.error_exit = on_error;
    r->errors.emit_message = on_message;
    r->errors.output_message = print_nothing;
    r->source.init_source = do_nothing;
    r->source.fill_input_buffer = on_end;
    r->source.skip_input_data = on_skip;
    r->source.resync_to_restart = jpeg_resync_to_restart;
    r->source.term_source = do_nothing;
    r->progress.progress_monitor = on_progress;
    r->pictures.memory = memory;
    r->pictures.fail = on_no_memory;
    hp_jpeg_memory_init(&r->pictures);
    r->jpeg.client_data = r;
}

/* May jump to r->escape, as all below. */
static void create(reader *r)
{
    jpeg_create_decompress(&r->jpeg);
    r->own_memory = r->jpeg.mem;
    r->jpeg.mem = &r->pictures.methods;
    r->jpeg.src = &r->source;
    r->jpeg.progress = &r->progress;
}

/* libjpeg would use the tables of one picture in the next, which then could
 * go without. */
static void forget_tables(struct jpeg_decompress_struct *jpeg)
{
    for (int i = 0; i < NUM_QUANT_TBLS; i++)
        jpeg->quant_tbl_ptrs[i] = NULL;
    for (int i = 0; i < NUM_HUFF_TBLS; i++)
        jpeg->dc_huff_tbl_ptrs[i] = jpeg->ac_huff_tbl_ptrs[i] = NULL;
}

static void open_file(reader *r)
{
    jpeg_abort_decompress(&r->jpeg);
    forget_tables(&r->jpeg);
    r->jpeg.output_height = r->jpeg.output_scanline = 0;
    if (jpeg_read_header(&r->jpeg, TRUE) != JPEG_HEADER_OK)
        fail_as_cut(r);
}

/* Adobe's programs store the inks inverted and say so by their marker.
 * The arithmetic is OpenCV's: black times colour, divided by 256. */
static void bgr_from_cmyk(const uint8_t *cmyk, int count, bool inverted,
                          uint8_t *bgr)
{
    for (int x = 0; x < count; x++) {
        int black = inverted ? cmyk[4 * x + 3] : 255 - cmyk[4 * x + 3];

        for (int i = 0; i < 3; i++) {
            int ink = inverted ? 255 - cmyk[4 * x + i] : cmyk[4 * x + i];

            bgr[3 * x + 2 - i] = (uint8_t)(black - (ink * black >> 8));
        }
    }
}

/* Into rows that wait for what never comes; before the first one there is
 * nothing to show. */
static void repeat_last_row(reader *r, size_t stride_bytes, uint8_t *bgr)
{
    size_t count = r->jpeg.output_scanline;

    if (count == r->jpeg.output_height)
        return;
    if (count == 0)
        fail_as_cut(r);
    for (size_t y = count; y < r->jpeg.output_height; y++)
        memcpy(bgr + y * stride_bytes, bgr + (count - 1) * stride_bytes,
               stride_bytes);
}

static void read_cmyk_rows(reader *r, size_t stride_bytes, uint8_t *bgr)
{
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    JSAMPARRAY row = (*jpeg->mem->alloc_sarray)((j_common_ptr)jpeg, JPOOL_IMAGE,
                                                4 * jpeg->output_width, 1);

    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *out = bgr + jpeg->output_scanline * stride_bytes;

        if (jpeg_read_scanlines(jpeg, row, 1) == 0)
            return;
        bgr_from_cmyk(row[0], (int)jpeg->output_width,
                      jpeg->saw_Adobe_marker != 0, out);
    }
}

static void read_bgr_rows(reader *r, size_t stride_bytes, uint8_t *bgr)
{
    struct jpeg_decompress_struct *jpeg = &r->jpeg;

    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW rows[ROWS_AT_ONCE];
        JDIMENSION count = jpeg->output_height - jpeg->output_scanline;

        if (count > ROWS_AT_ONCE)
            count = ROWS_AT_ONCE;
        for (JDIMENSION i = 0; i < count; i++)
            rows[i] = bgr + (jpeg->output_scanline + i) * stride_bytes;
        if (jpeg_read_scanlines(jpeg, rows, count) == 0)
            return;
    }
}

static void read_picture(reader *r, const hp_jpeg_header *header, uint8_t *bgr)
{
    bool four_inks;

    open_file(r);
    four_inks = r->jpeg.num_components == 4;
    r->jpeg.out_color_space = four_inks ? JCS_CMYK : JCS_EXT_BGR;
    r->jpeg.scale_num = 1;
    r->jpeg.scale_denom = (unsigned)r->reduction;
    if (!jpeg_start_decompress(&r->jpeg))
        fail_as_cut(r);
    if ((int)r->jpeg.image_width != header->width_px ||
        (int)r->jpeg.image_height != header->height_px)
        leave(r, hp_fail(r->err, HATPOSE_E_IMAGE_CORRUPT,
                         "JPEG has two frame headers that differ"));
    /* One scan that is whole needs no end marker. Of several, or of
     * arithmetic code, nobody can tell what is missing. */
    if (r->ended && jpeg_has_multiple_scans(&r->jpeg))
        fail_as_cut(r);
    size_t stride_bytes = 3 * (size_t)r->jpeg.output_width;
    if (four_inks)
        read_cmyk_rows(r, stride_bytes, bgr);
    else
        read_bgr_rows(r, stride_bytes, bgr);
    repeat_last_row(r, stride_bytes, bgr);
    if (r->ended && r->jpeg.arith_code)
        fail_as_cut(r);
}

static hatpose_status make_decoder(hp_memory *memory, reader **out,
                                   hatpose_error *err)
{
    void *block;
    hatpose_status status = hp_allocate_array(memory, 1, sizeof(reader),
                                              "JPEG decoder", &block, err);

    if (status != HATPOSE_OK)
        return status;
    *out = block;
    (*out)->err = err;
    set_up(*out, memory);
    if (setjmp((*out)->escape) == 0) {
        create(*out);
        return HATPOSE_OK;
    }
    status = (*out)->status;
    hp_jpeg_decoder_destroy(memory, *out);
    *out = NULL;
    return status;
}

int hp_jpeg_reduction(const hp_jpeg_header *header, int most)
{
    int reduction = REDUCTION_MAX;

    while (reduction > 1 &&
           (reduction > most || header->width_px % reduction != 0 ||
            header->height_px % reduction != 0))
        reduction /= 2;
    return reduction;
}

hatpose_status hp_jpeg_decode(hp_memory *memory, hp_jpeg_decoder **decoder,
                              const hp_jpeg_file *file, uint8_t *bgr,
                              hatpose_error *err)
{
    hatpose_status status = HATPOSE_OK;

    if (*decoder == NULL)
        status = make_decoder(memory, decoder, err);
    if (status != HATPOSE_OK)
        return status;
    reader *r = *decoder;
    r->bytes = file->bytes;
    r->reduction = file->reduction;
    r->accept_damage = file->accept_damage;
    r->ended = false;
    r->status = HATPOSE_OK;
    r->err = r->pictures.err = err;
    r->source.next_input_byte = file->data;
    r->source.bytes_in_buffer = file->bytes;
    if (setjmp(r->escape) == 0)
        read_picture(r, file->header, bgr);
    hp_jpeg_memory_reset(&r->pictures);
    return r->status;
}

void hp_jpeg_decoder_destroy(hp_memory *memory, hp_jpeg_decoder *decoder)
{
    if (decoder == NULL)
        return;
    hp_jpeg_memory_release(&decoder->pictures);
    if (decoder->own_memory != NULL)
        decoder->jpeg.mem = decoder->own_memory;
    jpeg_destroy_decompress(&decoder->jpeg);
    hp_deallocate(memory, decoder);
}
