/* sheet.c - a contact sheet. In: answers with their pixels. Out: pages of
 * tiles: not worn first, then unknown, worn, and the files that failed. */
#include "sheet.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "head.h"
#include "heap.h"
#include "label.h"

enum { COLUMNS = 10, ROWS = 6, TILES_A_PAGE = COLUMNS * ROWS };
enum {
    CUT_PX = 180,
    TEXT_LINES = 3,
    MARGIN_PX = 12,
    HEADING_PX = 40,
    TEXT_TOP_PX = 10, /* below the cut-out and its frame */
    TEXT_SCALE = 2,
    LINE_PX = LABEL_HEIGHT_PX * TEXT_SCALE + 4,
    SMALL_LINE_PX = LABEL_HEIGHT_PX + 3,
    TILE_WIDTH_PX = CUT_PX + MARGIN_PX * 2,
    TILE_HEIGHT_PX = CUT_PX + TEXT_TOP_PX + TEXT_LINES * LINE_PX + MARGIN_PX * 2
};
enum {
    PAPER = 0xFFFFFF,
    INK = 0x202020,
    GREY = 0x808080,
    PALE = 0xD8D8D8,
    BLUE = 0x1F6FC4,
    ORANGE = 0xE06A00
};

bool sheet_plan(sheet *s, const settings *wanted, console *c, outputs *o)
{
    const char *path = wanted->sheet;

    *s = (sheet){.settings = wanted, .console = c, .first = {.descriptor = -1}};
    if (path == NULL)
        return true;
    if (pixmap_file_type(path) == 0) {
        console_usage("--sheet %s: wants a name that ends with .jpg or .png",
                      path);
        return false;
    }
    if (source_is_input(&wanted->sources, path)) {
        console_usage("--sheet %s: is an input and would be overwritten", path);
        return false;
    }
    return outputs_add_pages(o, "--sheet", path);
}

bool sheet_open(sheet *s)
{
    if (s->settings->sheet == NULL || sink_open(&s->first, s->settings->sheet))
        return true;
    console_fail(s->console, s->settings->sheet, "%s",
                 strerror(s->first.error));
    return false;
}

/* ---- Collecting ---------------------------------------------------------- */

/* What the tile says, and whose it is. */
static sheet_tile *add_tile(sheet *s, const answer *a, sheet_tile said)
{
    char *subject = answer_subject(a);
    char *slash = strrchr(subject, '/');
    bytes name = {0};

    s->tiles =
        heap_grow(s->tiles, &s->capacity, s->count + 1, sizeof *s->tiles);
    escape_for_text(&name, slash != NULL ? slash + 1 : subject);
    said.file = name.data != NULL ? name.data : heap_text("");
    free(subject);
    s->tiles[s->count] = said;
    return &s->tiles[s->count++];
}

static bool heads_failed(sheet *s, const hatpose_error *err)
{
    console_fail(s->console, s->settings->sheet, "%s", err->message);
    s->broken = true;
    return false;
}

static void keep_cutout(sheet *s, hatpose_context *context, sheet_tile *tile,
                        const pixmap *picture, const head_square *square)
{
    hatpose_error err = {0};

    head_cut(picture, square, CUT_PX, &s->head);
    if (!cutouts_store(&s->heads, context, &s->head, &tile->head, &err))
        heads_failed(s, &err);
}

static void add_people(sheet *s, hatpose_context *context, const answer *a,
                       const pixmap *picture)
{
    uint32_t count = hatpose_result_person_count(a->result);

    for (uint32_t i = 0; i < count && !s->broken; i++) {
        hatpose_person person = {.struct_size = sizeof person};

        hatpose_result_person(a->result, i, &person);
        sheet_tile said = {.person = i,
                           .state = person.hat_state,
                           .reason = person.hat_reason,
                           .hat_score = person.hat_score};
        head_square square = head_find(&person, picture);
        keep_cutout(s, context, add_tile(s, a, said), picture, &square);
    }
}

static void add_lone_heads(sheet *s, hatpose_context *context, const answer *a,
                           const pixmap *picture)
{
    uint32_t count = hatpose_result_head_count(a->result);

    for (uint32_t i = 0; i < count && !s->broken; i++) {
        hatpose_head head;

        if (hatpose_result_head(a->result, i, &head) != HATPOSE_OK ||
            head.person_index >= 0)
            continue;
        sheet_tile said = {.person = -1,
                           .state = head.hat_state,
                           .reason = head.hat_reason,
                           .hat_score = (double)head.hat_score};
        head_square square = head_around(&head, picture);
        keep_cutout(s, context, add_tile(s, a, said), picture, &square);
    }
}

void sheet_add(sheet *s, hatpose_context *context, const answer *a,
               const pixmap *picture)
{
    add_people(s, context, a, picture);
    add_lone_heads(s, context, a, picture);
}

void sheet_add_failed(sheet *s, const answer *a)
{
    add_tile(s, a, (sheet_tile){.message = heap_text(a->error->message)});
}

/* ---- Drawing ------------------------------------------------------------- */

/* Around the cut-out. dash_px 0: a full line. */
static void frame(pixmap *page, int left_px, int top_px, int thick_px,
                  int dash_px, uint32_t rgb)
{
    int full_px = dash_px > 0 ? dash_px : CUT_PX;

    for (int at = 0; at < CUT_PX; at += 2 * full_px) {
        int length = at + full_px < CUT_PX ? full_px : CUT_PX - at;

        pixmap_rectangle(page, left_px + at, top_px - thick_px, length,
                         thick_px, rgb);
        pixmap_rectangle(page, left_px + at, top_px + CUT_PX, length, thick_px,
                         rgb);
        pixmap_rectangle(page, left_px - thick_px, top_px + at, thick_px,
                         length, rgb);
        pixmap_rectangle(page, left_px + CUT_PX, top_px + at, thick_px, length,
                         rgb);
    }
}

static void put_head(pixmap *page, int left_px, int top_px, const pixmap *head)
{
    for (int y = 0; y < CUT_PX; y++)
        memcpy(page->pixels.data +
                   ((size_t)(top_px + y) * page->layout.width_px +
                    (size_t)left_px) *
                       3,
               head->pixels.data + (size_t)y * CUT_PX * 3, CUT_PX * 3);
}

/* A line of text below the cut-out at left_px, top_px. */
static void write_line(pixmap *page, int left_px, int top_px, int line,
                       uint32_t rgb, const char *text)
{
    label where = {left_px, top_px + CUT_PX + TEXT_TOP_PX + line * LINE_PX,
                   CUT_PX, TEXT_SCALE, rgb};

    label_fit(page, &where, text);
}

static bool draw_person(sheet *s, hatpose_context *context, pixmap *page,
                        const sheet_tile *tile, int left_px, int top_px)
{
    hatpose_error err = {0};
    bytes text = {0};

    if (!cutouts_load(&s->heads, context, &tile->head, &s->head, &err))
        return heads_failed(s, &err);
    put_head(page, left_px, top_px, &s->head);
    if (tile->state == HATPOSE_HAT_WORN)
        frame(page, left_px, top_px, 3, 0, BLUE);
    else if (tile->state == HATPOSE_HAT_NOT_WORN)
        frame(page, left_px, top_px, 6, 0, ORANGE);
    else
        frame(page, left_px, top_px, 3, 8, GREY);
    write_line(page, left_px, top_px, 0, INK, tile->file);
    if (tile->person >= 0)
        bytes_print(&text, "%" PRId64 " ", tile->person);
    else
        bytes_text(&text, "head ");
    bytes_print(&text, "%s",
                tile->state == HATPOSE_HAT_WORN       ? "hat"
                : tile->state == HATPOSE_HAT_NOT_WORN ? "no hat"
                                                      : "unknown");
    if (tile->state != HATPOSE_HAT_UNKNOWN)
        bytes_print(&text, " %.0f %%", tile->hat_score * 100);
    write_line(page, left_px, top_px, 1, INK, text.data);
    bytes_clear(&text);
    bytes_text(&text, hatpose_reason_string(tile->reason));
    for (char *c = text.data; *c != '\0'; c++)
        *c = *c == '_' ? ' ' : *c;
    write_line(page, left_px, top_px, 2, GREY, text.data);
    bytes_release(&text);
    return true;
}

static void draw_failed(pixmap *page, const sheet_tile *tile, int left_px,
                        int top_px)
{
    label where = {left_px + 6, top_px + 8, CUT_PX - 12, 1, INK};

    pixmap_rectangle(page, left_px, top_px, CUT_PX, CUT_PX, PALE);
    label_wrap(page, &where, (CUT_PX - 16) / SMALL_LINE_PX, SMALL_LINE_PX,
               tile->message);
    write_line(page, left_px, top_px, 0, INK, tile->file);
    write_line(page, left_px, top_px, 1, GREY, "failed");
}

static bool draw_tile(sheet *s, hatpose_context *context, pixmap *page,
                      const sheet_tile *tile, size_t place)
{
    int left_px = (int)(place % COLUMNS) * TILE_WIDTH_PX + MARGIN_PX * 2;
    int top_px =
        (int)(place / COLUMNS) * TILE_HEIGHT_PX + HEADING_PX + MARGIN_PX;

    if (tile->message == NULL)
        return draw_person(s, context, page, tile, left_px, top_px);
    draw_failed(page, tile, left_px, top_px);
    return true;
}

static void draw_heading(pixmap *page, const char *summary, size_t number,
                         size_t page_count)
{
    label where = {MARGIN_PX * 2, (HEADING_PX - LABEL_HEIGHT_PX) / 2,
                   (int)page->layout.width_px - MARGIN_PX * 4, TEXT_SCALE, INK};
    char date[32] = "";
    time_t now = time(NULL);
    struct tm local;
    char *text;

    if (localtime_r(&now, &local) != NULL)
        strftime(date, sizeof date, "%Y-%m-%d %H:%M", &local);
    text = page_count > 1 ? heap_print("%s   %s   %zu of %zu", summary, date,
                                       number, page_count)
                          : heap_print("%s   %s", summary, date);
    label_fit(page, &where, text);
    free(text);
}

/* ---- Pages --------------------------------------------------------------- */

static int rank(const sheet_tile *tile)
{
    if (tile->message != NULL)
        return 3;
    return tile->state == HATPOSE_HAT_NOT_WORN  ? 0
           : tile->state == HATPOSE_HAT_UNKNOWN ? 1
                                                : 2;
}

/* Equal ones in the order of the pictures: tiles are added in it, and qsort
 * may mix what compares equal. */
static void sort_tiles(sheet *s)
{
    sheet_tile *sorted = heap_allocate(s->count * sizeof *sorted);
    size_t used = 0;

    for (int wanted = 0; wanted < 4; wanted++)
        for (size_t i = 0; i < s->count; i++)
            if (rank(&s->tiles[i]) == wanted)
                sorted[used++] = s->tiles[i];
    free(s->tiles);
    s->tiles = sorted;
    s->capacity = s->count;
}

/* sheet.jpg, sheet-2.jpg, ... */
static char *page_path(const char *path, size_t number)
{
    const char *dot = strrchr(path, '.');

    if (number == 1)
        return heap_text(path);
    return heap_print("%.*s-%zu%s", (int)(dot - path), path, number, dot);
}

static int save_file(sheet *s, const char *path, const pixmap *page,
                     size_t number)
{
    if (number > 1)
        return sink_save(path, page->file.data, page->file.count);
    sink_write(&s->first, page->file.data, page->file.count);
    sink_commit(&s->first);
    return s->first.error;
}

static bool save_page(sheet *s, pixmap *page, hatpose_context *context,
                      size_t number)
{
    char *path = page_path(s->settings->sheet, number);
    hatpose_error err = {0};
    int error = 0;
    bool right = false;

    if (source_is_input(&s->settings->sources, path))
        console_fail(s->console, path, "is an input and would be overwritten");
    else if (pixmap_encode(page, context, pixmap_file_type(s->settings->sheet),
                           &err) != HATPOSE_OK)
        console_fail(s->console, path, "%s", err.message);
    else if ((error = save_file(s, path, page, number)) != 0)
        console_fail(s->console, path, "%s", strerror(error));
    else
        right = true;
    if (right)
        console_note(s->console, "%s written", path);
    free(path);
    return right;
}

bool sheet_write(sheet *s, hatpose_context *context, const char *summary)
{
    size_t page_count =
        s->count > 0 ? (s->count + TILES_A_PAGE - 1) / TILES_A_PAGE : 1;
    pixmap page = {0};
    bool right = !s->broken;

    sort_tiles(s);
    for (size_t number = 0; number < page_count && right; number++) {
        size_t first = number * TILES_A_PAGE;
        size_t count =
            s->count - first < TILES_A_PAGE ? s->count - first : TILES_A_PAGE;
        size_t rows = (count + COLUMNS - 1) / COLUMNS;

        pixmap_fill(&page, COLUMNS * TILE_WIDTH_PX + 2 * MARGIN_PX,
                    (uint32_t)(HEADING_PX + MARGIN_PX +
                               (rows > 0 ? rows : 1) * TILE_HEIGHT_PX),
                    PAPER);
        draw_heading(&page, summary, number + 1, page_count);
        for (size_t i = 0; i < count && right; i++)
            right = draw_tile(s, context, &page, &s->tiles[first + i], i);
        right = right && save_page(s, &page, context, number + 1);
    }
    pixmap_release(&page);
    return right;
}

void sheet_release(sheet *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->tiles[i].file);
        free(s->tiles[i].message);
    }
    free(s->tiles);
    sink_discard(&s->first);
    cutouts_release(&s->heads);
    pixmap_release(&s->head);
    *s = (sheet){0};
}
