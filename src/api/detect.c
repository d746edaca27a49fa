/* detect.c - the pipeline on one page: pixels, network input, maps, people,
 * hats, result. The steps are the modules'; here they only meet. */
#include <math.h>
#include <string.h>

#include "api/hats.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/sized_struct.h"
#include "result/result.h"

enum { MAP_SHAPE_BYTES_1_0 = 24 };

/* ---- The steps -------------------------------------------------------- */

static bool is_compat(const hatpose_context *context)
{
    return context->options.decode != HATPOSE_DECODE_BEST;
}

static hatpose_status map_picture(const hatpose_context *context, int width_px,
                                  int height_px, hp_mapping *mapping,
                                  hatpose_error *err)
{
    const hatpose_options *options = &context->options;
    int net_height_px = (int)options->net_height_px;
    int max_net_width_px = (int)options->max_net_width_px;

    if (is_compat(context))
        return hp_mapping_compat(width_px, height_px, net_height_px,
                                 max_net_width_px, mapping, err);
    return hp_mapping_best(width_px, height_px, net_height_px, max_net_width_px,
                           mapping, err);
}

/* Pixels to maps, with the times of both steps. */
static hatpose_status run_network(hatpose_context *context,
                                  const hp_pixels *pixels,
                                  const hp_mapping *mapping, hp_maps *maps,
                                  hatpose_times *times, hatpose_error *err)
{
    hp_input input;
    double start = hp_clock_us();
    hatpose_status status = hp_engine_plan(
        context->engine, mapping->width_net_px, mapping->height_net_px, err);

    if (status == HATPOSE_OK)
        status =
            hp_prepare(&context->memory, &context->preparer, pixels, mapping,
                       &context->model->normalisation, &input, err);
    if (status != HATPOSE_OK)
        return status;
    double prepared = hp_clock_us();
    hp_engine_run(context->engine, &input, maps);
    times->prepare_us = prepared - start;
    times->network_us = hp_clock_us() - prepared;
    return HATPOSE_OK;
}

static hatpose_status find_people(hatpose_context *context, const hp_maps *maps,
                                  hp_people *people, hatpose_times *times,
                                  hatpose_error *err)
{
    const hatpose_options *options = &context->options;
    hp_pose_input input = {
        .heatmaps = maps->heatmaps,
        .pafs = maps->pafs,
        .limb_paf = context->model->limb_paf,
        .width_map_px = maps->width_map_px,
        .height_map_px = maps->height_map_px,
        .keypoint_threshold = options->keypoint_threshold,
        .limb_threshold = options->limb_threshold,
        .person_threshold = options->person_threshold,
        .max_people = options->max_people,
    };
    double start = hp_clock_us();
    hatpose_status status;

    if (is_compat(context))
        status = hp_pose_decode_compat(context->decoder, &input, people, err);
    else
        status = hp_pose_decode_best(context->decoder, &input, people, err);
    times->decode_people_us = hp_clock_us() - start;
    return status;
}

/* ---- People of a result ----------------------------------------------- */

static float clamp(float value, float last)
{
    return value < 0 ? 0 : value > last ? last : value;
}

/* best: on the picture. COMPAT_EXACT: the original's, before the cut.
 * COMPAT: cut to whole px, and an x or y of -1 then means missing. */
static hatpose_keypoint keypoint_of(uint32_t decode, const hp_mapping *mapping,
                                    const hp_peak *peak)
{
    hatpose_keypoint point = {0, 0, peak->score};

    if (decode == HATPOSE_DECODE_BEST) {
        point.x = clamp(hp_mapping_x_from_map(mapping, peak->x),
                        (float)(mapping->width_px - 1));
        point.y = clamp(hp_mapping_y_from_map(mapping, peak->y),
                        (float)(mapping->height_px - 1));
        return point;
    }
    double x = hp_mapping_x_from_up(mapping, (double)peak->x);
    double y = hp_mapping_y_from_up(mapping, (double)peak->y);
    if (decode == HATPOSE_DECODE_COMPAT) {
        x = trunc(x);
        y = trunc(y);
        if (x == -1 || y == -1)
            point.score = 0;
    }
    point.x = (float)x;
    point.y = (float)y;
    return point;
}

static float keypoint_threshold(const hatpose_context *context)
{
    float given = context->options.keypoint_threshold;

    if (given >= 0)
        return given;
    return is_compat(context) ? hp_pose_compat_own.keypoint
                              : hp_pose_best_own.keypoint;
}

/* Around the keypoints from the threshold on; nothing without any. */
static void set_box(hatpose_person *person, float threshold)
{
    float left = INFINITY, top = INFINITY, right = -INFINITY,
          bottom = -INFINITY;

    for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++) {
        const hatpose_keypoint *point = &person->keypoints[k];
        if (point->score <= 0 || point->score < threshold)
            continue;
        left = fminf(left, point->x);
        right = fmaxf(right, point->x);
        top = fminf(top, point->y);
        bottom = fmaxf(bottom, point->y);
    }
    if (left > right)
        return;
    person->left = left;
    person->top = top;
    person->width = right - left;
    person->height = bottom - top;
}

static void fill_person(const hatpose_context *context,
                        const hp_mapping *mapping, const hp_people *people,
                        int index, hatpose_person *out)
{
    const hp_person *person = &people->people[index];
    uint32_t decode = context->options.decode;

    out->score = person->score;
    out->keypoint_count = (uint32_t)person->count;
    for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++) {
        int peak = person->peaks[k];
        out->peaks[k] = peak;
        if (peak >= 0)
            out->keypoints[k] =
                keypoint_of(decode, mapping, &people->peaks[peak]);
        else if (decode == HATPOSE_DECODE_COMPAT)
            out->keypoints[k] = (hatpose_keypoint){-1, -1, 0};
    }
    set_box(out, keypoint_threshold(context));
}

static void fill_peaks(const hatpose_context *context,
                       const hp_mapping *mapping, const hp_people *people,
                       hatpose_peak *out)
{
    for (int i = 0; i < people->peak_count; i++) {
        const hp_peak *peak = &people->peaks[i];
        out[i].score = peak->score;
        out[i].joint = peak->joint;
        if (is_compat(context)) {
            out[i].x = (float)hp_mapping_x_from_up(mapping, (double)peak->x);
            out[i].y = (float)hp_mapping_y_from_up(mapping, (double)peak->y);
        } else {
            out[i].x = hp_mapping_x_from_map(mapping, peak->x);
            out[i].y = hp_mapping_y_from_map(mapping, peak->y);
        }
    }
}

/* On failure the result is gone. */
static hatpose_status keep_if(hatpose_status status, hatpose_result **out)
{
    if (status != HATPOSE_OK) {
        hp_result_destroy(*out);
        *out = NULL;
    }
    return status;
}

/* Who wears the given boxes and, where they are wanted, the heads of the hat
 * maps. Boxes of foreign people come without maps. */
static hatpose_status match(hatpose_context *context, const hp_given_hats *hats,
                            bool are_foreign, const hatpose_head *heads,
                            hatpose_times *times, hatpose_result **out,
                            hatpose_error *err)
{
    const bool have_maps = !are_foreign && hp_map_heads_are_wanted(context);
    const bool have_boxes = hats->boxes != NULL;
    double start = hp_clock_us();
    hatpose_status status =
        hp_given_hats_match(context, hats, are_foreign, *out, err);

    if (status == HATPOSE_OK && have_maps)
        status = hp_map_heads_match(context, heads, have_boxes, *out, err);
    if (have_boxes || have_maps)
        times->match_us += hp_clock_us() - start;
    return keep_if(status, out);
}

/* What a network has found. */
typedef struct found {
    const hp_mapping *mapping;
    const hp_maps *maps;
    hp_people people;
} found;

static hatpose_status make_result(hatpose_context *context, const found *f,
                                  const hp_given_hats *hats,
                                  hatpose_times *times, hatpose_result **out,
                                  hatpose_error *err)
{
    const hp_mapping *mapping = f->mapping;
    const hp_people *people = &f->people;
    const hatpose_head *heads;
    hp_result_sizes sizes = {
        .person_count = (uint32_t)people->person_count,
        .hat_count = hats->count,
        .peak_count = (uint32_t)people->peak_count,
    };
    double start = hp_clock_us();
    hatpose_status status = hp_map_heads_find(context, mapping, f->maps, &heads,
                                              &sizes.head_count, err);

    if (hp_map_heads_are_wanted(context))
        times->match_us = hp_clock_us() - start;
    if (status == HATPOSE_OK)
        status = hp_result_create(&context->memory.host, &sizes, out, err);
    if (status != HATPOSE_OK)
        return status;
    (*out)->width_px = (uint32_t)mapping->width_px;
    (*out)->height_px = (uint32_t)mapping->height_px;
    for (int i = 0; i < people->person_count; i++)
        fill_person(context, mapping, people, i, &(*out)->people[i]);
    fill_peaks(context, mapping, people, (*out)->peaks);
    return match(context, hats, false, heads, times, out, err);
}

/* ---- From a picture --------------------------------------------------- */

/* times->decode_us is in it when the picture came from a file. */
static hatpose_status
detect_mapped(hatpose_context *context, const hp_pixels *pixels,
              const hp_mapping *mapping, const hp_given_hats *hats,
              hatpose_times *times, hatpose_result **out, hatpose_error *err)
{
    hp_maps maps;
    found f = {.mapping = mapping, .maps = &maps};
    double start = hp_clock_us();
    hatpose_status status =
        run_network(context, pixels, mapping, &maps, times, err);

    if (status == HATPOSE_OK)
        status = find_people(context, &maps, &f.people, times, err);
    if (status == HATPOSE_OK)
        status = make_result(context, &f, hats, times, out, err);
    if (status != HATPOSE_OK)
        return status;
    times->total_us = times->decode_us + (hp_clock_us() - start);
    (*out)->times = *times;
    (*out)->precision = context->kernels.precision;
    return HATPOSE_OK;
}

static hatpose_status detect_pixels(hatpose_context *context,
                                    const hp_pixels *pixels,
                                    const hp_given_hats *hats,
                                    hatpose_times *times, hatpose_result **out,
                                    hatpose_error *err)
{
    hp_mapping mapping;
    hatpose_status status = map_picture(context, pixels->width_px,
                                        pixels->height_px, &mapping, err);

    if (status == HATPOSE_OK)
        status =
            detect_mapped(context, pixels, &mapping, hats, times, out, err);
    return status;
}

static hatpose_status view_pixels(const hatpose_context *context,
                                  const void *pixels,
                                  const hatpose_image *layout, hp_pixels *view,
                                  hatpose_error *err)
{
    if (pixels == NULL || layout == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "%s is NULL",
                       pixels == NULL ? "pixels" : "layout");
    return hp_pixels_view(pixels, layout, context->options.max_side_px,
                          context->options.max_pixels, view, err);
}

/* With the old service's discs the network sees a painted copy. */
static hatpose_status paint_copy(hatpose_context *context,
                                 const hp_given_hats *hats, hp_pixels *view,
                                 hatpose_error *err)
{
    size_t bytes;
    size_t row = (size_t)view->width_px * (size_t)hp_pixel_bytes(view->format);

    if (!hp_given_hats_are_painted(context, hats))
        return HATPOSE_OK;
    if (!hp_size_multiply(row, (size_t)view->height_px, &bytes))
        bytes = SIZE_MAX;
    hatpose_status status = hp_buffer_reserve(
        &context->memory, &context->painted, bytes, "picture with discs", err);
    if (status != HATPOSE_OK)
        return status;
    uint8_t *copy = context->painted.data;
    for (int y = 0; y < view->height_px; y++)
        memcpy(copy + (size_t)y * row,
               view->data + (size_t)y * view->stride_bytes, row);
    view->data = copy;
    view->stride_bytes = row;
    hp_given_hats_paint(context, hats, copy, view);
    return HATPOSE_OK;
}

hatpose_status hatpose_detect(hatpose_context *context, const void *pixels,
                              const hatpose_image *layout,
                              const hatpose_hat *hats, uint32_t hat_count,
                              hatpose_result **out, hatpose_error *err)
{
    hp_given_hats given = {hats, hat_count};
    hp_pixels view;
    hatpose_times times = {.struct_size = sizeof times};

    if (out == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "out is NULL");
    *out = NULL;
    hatpose_status status = hp_context_enter(context, err);
    if (status != HATPOSE_OK)
        return status;
    status = hp_given_hats_check(context, &given, err);
    if (status == HATPOSE_OK)
        status = view_pixels(context, pixels, layout, &view, err);
    if (status == HATPOSE_OK)
        status = paint_copy(context, &given, &view, err);
    if (status == HATPOSE_OK)
        status = detect_pixels(context, &view, &given, &times, out, err);
    hp_context_leave(context);
    return status;
}

static hatpose_status detect_file(hatpose_context *context, const void *data,
                                  size_t bytes, const hp_given_hats *hats,
                                  hatpose_result **out, hatpose_error *err)
{
    hp_image_limits limits = hp_context_image_limits(context);
    hatpose_times times = {.struct_size = sizeof times};
    hp_picture *picture = &context->picture;
    hp_mapping mapping;
    double start = hp_clock_us();
    hatpose_status status = hp_picture_size(&limits, data, bytes, picture, err);

    if (status == HATPOSE_OK)
        status = map_picture(context, picture->width_px, picture->height_px,
                             &mapping, err);
    if (status != HATPOSE_OK)
        return status;
    /* Discs are painted on the picture as it is. */
    if (!hp_given_hats_are_painted(context, hats))
        limits.reduction_max = hp_prepare_reduction(&mapping);
    status =
        hp_picture_decode(&context->memory, &limits, data, bytes, picture, err);
    if (status != HATPOSE_OK)
        return status;
    times.decode_us = hp_clock_us() - start;
    hp_pixels view = hp_picture_pixels(picture);
    hp_given_hats_paint(context, hats, picture->pixels.data, &view);
    return detect_mapped(context, &view, &mapping, hats, &times, out, err);
}

hatpose_status hatpose_detect_encoded(hatpose_context *context,
                                      const void *data, size_t bytes,
                                      const hatpose_hat *hats,
                                      uint32_t hat_count, hatpose_result **out,
                                      hatpose_error *err)
{
    hp_given_hats given = {hats, hat_count};

    if (out == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "out is NULL");
    *out = NULL;
    if (data == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "data is NULL");
    hatpose_status status = hp_context_enter(context, err);
    if (status != HATPOSE_OK)
        return status;
    status = hp_given_hats_check(context, &given, err);
    if (status == HATPOSE_OK)
        status = detect_file(context, data, bytes, &given, out, err);
    hp_context_leave(context);
    return status;
}

/* ---- The two halves --------------------------------------------------- */

static hatpose_map_shape shape_of(const hatpose_context *context,
                                  const hp_mapping *mapping)
{
    const hatpose_model *model = context->model;
    hatpose_map_shape shape = {
        .struct_size = sizeof shape,
        .width_map_px = (uint32_t)mapping->width_map_px,
        .height_map_px = (uint32_t)mapping->height_map_px,
        .heatmap_count = (uint32_t)model->heatmaps.count,
        .paf_count = (uint32_t)model->pafs.count,
        .hat_map_count = (uint32_t)model->hats.count,
    };

    return shape;
}

static size_t plane_floats(const hatpose_map_shape *shape)
{
    return (size_t)shape->width_map_px * shape->height_map_px;
}

static size_t shape_floats(const hatpose_map_shape *shape)
{
    return plane_floats(shape) *
           (shape->heatmap_count + shape->paf_count + shape->hat_map_count);
}

static float *copy_planes(float *to, const float *from, int count, size_t plane)
{
    if (count > 0)
        memcpy(to, from, (size_t)count * plane * sizeof *to);
    return to + (size_t)count * plane;
}

typedef struct map_output {
    hatpose_map_shape *shape;
    float *maps;
    size_t capacity;
    size_t *needed;
} map_output;

static hatpose_status compute_maps(hatpose_context *context,
                                   const hp_pixels *pixels,
                                   const map_output *output, hatpose_error *err)
{
    hp_mapping mapping;
    hp_maps maps;
    hatpose_times times;
    hatpose_status status = map_picture(context, pixels->width_px,
                                        pixels->height_px, &mapping, err);

    if (status != HATPOSE_OK)
        return status;
    hatpose_map_shape shape = shape_of(context, &mapping);
    status = hp_sized_struct_write(output->shape, &shape, sizeof shape,
                                   MAP_SHAPE_BYTES_1_0);
    if (status != HATPOSE_OK)
        return hp_fail(err, status, "hatpose_map_shape: struct_size too small");
    *output->needed = shape_floats(&shape);
    if (output->maps == NULL && output->capacity == 0)
        return HATPOSE_OK;
    if (output->maps == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "maps is NULL");
    if (output->capacity < *output->needed)
        return hp_fail(err, HATPOSE_E_BUFFER_TOO_SMALL,
                       "maps: %zu floats needed, %zu given", *output->needed,
                       output->capacity);
    status = run_network(context, pixels, &mapping, &maps, &times, err);
    if (status != HATPOSE_OK)
        return status;
    size_t plane = plane_floats(&shape);
    float *to = output->maps;
    to = copy_planes(to, maps.heatmaps, maps.heatmap_count, plane);
    to = copy_planes(to, maps.pafs, maps.paf_count, plane);
    copy_planes(to, maps.hats, maps.hat_count, plane);
    return HATPOSE_OK;
}

hatpose_status hatpose_maps(hatpose_context *context, const void *pixels,
                            const hatpose_image *layout,
                            hatpose_map_shape *shape, float *maps,
                            size_t capacity, size_t *needed, hatpose_error *err)
{
    map_output output = {shape, maps, capacity, needed};
    hp_pixels view;

    if (shape == NULL || needed == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "%s is NULL",
                       shape == NULL ? "shape" : "needed");
    *needed = 0;
    hatpose_status status = hp_context_enter(context, err);
    if (status != HATPOSE_OK)
        return status;
    status = view_pixels(context, pixels, layout, &view, err);
    if (status == HATPOSE_OK)
        status = compute_maps(context, &view, &output, err);
    hp_context_leave(context);
    return status;
}

/* The sides of a picture that is not at hand. */
static hatpose_status check_picture_size(const hatpose_context *context,
                                         uint32_t width_px, uint32_t height_px,
                                         hatpose_error *err)
{
    const hatpose_options *options = &context->options;

    if (width_px == 0 || height_px == 0)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "picture of %ux%u px",
                       (unsigned)width_px, (unsigned)height_px);
    if (width_px > options->max_side_px || height_px > options->max_side_px)
        return hp_fail(err, HATPOSE_E_LIMIT,
                       "picture of %ux%u px: max_side_px is %u",
                       (unsigned)width_px, (unsigned)height_px,
                       (unsigned)options->max_side_px);
    if ((uint64_t)width_px * height_px > options->max_pixels)
        return hp_fail(err, HATPOSE_E_LIMIT,
                       "picture of %ux%u px: max_pixels is %llu",
                       (unsigned)width_px, (unsigned)height_px,
                       (unsigned long long)options->max_pixels);
    return HATPOSE_OK;
}

static hatpose_status check_shape(const hatpose_map_shape *given,
                                  const hatpose_map_shape *expected,
                                  hatpose_error *err)
{
    hatpose_map_shape ours = *expected;
    hatpose_status status =
        hp_sized_struct_read(&ours, sizeof ours, MAP_SHAPE_BYTES_1_0, given,
                             "hatpose_map_shape", err);

    if (status != HATPOSE_OK)
        return status;
    ours.struct_size = expected->struct_size;
    if (memcmp(&ours, expected, sizeof ours) == 0)
        return HATPOSE_OK;
    return hp_fail(
        err, HATPOSE_E_ARGUMENT,
        "maps of %ux%u with %u+%u+%u planes: %ux%u with %u+%u+%u "
        "expected",
        (unsigned)ours.width_map_px, (unsigned)ours.height_map_px,
        (unsigned)ours.heatmap_count, (unsigned)ours.paf_count,
        (unsigned)ours.hat_map_count, (unsigned)expected->width_map_px,
        (unsigned)expected->height_map_px, (unsigned)expected->heatmap_count,
        (unsigned)expected->paf_count, (unsigned)expected->hat_map_count);
}

typedef struct given_maps {
    const float *planes;
    const hatpose_map_shape *shape;
    uint32_t width_px, height_px;
} given_maps;

static hatpose_status decode_given(hatpose_context *context,
                                   const given_maps *given,
                                   const hp_given_hats *hats,
                                   hatpose_result **out, hatpose_error *err)
{
    hp_mapping mapping;
    hatpose_times times = {.struct_size = sizeof times};
    double start = hp_clock_us();
    hatpose_status status =
        check_picture_size(context, given->width_px, given->height_px, err);

    if (status == HATPOSE_OK)
        status = map_picture(context, (int)given->width_px,
                             (int)given->height_px, &mapping, err);
    if (status != HATPOSE_OK)
        return status;
    hatpose_map_shape shape = shape_of(context, &mapping);
    status = check_shape(given->shape, &shape, err);
    if (status != HATPOSE_OK)
        return status;
    size_t plane = plane_floats(&shape);
    hp_maps maps = {
        .heatmaps = given->planes,
        .pafs = given->planes + shape.heatmap_count * plane,
        .heatmap_count = (int)shape.heatmap_count,
        .paf_count = (int)shape.paf_count,
        .hat_count = (int)shape.hat_map_count,
        .width_map_px = mapping.width_map_px,
        .height_map_px = mapping.height_map_px,
    };
    if (maps.hat_count > 0)
        maps.hats = maps.pafs + shape.paf_count * plane;
    found f = {.mapping = &mapping, .maps = &maps};
    status = find_people(context, &maps, &f.people, &times, err);
    if (status == HATPOSE_OK)
        status = make_result(context, &f, hats, &times, out, err);
    if (status != HATPOSE_OK)
        return status;
    times.total_us = hp_clock_us() - start;
    (*out)->times = times;
    return HATPOSE_OK;
}

hatpose_status hatpose_detect_maps(hatpose_context *context, const float *maps,
                                   const hatpose_map_shape *shape,
                                   uint32_t width_px, uint32_t height_px,
                                   const hatpose_hat *hats, uint32_t hat_count,
                                   hatpose_result **out, hatpose_error *err)
{
    given_maps given = {maps, shape, width_px, height_px};
    hp_given_hats given_hats = {hats, hat_count};

    if (out == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "out is NULL");
    *out = NULL;
    if (maps == NULL || shape == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "%s is NULL",
                       maps == NULL ? "maps" : "shape");
    hatpose_status status = hp_context_enter(context, err);
    if (status != HATPOSE_OK)
        return status;
    status = hp_given_hats_check(context, &given_hats, err);
    if (status == HATPOSE_OK)
        status = decode_given(context, &given, &given_hats, out, err);
    hp_context_leave(context);
    return status;
}

/* ---- People from elsewhere -------------------------------------------- */

typedef struct given_people {
    const hatpose_keypoint *keypoints;
    uint32_t count;
    uint32_t width_px, height_px;
} given_people;

static bool is_finite_keypoint(const hatpose_keypoint *point)
{
    return isfinite(point->x) && isfinite(point->y) && isfinite(point->score);
}

static hatpose_status fill_given_person(const hatpose_keypoint *keypoints,
                                        uint32_t index, float threshold,
                                        hatpose_person *out, hatpose_error *err)
{
    for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++) {
        if (!is_finite_keypoint(&keypoints[k]))
            return hp_fail(err, HATPOSE_E_ARGUMENT,
                           "person %u: keypoint %d is not finite",
                           (unsigned)index, k);
        out->keypoints[k] = keypoints[k];
        if (keypoints[k].score > 0)
            out->keypoint_count++;
    }
    set_box(out, threshold);
    return HATPOSE_OK;
}

static hatpose_status take_people(hatpose_context *context,
                                  const given_people *given,
                                  const hp_given_hats *hats,
                                  hatpose_result **out, hatpose_error *err)
{
    hp_result_sizes sizes = {.person_count = given->count,
                             .hat_count = hats->count};
    double start = hp_clock_us();
    hatpose_status status =
        check_picture_size(context, given->width_px, given->height_px, err);

    if (status == HATPOSE_OK)
        status = hp_result_create(&context->memory.host, &sizes, out, err);
    if (status != HATPOSE_OK)
        return status;
    (*out)->width_px = given->width_px;
    (*out)->height_px = given->height_px;
    for (uint32_t i = 0; i < given->count; i++) {
        status = fill_given_person(
            given->keypoints + (size_t)i * HATPOSE_KEYPOINT_COUNT, i,
            keypoint_threshold(context), &(*out)->people[i], err);
        if (status != HATPOSE_OK) {
            hp_result_destroy(*out);
            *out = NULL;
            return status;
        }
    }
    hatpose_times times = {.struct_size = sizeof times};
    status = match(context, hats, true, NULL, &times, out, err);
    if (status != HATPOSE_OK)
        return status;
    times.total_us = hp_clock_us() - start;
    (*out)->times = times;
    return HATPOSE_OK;
}

hatpose_status hatpose_match(hatpose_context *context, uint32_t width_px,
                             uint32_t height_px,
                             const hatpose_keypoint *keypoints,
                             uint32_t person_count, const hatpose_hat *hats,
                             uint32_t hat_count, hatpose_result **out,
                             hatpose_error *err)
{
    given_people given = {keypoints, person_count, width_px, height_px};
    hp_given_hats given_hats = {hats, hat_count};

    if (out == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "out is NULL");
    *out = NULL;
    if (keypoints == NULL && person_count > 0)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "keypoints is NULL");
    hatpose_status status = hp_context_enter(context, err);
    if (status != HATPOSE_OK)
        return status;
    status = hp_given_hats_check(context, &given_hats, err);
    if (status == HATPOSE_OK && person_count > context->options.max_people)
        status = hp_fail(err, HATPOSE_E_LIMIT, "%u people: max_people is %u",
                         (unsigned)person_count,
                         (unsigned)context->options.max_people);
    if (status == HATPOSE_OK)
        status = take_people(context, &given, &given_hats, out, err);
    hp_context_leave(context);
    return status;
}
