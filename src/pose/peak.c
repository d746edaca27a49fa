/* peak.c - local maxima of the 18 heatmaps.
 *
 * best: on the maps as they are, by y, then x, placed between the cells,
 * map_px. compat: on enlarged maps, by x, then y, whole up_px, and none within
 * 6 px of one before it; equal neighbours are no peak, as in the original. */
#include "pose/peak.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/skeleton.h"
#include "pose/heatmap.h"
#include "pose/rank.h"

/* compat: peaks nearer than this to an earlier one are dropped. */
enum { SUPPRESSION_UP_PX = 6 };

/* best: weaker peaks are noise of the network. */
static const float score_floor = 0.02F;

/* best: the heatmaps are taught as Gaussians of 7 input px, 0.875 cells.
 * Values below the least are no longer one. */
static const double variance_map_px = 0.875 * 0.875;
static const float least_value = 0.01F;

/* The top cannot be nearer to another cell, but for noise. */
static const double offset_most_map_px = 0.5;

/* A maximum of the map at hand. */
typedef struct maximum {
    float value;
    int x, y;
} maximum;

static size_t stride_of(const hp_peak_finder *finder)
{
    return (size_t)finder->width + 2;
}

float *hp_peak_map_row(const hp_peak_finder *finder, int y)
{
    float *map = finder->map.data;

    assert(y >= -1 && y <= finder->height);
    return map + (size_t)(y + 1) * stride_of(finder) + 1;
}

/* most: how many maxima a map of that size can have. */
static hatpose_status reserve(hp_memory *memory, hp_peak_finder *finder,
                              size_t most, size_t order_bytes,
                              size_t peak_limit, hatpose_error *err)
{
    size_t width = (size_t)finder->width, height = (size_t)finder->height;
    const struct {
        hp_buffer *buffer;
        size_t count, element_bytes;
    } needs[] = {
        {&finder->map, (width + 2) * (height + 2), sizeof(float)},
        {&finder->columns, width, sizeof(int32_t)},
        {&finder->found, most, sizeof(maximum)},
        {&finder->order, order_bytes, 1},
        {&finder->peaks, HATPOSE_KEYPOINT_COUNT * peak_limit, sizeof(hp_peak)},
    };
    hatpose_status status = HATPOSE_OK;

    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if (status == HATPOSE_OK)
            status = hp_buffer_reserve(memory, needs[i].buffer,
                                       needs[i].count * needs[i].element_bytes,
                                       "peaks", err);
    }
    return status;
}

static void fill(float *values, size_t count, float value)
{
    for (size_t i = 0; i < count; i++)
        values[i] = value;
}

static void draw_border(const hp_peak_finder *finder, float value)
{
    size_t stride = stride_of(finder);

    fill(hp_peak_map_row(finder, -1) - 1, stride, value);
    fill(hp_peak_map_row(finder, finder->height) - 1, stride, value);
    for (int y = 0; y < finder->height; y++) {
        float *row = hp_peak_map_row(finder, y);
        row[-1] = value;
        row[finder->width] = value;
    }
}

/* All maxima of the map, by y, then x. */
static int collect(const hp_peak_finder *finder, hp_find_maxima_fn find,
                   float threshold)
{
    maximum *found = finder->found.data;
    int32_t *columns = finder->columns.data;
    int count = 0;

    for (int y = 0; y < finder->height; y++) {
        const float *row = hp_peak_map_row(finder, y);
        int here =
            find(row, stride_of(finder), finder->width, threshold, columns);
        for (int i = 0; i < here; i++)
            found[count++] = (maximum){row[columns[i]], columns[i], y};
    }
    return count;
}

/* Stable counting sort: found is by y already. */
static void order_by_column(const hp_peak_finder *finder, int count)
{
    const maximum *found = finder->found.data;
    int *order = finder->order.data;
    int *next = order + count; /* where the next one of a column goes */

    memset(next, 0, ((size_t)finder->width + 1) * sizeof *next);
    for (int i = 0; i < count; i++)
        next[found[i].x + 1]++;
    for (int x = 0; x < finder->width; x++)
        next[x + 1] += next[x];
    for (int i = 0; i < count; i++)
        order[next[found[i].x]++] = i;
}

/* Is one of these, which come before it, too near? They are by x. */
static bool is_suppressed(const hp_peak *peaks, int count, const maximum *at)
{
    for (int i = count - 1; i >= 0; i--) {
        int dx = at->x - (int)peaks[i].x, dy = at->y - (int)peaks[i].y;
        if (dx >= SUPPRESSION_UP_PX)
            return false;
        if (dx * dx + dy * dy < SUPPRESSION_UP_PX * SUPPRESSION_UP_PX)
            return true;
    }
    return false;
}

hatpose_status hp_peak_begin_compat(hp_memory *memory, hp_peak_finder *finder,
                                    int width_up_px, int height_up_px,
                                    hp_peak_set *out, hatpose_error *err)
{
    /* No two of four neighbours are both maxima. */
    size_t most = ((size_t)width_up_px * (size_t)height_up_px + 1) / 2;

    memset(out, 0, sizeof *out);
    finder->width = width_up_px;
    finder->height = height_up_px;
    size_t order_bytes = (most + (size_t)width_up_px + 1) * sizeof(int);
    hatpose_status status =
        reserve(memory, finder, most, order_bytes, HP_PEAK_LIMIT_COMPAT, err);
    if (status != HATPOSE_OK)
        return status;
    draw_border(finder, 0);
    out->peaks = finder->peaks.data;
    return HATPOSE_OK;
}

hatpose_status hp_peak_add_compat(hp_peak_finder *finder, int joint,
                                  float threshold, hp_peak_set *out,
                                  hatpose_error *err)
{
    const maximum *found = finder->found.data;
    const int *order = finder->order.data;
    hp_peak *peaks = (hp_peak *)finder->peaks.data + out->first[joint];
    int count = 0;

    /* The original clears what is below the threshold; of what is left, only
     * zero itself could not be above a cleared neighbour. */
    int found_count = collect(finder, finder->kernels->rows->find_maxima4,
                              threshold > 0 ? threshold : FLT_MIN);
    order_by_column(finder, found_count);
    for (int i = 0; i < found_count; i++) {
        const maximum *at = &found[order[i]];
        if (is_suppressed(peaks, count, at))
            continue;
        if (count == HP_PEAK_LIMIT_COMPAT)
            return hp_fail(err, HATPOSE_E_LIMIT,
                           "heatmap of %s: more than %d peaks",
                           hp_keypoint_names[joint], HP_PEAK_LIMIT_COMPAT);
        peaks[count++] =
            (hp_peak){(float)at->x, (float)at->y, at->value, (uint32_t)joint};
    }
    out->first[joint + 1] = out->first[joint] + count;
    return HATPOSE_OK;
}

hatpose_status hp_peak_find_compat(hp_memory *memory, hp_peak_finder *finder,
                                   const hp_pose_input *input, float threshold,
                                   hp_peak_set *out, hatpose_error *err)
{
    int width = input->width_map_px, height = input->height_map_px;
    size_t cells = (size_t)width * (size_t)height;
    hatpose_status status = hp_peak_begin_compat(
        memory, finder, width * HP_UP_RATIO, height * HP_UP_RATIO, out, err);

    if (status == HATPOSE_OK)
        status = hp_buffer_reserve(memory, &finder->wide,
                                   cells * HP_UP_RATIO * sizeof(float), "peaks",
                                   err);
    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT && status == HATPOSE_OK; j++) {
        float *wide = finder->wide.data;
        hp_heatmap_enlarge_x(input->heatmaps + (size_t)j * cells, width, height,
                             wide);
        for (int y = 0; y < height * HP_UP_RATIO; y++)
            hp_heatmap_enlarge_row(finder->kernels, wide, width, height, y,
                                   hp_peak_map_row(finder, y));
        status = hp_peak_add_compat(finder, j, threshold, out, err);
    }
    return status;
}

/* Marks all but the strongest HP_PEAK_LIMIT_BEST by a value below any. */
static void drop_weakest(const hp_peak_finder *finder, int count)
{
    maximum *found = finder->found.data;
    hp_rank *order = finder->order.data;

    if (count <= HP_PEAK_LIMIT_BEST)
        return;
    for (int i = 0; i < count; i++)
        order[i] = (hp_rank){found[i].value, i};
    hp_rank_sort(order, count, order + count);
    for (int i = HP_PEAK_LIMIT_BEST; i < count; i++)
        found[order[i].index].value = -1;
}

/* The logarithm of a Gaussian of known width, with its parabola taken off, is
 * a plane, and the slopes of the plane tell where the top is. Sums of the
 * least-squares fit of that plane. */
typedef struct plane_fit {
    double weight, x, y, z;
    double xx, xy, yy, xz, yz;
} plane_fit;

/* Noise is alike in all cells, so that in the logarithm it goes with one
 * over the value: hence the weight. */
static void add_cell(plane_fit *fit, int dx, int dy, float value)
{
    double z =
        (double)logf(value) + (dx * dx + dy * dy) / (2 * variance_map_px);
    double weight = (double)value * (double)value;

    fit->weight += weight;
    fit->x += weight * dx;
    fit->y += weight * dy;
    fit->z += weight * z;
    fit->xx += weight * dx * dx;
    fit->xy += weight * dx * dy;
    fit->yy += weight * dy * dy;
    fit->xz += weight * dx * z;
    fit->yz += weight * dy * z;
}

static float offset_map_px(double slope)
{
    return (float)fmin(fmax(slope * variance_map_px, -offset_most_map_px),
                       offset_most_map_px);
}

/* The peak between the cells, from the 3 x 3 cells around the maximum; cells
 * outside the map are left out. */
static hp_peak refined(const hp_peak_finder *finder, const maximum *at,
                       int joint)
{
    plane_fit f = {0};
    hp_peak peak = {(float)at->x, (float)at->y, at->value, (uint32_t)joint};

    for (int dy = -1; dy <= 1; dy++) {
        if (at->y + dy < 0 || at->y + dy >= finder->height)
            continue;
        const float *row = hp_peak_map_row(finder, at->y + dy);
        for (int dx = -1; dx <= 1; dx++) {
            if (at->x + dx < 0 || at->x + dx >= finder->width)
                continue;
            float value = row[at->x + dx];
            add_cell(&f, dx, dy, value > least_value ? value : least_value);
        }
    }
    double xx = f.xx - f.x * f.x / f.weight, xz = f.xz - f.x * f.z / f.weight;
    double yy = f.yy - f.y * f.y / f.weight, yz = f.yz - f.y * f.z / f.weight;
    double xy = f.xy - f.x * f.y / f.weight;
    double determinant = xx * yy - xy * xy;
    if (determinant > 0) { /* else the map is one cell wide or high */
        peak.x += offset_map_px((yy * xz - xy * yz) / determinant);
        peak.y += offset_map_px((xx * yz - xy * xz) / determinant);
    }
    return peak;
}

static void add_best(const hp_peak_finder *finder, const float *heatmap,
                     int joint, float floor, hp_peak_set *out)
{
    size_t row_bytes = (size_t)finder->width * sizeof(float);
    const maximum *found = finder->found.data;
    hp_peak *peaks = finder->peaks.data;
    int next = out->first[joint];

    for (int y = 0; y < finder->height; y++)
        memcpy(hp_peak_map_row(finder, y),
               heatmap + (size_t)y * (size_t)finder->width, row_bytes);
    int count = collect(finder, finder->kernels->rows->find_maxima8, floor);
    drop_weakest(finder, count);
    for (int i = 0; i < count; i++) {
        if (found[i].value >= floor)
            peaks[next++] = refined(finder, &found[i], joint);
    }
    out->first[joint + 1] = next;
}

hatpose_status hp_peak_find_best(hp_memory *memory, hp_peak_finder *finder,
                                 const hp_pose_input *input, float threshold,
                                 hp_peak_set *out, hatpose_error *err)
{
    size_t width = (size_t)input->width_map_px;
    size_t height = (size_t)input->height_map_px;
    /* No two of eight neighbours are both maxima. */
    size_t most = ((width + 1) / 2) * ((height + 1) / 2);

    memset(out, 0, sizeof *out);
    finder->width = input->width_map_px;
    finder->height = input->height_map_px;
    hatpose_status status =
        reserve(memory, finder, most, 2 * most * sizeof(hp_rank),
                HP_PEAK_LIMIT_BEST, err);
    if (status != HATPOSE_OK)
        return status;
    draw_border(finder, -1);
    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++)
        add_best(finder, input->heatmaps + (size_t)j * width * height, j,
                 fminf(score_floor, threshold), out);
    out->peaks = finder->peaks.data;
    return HATPOSE_OK;
}

void hp_peak_finder_release(hp_memory *memory, hp_peak_finder *finder)
{
    hp_buffer *buffers[] = {&finder->map,   &finder->wide,  &finder->columns,
                            &finder->found, &finder->order, &finder->peaks};

    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        hp_buffer_release(memory, buffers[i]);
}
