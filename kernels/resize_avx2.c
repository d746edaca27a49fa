/* resize_avx2.c - the rows of a resize, AVX2. Pixels of 3 and 4 channels lie
 * in 4 lanes each; what a wide step would read or write too far is left to
 * the scalar kernels. */
#include <immintrin.h>
#include <string.h>

#include "variants.h"

/* The first 32 sums from those of even and of odd places. */
static inline void store_sums(__m256i even, __m256i odd, uint16_t *sums)
{
    __m256i a = _mm256_unpacklo_epi16(even, odd);
    __m256i b = _mm256_unpackhi_epi16(even, odd);

    _mm256_storeu_si256((__m256i *)sums, _mm256_permute2x128_si256(a, b, 0x20));
    _mm256_storeu_si256((__m256i *)(sums + 16),
                        _mm256_permute2x128_si256(a, b, 0x31));
}

/* Even and odd bytes of 16-bit lanes are summed apart: no shuffle a row. A
 * picture comes from the outer caches: rows are fetched some lines ahead. */
enum { AHEAD_BYTES = 512 };

static void sum_64(const uint8_t *rows, size_t stride_bytes, int row_count,
                   uint16_t *sums)
{
    const __m256i low = _mm256_set1_epi16(0xff);
    __m256i even_a = _mm256_setzero_si256(), odd_a = even_a;
    __m256i even_b = even_a, odd_b = even_a;

    for (int y = 0; y < row_count; y++) {
        const uint8_t *row = rows + (size_t)y * stride_bytes;
        __m256i a = _mm256_loadu_si256((const __m256i *)row);
        __m256i b = _mm256_loadu_si256((const __m256i *)(row + 32));

        _mm_prefetch((const char *)row + AHEAD_BYTES, _MM_HINT_T0);
        even_a = _mm256_add_epi16(even_a, _mm256_and_si256(a, low));
        odd_a = _mm256_add_epi16(odd_a, _mm256_srli_epi16(a, 8));
        even_b = _mm256_add_epi16(even_b, _mm256_and_si256(b, low));
        odd_b = _mm256_add_epi16(odd_b, _mm256_srli_epi16(b, 8));
    }
    store_sums(even_a, odd_a, sums);
    store_sums(even_b, odd_b, sums + 32);
}

void hp_sum_rows_avx2(const uint8_t *rows, size_t stride_bytes, int row_count,
                      size_t count, uint16_t *sums)
{
    size_t i = 0;

    for (; i + 64 <= count; i += 64)
        sum_64(rows + i, stride_bytes, row_count, sums + i);
    if (i < count)
        hp_sum_rows_scalar(rows + i, stride_bytes, row_count, count - i,
                           sums + i);
}

/* Four lanes from the first pixel of a block on, summed over the block. */
static inline __m128i block_sum(const uint16_t *sums, int channels, int factor)
{
    __m128i sum = _mm_loadl_epi64((const __m128i *)sums);

    for (int i = 1; i < factor; i++)
        sum = _mm_add_epi16(
            sum, _mm_loadl_epi64((const __m128i *)(sums + i * channels)));
    return sum;
}

/* The means of two blocks, 32-bit lanes. */
static inline __m256i two_means(const uint16_t *sums, int channels, int factor,
                                __m256 scale)
{
    __m128i both = _mm_unpacklo_epi64(
        block_sum(sums, channels, factor),
        block_sum(sums + channels * factor, channels, factor));
    __m256 value = _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(both));

    value = _mm256_add_ps(_mm256_mul_ps(value, scale), _mm256_set1_ps(0.5f));
    return _mm256_cvttps_epi32(value);
}

/* channels and small factors are constants in the calls. Returns how many
 * blocks were done, a multiple of 4. */
static inline int mean_fours(const uint16_t *sums, int count, int channels,
                             int factor, float scale, uint8_t *out)
{
    /* Pixels 0, 1, 2, 3 lie in dwords 0, 2, 1, 3 after the packs. */
    const __m128i three =
        _mm_setr_epi8(0, 1, 2, 8, 9, 10, 4, 5, 6, 12, 13, 14, -1, -1, -1, -1);
    const __m128i four =
        _mm_setr_epi8(0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15);
    const __m256 scales = _mm256_set1_ps(scale);
    int x = 0;

    for (; x + 4 <= count; x += 4) {
        const uint16_t *from = sums + (size_t)x * (size_t)(factor * channels);
        __m256i words = _mm256_packus_epi32(
            two_means(from, channels, factor, scales),
            two_means(from + 2 * factor * channels, channels, factor, scales));
        __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words),
                                         _mm256_extracti128_si256(words, 1));
        uint8_t *to = out + x * channels;

        if (channels == 4) {
            bytes = _mm_shuffle_epi8(bytes, four);
            _mm_storeu_si128((__m128i *)to, bytes);
        } else {
            int last;

            bytes = _mm_shuffle_epi8(bytes, three);
            _mm_storel_epi64((__m128i *)to, bytes);
            last = _mm_extract_epi32(bytes, 2);
            memcpy(to + 8, &last, 4);
        }
    }
    return x;
}

static inline int mean_pixels(const uint16_t *sums, int count, int channels,
                              int factor, float scale, uint8_t *out)
{
    if (factor == 2)
        return mean_fours(sums, count, channels, 2, scale, out);
    if (factor == 3)
        return mean_fours(sums, count, channels, 3, scale, out);
    if (factor == 4)
        return mean_fours(sums, count, channels, 4, scale, out);
    return mean_fours(sums, count, channels, factor, scale, out);
}

void hp_mean_blocks_avx2(const uint16_t *sums, int count, int channels,
                         int factor, float scale, uint8_t *out)
{
    int done = 0;

    /* 16 bits hold the sum of 257 bytes; scale tells how many there are. */
    if (channels > 1 && scale * 256 >= 1) {
        if (channels == 3)
            done = mean_pixels(sums, count, 3, factor, scale, out);
        else
            done = mean_pixels(sums, count, 4, factor, scale, out);
    }
    if (done < count)
        hp_mean_blocks_scalar(sums + (size_t)done * (size_t)(factor * channels),
                              count - done, channels, factor, scale,
                              out + done * channels);
}

/* Left and right pixel as pairs of 16 bits times the pair of weights. */
static inline __m128i mix_pixel(const uint8_t *row, const hp_column *column,
                                __m128i pairs)
{
    int32_t weights;
    __m128i v = _mm_loadl_epi64((const __m128i *)(row + column->offset));

    memcpy(&weights, &column->left, 4);
    v = _mm_madd_epi16(_mm_shuffle_epi8(v, pairs), _mm_set1_epi32(weights));
    return _mm_srai_epi32(v, 4);
}

/* How many columns read 8 bytes inside the row. */
static int safe_columns(const hp_column_run *run)
{
    int count = run->count;

    while (count > 0 &&
           (size_t)run->columns[count - 1].offset + 8 > run->row_bytes)
        count--;
    return count;
}

static inline int mix_pixels(const hp_column_run *run, int channels,
                             int16_t *out)
{
    const __m128i three =
        _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
    const __m128i four =
        _mm_setr_epi8(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1);
    const __m128i pairs = channels == 3 ? three : four;
    /* Each store of 4 elements ends where the next column begins, or one
     * behind it: the last column must have another after it. */
    int count = safe_columns(run) - (channels == 3 ? 2 : 1);
    int x = 0;

    for (; x < count; x += 2) {
        __m128i a = mix_pixel(run->row, &run->columns[x], pairs);
        __m128i b = mix_pixel(run->row, &run->columns[x + 1], pairs);
        __m128i both = _mm_packs_epi32(a, b);

        if (channels == 4) {
            _mm_storeu_si128((__m128i *)(out + x * 4), both);
        } else {
            _mm_storel_epi64((__m128i *)(out + x * 3), both);
            _mm_storel_epi64((__m128i *)(out + x * 3 + 3),
                             _mm_unpackhi_epi64(both, both));
        }
    }
    return x;
}

void hp_mix_columns_avx2(const hp_column_run *run, int16_t *out)
{
    hp_column_run rest = *run;
    int done = 0;

    if (run->right_offset > 0 && run->channels == 3)
        done = mix_pixels(run, 3, out);
    else if (run->right_offset > 0 && run->channels == 4)
        done = mix_pixels(run, 4, out);
    rest.columns += done;
    rest.count -= done;
    if (rest.count > 0)
        hp_mix_columns_scalar(&rest, out + done * run->channels);
}

static inline __m256i blend_16(const int16_t *upper, const int16_t *lower,
                               __m256i upper_weight, __m256i lower_weight)
{
    __m256i a = _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)upper),
                                   upper_weight);
    __m256i b = _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)lower),
                                   lower_weight);
    __m256i sum =
        _mm256_add_epi16(_mm256_add_epi16(a, b), _mm256_set1_epi16(2));

    return _mm256_srai_epi16(sum, 2);
}

void hp_blend_rows_avx2(const int16_t *upper, const int16_t *lower, int count,
                        int16_t upper_weight, int16_t lower_weight,
                        uint8_t *out)
{
    const __m256i up = _mm256_set1_epi16(upper_weight);
    const __m256i low = _mm256_set1_epi16(lower_weight);
    int i = 0;

    for (; i + 32 <= count; i += 32) {
        __m256i a = blend_16(upper + i, lower + i, up, low);
        __m256i b = blend_16(upper + i + 16, lower + i + 16, up, low);
        __m256i bytes = _mm256_packus_epi16(a, b);

        bytes = _mm256_permute4x64_epi64(bytes, 0xd8);
        _mm256_storeu_si256((__m256i *)(out + i), bytes);
    }
    if (i < count)
        hp_blend_rows_scalar(upper + i, lower + i, count - i, upper_weight,
                             lower_weight, out + i);
}
