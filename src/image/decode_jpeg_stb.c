/* decode_jpeg_stb.c - JPEG by stb_image, in builds without libjpeg-turbo.
 *
 * stb_image 2.27, which Debian 12 has, writes past its tables when a Huffman
 * table lists more than 256 codes, reads past them when a scan names a table
 * that was never sent, and takes zeros for what is missing at the end. So
 * all markers are checked before it sees the file. Inside a scan 0xff is
 * followed by 0 or a restart's number: the next marker is found without
 * decoding. */
#include "image/decode_jpeg.h"

#include <string.h>

#include "base/error.h"
#include "image/decode_stb.h"

enum {
    MARKER_PROGRESSIVE = 0xc2,
    MARKER_HUFFMAN_TABLES = 0xc4,
    MARKER_RESTART_FIRST = 0xd0,
    MARKER_START_OF_IMAGE = 0xd8,
    MARKER_END_OF_IMAGE = 0xd9,
    MARKER_START_OF_SCAN = 0xda,
    CODE_LENGTH_COUNT = 16,
    CODE_COUNT_MAX = 256
};

typedef struct walk {
    const uint8_t *data;
    size_t bytes, at;
    bool progressive;
    unsigned tables; /* bit 4 * class + number: this table was sent */
} walk;

/* The next marker, or -1 at the end; *at is moved behind it. */
static int next_marker(walk *w)
{
    for (; w->at + 1 < w->bytes; w->at++) {
        int marker = w->data[w->at + 1];

        if (w->data[w->at] != 0xff || marker == 0 || marker == 0xff ||
            (marker >= MARKER_RESTART_FIRST && marker < MARKER_START_OF_IMAGE))
            continue;
        w->at += 2;
        return marker;
    }
    return -1;
}

/* The tables must fill their segment exactly. */
static bool check_huffman(walk *w, const uint8_t *segment, size_t bytes)
{
    while (bytes > CODE_LENGTH_COUNT) {
        unsigned table_class = segment[0] >> 4, number = segment[0] & 15;
        size_t codes = 0;

        for (int i = 1; i <= CODE_LENGTH_COUNT; i++)
            codes += segment[i];
        if (table_class > 1 || number > 3 || codes > CODE_COUNT_MAX ||
            codes > bytes - 1 - CODE_LENGTH_COUNT)
            return false;
        w->tables |= 1u << (4 * table_class + number);
        segment += 1 + CODE_LENGTH_COUNT + codes;
        bytes -= 1 + CODE_LENGTH_COUNT + codes;
    }
    return bytes == 0;
}

/* Every table that a scan names must be there. */
static bool check_scan(const walk *w, const uint8_t *segment, size_t bytes)
{
    size_t count = bytes > 0 ? segment[0] : 0;

    if (count < 1 || count > 4 || bytes != 1 + 2 * count + 3)
        return false;
    bool is_dc = segment[1 + 2 * count] == 0; /* the first coefficient */
    for (size_t i = 0; i < count; i++) {
        unsigned dc = segment[2 + 2 * i] >> 4, ac = segment[2 + 2 * i] & 15;
        bool has_dc = dc < 4 && (w->tables >> dc & 1) != 0;
        bool has_ac = ac < 4 && (w->tables >> (4 + ac) & 1) != 0;

        if ((is_dc || !w->progressive) && !has_dc)
            return false;
        if ((!is_dc || !w->progressive) && !has_ac)
            return false;
    }
    return true;
}

static hatpose_status fail_as_cut(const walk *w, hatpose_error *err)
{
    return hp_fail_at(err, HATPOSE_E_IMAGE_CORRUPT, w->bytes,
                      "JPEG ends after %zu bytes, without its end marker",
                      w->bytes);
}

/* The segment of a marker at w->at, which is moved behind it. */
static hatpose_status check_segment(walk *w, int marker, hatpose_error *err)
{
    const uint8_t *segment = w->data + w->at;
    size_t first = w->at, length = 0;
    bool right = true;

    if (w->bytes - w->at >= 2)
        length = (size_t)segment[0] << 8 | segment[1];
    if (length > w->bytes - w->at || w->bytes - w->at < 2)
        return fail_as_cut(w, err);
    w->at += length;
    if (marker == MARKER_PROGRESSIVE)
        w->progressive = true;
    if (length < 2)
        right = false;
    else if (marker == MARKER_HUFFMAN_TABLES)
        right = check_huffman(w, segment + 2, length - 2);
    else if (marker == MARKER_START_OF_SCAN)
        right = check_scan(w, segment + 2, length - 2);
    if (!right)
        return hp_fail_at(err, HATPOSE_E_IMAGE_CORRUPT, first,
                          "JPEG segment of marker 0x%02x at byte %zu is wrong",
                          (unsigned)marker, first);
    return HATPOSE_OK;
}

/* *cut_bytes becomes 0, or, where a file that ends early has begun a scan,
 * how much of it may be read: up to a segment that is not whole. */
static hatpose_status check_markers(const uint8_t *data, size_t bytes,
                                    size_t *cut_bytes, hatpose_error *err)
{
    walk w = {.data = data, .bytes = bytes, .at = 2};
    int scan_count = 0;

    *cut_bytes = 0;
    for (;;) {
        int marker = next_marker(&w);
        size_t before = w.at;

        if (marker < 0) {
            *cut_bytes = scan_count > 0 ? bytes : 0;
            return fail_as_cut(&w, err);
        }
        if (marker == MARKER_END_OF_IMAGE)
            return HATPOSE_OK;
        hatpose_status status = check_segment(&w, marker, err);
        if (status != HATPOSE_OK) {
            *cut_bytes = scan_count > 0 && w.at == before ? before - 2 : 0;
            return status;
        }
        scan_count += marker == MARKER_START_OF_SCAN;
        if (scan_count > HP_JPEG_SCAN_COUNT_MAX)
            return hp_fail(err, HATPOSE_E_IMAGE_CORRUPT,
                           "JPEG has more than %d scans",
                           (int)HP_JPEG_SCAN_COUNT_MAX);
    }
}

struct hp_jpeg_decoder {
    hp_stb_memory stb;
    hp_buffer with_end; /* a file that ends early, and its end */
};

/* stb_image insists on an end marker: a copy gets one. */
static hatpose_status complete(hp_memory *memory, hp_jpeg_decoder *decoder,
                               size_t cut_bytes, hp_stb_file *file,
                               hatpose_error *err)
{
    static const uint8_t end_marker[2] = {0xff, MARKER_END_OF_IMAGE};
    const size_t bytes = cut_bytes + sizeof end_marker;
    hatpose_status status = hp_buffer_reserve(memory, &decoder->with_end, bytes,
                                              "JPEG that ends early", err);

    if (status != HATPOSE_OK)
        return status;
    uint8_t *copy = decoder->with_end.data;
    memcpy(copy, file->data, cut_bytes);
    memcpy(copy + cut_bytes, end_marker, sizeof end_marker);
    file->data = copy;
    file->bytes = bytes;
    return HATPOSE_OK;
}

static hatpose_status make_decoder(hp_memory *memory, hp_jpeg_decoder **decoder,
                                   hatpose_error *err)
{
    void *block;

    if (*decoder != NULL)
        return HATPOSE_OK;
    hatpose_status status = hp_allocate_array(
        memory, 1, sizeof(hp_jpeg_decoder), "JPEG decoder", &block, err);
    if (status == HATPOSE_OK)
        *decoder = block;
    return status;
}

int hp_jpeg_reduction(const hp_jpeg_header *header, int most)
{
    (void)header;
    (void)most;
    return 1;
}

hatpose_status hp_jpeg_decode(hp_memory *memory, hp_jpeg_decoder **decoder,
                              const hp_jpeg_file *file, uint8_t *bgr,
                              hatpose_error *err)
{
    hp_stb_file whole = {"JPEG", file->data, file->bytes,
                         file->header->width_px, file->header->height_px};
    size_t cut_bytes;
    hatpose_status status =
        check_markers(file->data, file->bytes, &cut_bytes, err);
    const bool cut = file->accept_damage && cut_bytes > 0;

    if (status != HATPOSE_OK && !cut)
        return status;
    status = make_decoder(memory, decoder, err);
    if (status == HATPOSE_OK && cut)
        status = complete(memory, *decoder, cut_bytes, &whole, err);
    if (status == HATPOSE_OK)
        status = hp_stb_decode(memory, &(*decoder)->stb, &whole, bgr, err);
    return status;
}

void hp_jpeg_decoder_destroy(hp_memory *memory, hp_jpeg_decoder *decoder)
{
    if (decoder == NULL)
        return;
    hp_stb_memory_release(memory, &decoder->stb);
    hp_buffer_release(memory, &decoder->with_end);
    hp_deallocate(memory, decoder);
}
