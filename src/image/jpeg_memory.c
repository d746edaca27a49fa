/* jpeg_memory.c - libjpeg's memory manager on top of ours.
 *
 * libjpeg asks for some hundred pieces a picture, gives none back before its
 * end, and lets a program bring its own manager: here pieces are cut from a
 * chain of chunks. Its fast code reads and writes up to 64 bytes past the end
 * of a row of samples; rows are longer by more than that. */
#include "image/jpeg_memory.h"

#include <stdint.h>
#include <string.h>

/* Second: its numbers depend on the version that jpeglib.h tells. */
#include <jerror.h>

enum { CHUNK_BYTES_LEAST = 32 * 1024, ROW_UNIT_BYTES = 128 };

typedef struct hp_jpeg_chunk {
    struct hp_jpeg_chunk *next;
    size_t capacity_bytes, used_bytes; /* behind the header */
} chunk;

/* The header is followed by data on the next aligned place. */
enum { HEADER_BYTES = HP_ALIGNMENT_BYTES };

/* Coefficients of a picture in several scans. */
struct jvirt_barray_control {
    JBLOCKARRAY rows;
    JDIMENSION row_count;
};

static hp_jpeg_memory *memory_of(j_common_ptr jpeg)
{
    return (hp_jpeg_memory *)jpeg->mem;
}

/* NULL when there is no memory. */
static chunk *add_chunk(hp_jpeg_memory *m, size_t bytes, hatpose_status *status)
{
    chunk **end = &m->chunks;
    size_t total;
    void *block = NULL;

    if (!hp_size_add(bytes, HEADER_BYTES, &total))
        total = SIZE_MAX;
    *status =
        hp_allocate(m->memory, total, "JPEG being decoded", &block, m->err);
    if (*status != HATPOSE_OK)
        return NULL;
    while (*end != NULL)
        end = &(*end)->next;
    *end = block;
    **end = (chunk){.capacity_bytes = bytes};
    return *end;
}

/* Looks forward only, so that equal pictures take equal ways. */
static void *take(j_common_ptr jpeg, size_t bytes)
{
    hp_jpeg_memory *m = memory_of(jpeg);
    hatpose_status status = HATPOSE_OK;
    size_t whole;

    if (!hp_size_add(bytes, HP_ALIGNMENT_BYTES - 1, &whole))
        whole = SIZE_MAX;
    whole -= whole % HP_ALIGNMENT_BYTES;
    while (m->current != NULL &&
           m->current->capacity_bytes - m->current->used_bytes < whole)
        m->current = m->current->next;
    if (m->current == NULL)
        m->current = add_chunk(
            m, whole < CHUNK_BYTES_LEAST ? CHUNK_BYTES_LEAST : whole, &status);
    if (m->current == NULL)
        m->fail(jpeg, status);
    unsigned char *data = (unsigned char *)m->current + HEADER_BYTES;
    void *piece = data + m->current->used_bytes;
    m->current->used_bytes += whole;
    return piece;
}

static void *allocate(j_common_ptr jpeg, int pool, size_t bytes)
{
    (void)pool;
    return take(jpeg, bytes);
}

/* Rows that lie one behind the other, and an array of pointers to them. */
static void **allocate_rows(j_common_ptr jpeg, size_t row_bytes,
                            size_t row_count)
{
    size_t pointer_bytes, data_bytes;

    if (!hp_size_multiply(row_count, sizeof(void *), &pointer_bytes) ||
        !hp_size_multiply(row_count, row_bytes, &data_bytes))
        pointer_bytes = data_bytes = SIZE_MAX;
    void **rows = take(jpeg, pointer_bytes);
    unsigned char *data = take(jpeg, data_bytes);
    for (size_t i = 0; i < row_count; i++)
        rows[i] = data + i * row_bytes;
    return rows;
}

static JSAMPARRAY allocate_samples(j_common_ptr jpeg, int pool,
                                   JDIMENSION sample_count,
                                   JDIMENSION row_count)
{
    size_t units = sample_count / ROW_UNIT_BYTES + 2;

    (void)pool;
    return (JSAMPARRAY)allocate_rows(jpeg, units * ROW_UNIT_BYTES, row_count);
}

static JBLOCKARRAY allocate_blocks(j_common_ptr jpeg, int pool,
                                   JDIMENSION block_count, JDIMENSION row_count)
{
    (void)pool;
    return (JBLOCKARRAY)allocate_rows(jpeg, block_count * sizeof(JBLOCK),
                                      row_count);
}

/* Only pictures with few colours ask for it, which we never do. */
static jvirt_sarray_ptr refuse_virtual_samples(j_common_ptr jpeg, int pool,
                                               boolean zero,
                                               JDIMENSION sample_count,
                                               JDIMENSION row_count,
                                               JDIMENSION most)
{
    (void)pool, (void)zero, (void)sample_count, (void)row_count, (void)most;
    ERREXIT(jpeg, JERR_NOT_COMPILED);
    return NULL;
}

static JSAMPARRAY refuse_samples(j_common_ptr jpeg, jvirt_sarray_ptr array,
                                 JDIMENSION first, JDIMENSION count,
                                 boolean writable)
{
    (void)array, (void)first, (void)count, (void)writable;
    ERREXIT(jpeg, JERR_NOT_COMPILED);
    return NULL;
}

static jvirt_barray_ptr request_blocks(j_common_ptr jpeg, int pool,
                                       boolean zero, JDIMENSION block_count,
                                       JDIMENSION row_count, JDIMENSION most)
{
    jvirt_barray_ptr array = take(jpeg, sizeof *array);

    (void)most;
    array->rows = allocate_blocks(jpeg, pool, block_count, row_count);
    array->row_count = row_count;
    if (zero && row_count > 0)
        memset(array->rows[0], 0,
               (size_t)row_count * block_count * sizeof(JBLOCK));
    return array;
}

static void realize_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

static JBLOCKARRAY access_blocks(j_common_ptr jpeg, jvirt_barray_ptr array,
                                 JDIMENSION first, JDIMENSION count,
                                 boolean writable)
{
    (void)writable;
    if (first > array->row_count || count > array->row_count - first)
        ERREXIT(jpeg, JERR_BAD_VIRTUAL_ACCESS);
    return array->rows + first;
}

static void free_nothing(j_common_ptr jpeg, int pool)
{
    (void)jpeg, (void)pool;
}

static void destroy_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

void hp_jpeg_memory_init(hp_jpeg_memory *m)
{
    m->methods = (struct jpeg_memory_mgr){
        .alloc_small = allocate,
        .alloc_large = allocate,
        .alloc_sarray = allocate_samples,
        .alloc_barray = allocate_blocks,
        .request_virt_sarray = refuse_virtual_samples,
        .request_virt_barray = request_blocks,
        .realize_virt_arrays = realize_nothing,
        .access_virt_sarray = refuse_samples,
        .access_virt_barray = access_blocks,
        .free_pool = free_nothing,
        .self_destruct = destroy_nothing,
        .max_alloc_chunk = INT32_MAX,
    };
}

void hp_jpeg_memory_release(hp_jpeg_memory *m)
{
    while (m->chunks != NULL) {
        chunk *next = m->chunks->next;

        hp_deallocate(m->memory, m->chunks);
        m->chunks = next;
    }
    m->current = NULL;
}

void hp_jpeg_memory_reset(hp_jpeg_memory *m)
{
    size_t used_bytes = 0;
    hatpose_status status;

    for (chunk *one = m->chunks; one != NULL; one = one->next)
        used_bytes += one->used_bytes;
    if (m->chunks != NULL && m->chunks->next != NULL) {
        hp_jpeg_memory_release(m);
        m->err = NULL; /* nothing is lost if there is no memory for it */
        add_chunk(m, used_bytes, &status);
    }
    m->current = m->chunks;
    if (m->current != NULL)
        m->current->used_bytes = 0;
}
