/* mapping.c - sizes of the network's input and the way back to the picture.
 * In: picture and network height. Out: the resized and padded sizes and the
 * conversions of docs/algorithm.md, "Back to the picture". */
#include "image/mapping.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

static const double stride_px = HP_MAP_STRIDE, up_ratio = HP_UP_RATIO;

/* Sides beyond this cannot be meant; keeps every product below in range. */
enum { SIDE_MAX_PX = 1 << 20 };

static hatpose_status check_arguments(int width_px, int height_px,
                                      int net_height_px, int max_net_width_px,
                                      hatpose_error *err)
{
    if (width_px < 1 || height_px < 1 || width_px > SIDE_MAX_PX ||
        height_px > SIDE_MAX_PX)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "picture of %d x %d px: sides of 1 to %d expected",
                       width_px, height_px, (int)SIDE_MAX_PX);
    if (net_height_px < 1 || net_height_px > SIDE_MAX_PX)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "net_height_px %d: 1 to %d expected", net_height_px,
                       (int)SIDE_MAX_PX);
    if (max_net_width_px < HP_MAP_STRIDE)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "max_net_width_px %d: at least %d expected",
                       max_net_width_px, (int)HP_MAP_STRIDE);
    return HATPOSE_OK;
}

static void set_net_size(hp_mapping *out, int width_net_px, int height_net_px)
{
    out->width_net_px = width_net_px;
    out->height_net_px = height_net_px;
    out->width_map_px = width_net_px / HP_MAP_STRIDE;
    out->height_map_px = height_net_px / HP_MAP_STRIDE;
}

/* The multiple of the stride nearest to a length, within [stride, limit]. */
static int nearest_multiple(double length_net_px, int limit_net_px)
{
    double multiple = stride_px * rint(length_net_px / stride_px);

    if (multiple < stride_px)
        return HP_MAP_STRIDE;
    return multiple > limit_net_px ? limit_net_px : (int)multiple;
}

hatpose_status hp_mapping_best(int width_px, int height_px, int net_height_px,
                               int max_net_width_px, hp_mapping *out,
                               hatpose_error *err)
{
    memset(out, 0, sizeof *out);
    hatpose_status status = check_arguments(width_px, height_px, net_height_px,
                                            max_net_width_px, err);
    if (status != HATPOSE_OK)
        return status;
    double w = width_px, h = height_px, net_h = net_height_px;
    double f = sqrt(net_h * (16 * net_h / 9) / (h * w));
    int limit = max_net_width_px / HP_MAP_STRIDE * HP_MAP_STRIDE;

    /* A long side that must be cut takes the other with it. */
    if (stride_px * rint(fmax(w, h) * f / stride_px) > limit)
        f = limit / fmax(w, h);
    set_net_size(out, nearest_multiple(w * f, limit),
                 nearest_multiple(h * f, limit));
    out->compat = false;
    out->width_px = width_px;
    out->height_px = height_px;
    out->resized_width_net_px = out->width_net_px;
    out->resized_height_net_px = out->height_net_px;
    out->scale_x = out->width_net_px / w;
    out->scale_y = out->height_net_px / h;
    return HATPOSE_OK;
}

static int round_up_to_stride(int length_net_px)
{
    return (length_net_px + HP_MAP_STRIDE - 1) / HP_MAP_STRIDE * HP_MAP_STRIDE;
}

static int at_least_one(double length_net_px)
{
    return length_net_px < 1 ? 1 : (int)length_net_px;
}

hatpose_status hp_mapping_compat(int width_px, int height_px, int net_height_px,
                                 int max_net_width_px, hp_mapping *out,
                                 hatpose_error *err)
{
    memset(out, 0, sizeof *out);
    hatpose_status status = check_arguments(width_px, height_px, net_height_px,
                                            max_net_width_px, err);
    if (status != HATPOSE_OK)
        return status;
    double f = (double)net_height_px / height_px;
    double resized_width = rint(width_px * f); /* ties to even, as OpenCV */
    double widest = fmax(net_height_px, resized_width);

    if (widest > max_net_width_px)
        return hp_fail(err, HATPOSE_E_LIMIT,
                       "picture of %d x %d px: a network input %.0f wide is "
                       "over max_net_width_px %d",
                       width_px, height_px, widest, max_net_width_px);
    out->compat = true;
    out->width_px = width_px;
    out->height_px = height_px;
    out->scale_x = out->scale_y = f;
    /* The original fails where a side rounds to nothing; one pixel is left
     * of it here. */
    out->resized_width_net_px = at_least_one(resized_width);
    out->resized_height_net_px = at_least_one(rint(height_px * f));
    set_net_size(out, round_up_to_stride((int)widest),
                 round_up_to_stride(net_height_px));
    if (out->width_net_px > max_net_width_px) {
        int width_net_px = out->width_net_px;
        memset(out, 0, sizeof *out);
        return hp_fail(err, HATPOSE_E_LIMIT,
                       "picture of %d x %d px: a network input %d wide is "
                       "over max_net_width_px %d",
                       width_px, height_px, width_net_px, max_net_width_px);
    }
    out->pad_left_net_px = (out->width_net_px - out->resized_width_net_px) / 2;
    out->pad_top_net_px = (out->height_net_px - out->resized_height_net_px) / 2;
    return HATPOSE_OK;
}

/* Both count from pixel centres, hence the halves. */
static float from_map(float map_px, int length_px, int length_net_px)
{
    double cells_px = ((double)map_px + 0.5) * stride_px;

    return (float)(cells_px * length_px / length_net_px - 0.5);
}

float hp_mapping_x_from_map(const hp_mapping *mapping, float x_map_px)
{
    return from_map(x_map_px, mapping->width_px, mapping->width_net_px);
}

float hp_mapping_y_from_map(const hp_mapping *mapping, float y_map_px)
{
    return from_map(y_map_px, mapping->height_px, mapping->height_net_px);
}

void hp_mapping_grid(const hp_mapping *mapping, hp_map_grid *out)
{
    double net_px_x = (double)mapping->resized_width_net_px / mapping->width_px;
    double net_px_y =
        (double)mapping->resized_height_net_px / mapping->height_px;

    out->step_x_px = stride_px / net_px_x;
    out->step_y_px = stride_px / net_px_y;
    out->left_px =
        (0.5 * stride_px - mapping->pad_left_net_px) / net_px_x - 0.5;
    out->top_px = (0.5 * stride_px - mapping->pad_top_net_px) / net_px_y - 0.5;
}

/* The original's formula, half a pixel short as it is (docs/algorithm.md,
 * "Back to the picture"). */
double hp_mapping_x_from_up(const hp_mapping *mapping, double x_up_px)
{
    return (x_up_px * stride_px / up_ratio - mapping->pad_left_net_px) /
           mapping->scale_x;
}

double hp_mapping_y_from_up(const hp_mapping *mapping, double y_up_px)
{
    return (y_up_px * stride_px / up_ratio - mapping->pad_top_net_px) /
           mapping->scale_y;
}
