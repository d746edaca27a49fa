/* context.c - options checked and applied; threads, memory and plans of one
 * caller. */
#include "api/context.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/sized_struct.h"

enum {
    OPTIONS_BYTES_1_0 = 88,
    CPU_BITS = HATPOSE_CPU_AVX2 | HATPOSE_CPU_AVX512 | HATPOSE_CPU_NEON |
               HATPOSE_CPU_AMX | HATPOSE_CPU_VNNI | HATPOSE_CPU_BLAS,
    MAX_NET_HEIGHT_PX = 8192,
    /* Sides are int; products of two still fit 64 bits by far. */
    MAX_SIDE_PX = 1 << 20
};

static hatpose_options defaults(void)
{
    hatpose_options options;

    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.net_height_px = 256;
    options.keypoint_threshold = -1;
    options.limb_threshold = -1;
    options.person_threshold = -1;
    options.max_people = 256;
    options.max_hats = 4096;
    options.max_side_px = 32768;
    options.max_net_width_px = 2048;
    options.max_pixels = 100000000;
    options.max_encoded_bytes = (uint64_t)64 << 20;
    options.max_memory_bytes = (uint64_t)1 << 30;
    return options;
}

void hatpose_options_init(hatpose_options *options, uint32_t struct_size)
{
    hatpose_options ours = defaults();

    if (options == NULL || struct_size < sizeof struct_size)
        return;
    memset(options, 0, struct_size);
    memcpy(options, &ours,
           struct_size < sizeof ours ? struct_size : sizeof ours);
    options->struct_size = struct_size;
}

static hatpose_status check_choice(const char *name, uint32_t value,
                                   uint32_t last, hatpose_error *err)
{
    if (value <= last)
        return HATPOSE_OK;
    return hp_fail(err, HATPOSE_E_ARGUMENT, "%s %u: at most %u", name,
                   (unsigned)value, (unsigned)last);
}

static hatpose_status check_choices(const hatpose_options *options,
                                    hatpose_error *err)
{
    const struct {
        const char *name;
        uint32_t value, last;
    } choices[] = {
        {"precision", options->precision, HATPOSE_PRECISION_INT8},
        {"decode", options->decode, HATPOSE_DECODE_COMPAT_EXACT},
        {"hat_rule", options->hat_rule, HATPOSE_HATS_COMPAT},
        {"hat_sources", options->hat_sources,
         HATPOSE_FROM_CALLER | HATPOSE_FROM_MODEL},
        {"paint_hats", options->paint_hats, 1},
        {"accept_damaged_jpeg", options->accept_damaged_jpeg, 1},
        {"hatpose_options.reserved", options->reserved, 0},
    };

    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        hatpose_status status = check_choice(choices[i].name, choices[i].value,
                                             choices[i].last, err);
        if (status != HATPOSE_OK)
            return status;
    }
    if ((options->cpu_off & ~(uint32_t)CPU_BITS) != 0)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "cpu_off 0x%x: unknown bits",
                       (unsigned)options->cpu_off);
    return HATPOSE_OK;
}

/* Negative ones stay: the decoder puts the mode's own in their place. */
static hatpose_status check_thresholds(const hatpose_options *options,
                                       hatpose_error *err)
{
    const struct {
        const char *name;
        float value;
    } thresholds[] = {
        {"keypoint_threshold", options->keypoint_threshold},
        {"limb_threshold", options->limb_threshold},
        {"person_threshold", options->person_threshold},
    };

    for (size_t i = 0; i < sizeof thresholds / sizeof thresholds[0]; i++)
        if (!isfinite(thresholds[i].value))
            return hp_fail(err, HATPOSE_E_ARGUMENT, "%s is not a finite number",
                           thresholds[i].name);
    return HATPOSE_OK;
}

static uint32_t at_most(uint32_t value, uint32_t bound)
{
    return value < bound ? value : bound;
}

static hatpose_status check_sizes(hatpose_options *options, hatpose_error *err)
{
    if (options->net_height_px < 8 || options->net_height_px % 8 != 0 ||
        options->net_height_px > MAX_NET_HEIGHT_PX)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "net_height_px %u: a multiple of 8 from 8 to %d "
                       "expected",
                       (unsigned)options->net_height_px, MAX_NET_HEIGHT_PX);
    if (options->max_net_width_px < 8)
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "max_net_width_px %u: at least 8 expected",
                       (unsigned)options->max_net_width_px);
    /* Larger bounds mean "no limit": what fits our arithmetic stays. */
    options->max_side_px = at_most(options->max_side_px, MAX_SIDE_PX);
    options->max_net_width_px = at_most(options->max_net_width_px, MAX_SIDE_PX);
    options->max_people = at_most(options->max_people, INT32_MAX);
    options->max_hats = at_most(options->max_hats, INT32_MAX);
    return HATPOSE_OK;
}

/* What the caller gave, checked; NULL means the defaults. */
static hatpose_status settle_options(const hatpose_options *given,
                                     hatpose_options *out, hatpose_error *err)
{
    hatpose_status status = HATPOSE_OK;

    *out = defaults();
    if (given != NULL)
        status = hp_sized_struct_read(out, sizeof *out, OPTIONS_BYTES_1_0,
                                      given, "hatpose_options", err);
    if (status == HATPOSE_OK)
        status = check_choices(out, err);
    if (status == HATPOSE_OK)
        status = check_sizes(out, err);
    if (status == HATPOSE_OK)
        status = check_thresholds(out, err);
    return status;
}

/* compat repeats the original to the bit as far as its maps allow: by itself
 * it takes floats. */
static void select_kernels(const hatpose_options *options, hp_kernels *kernels)
{
    uint32_t precision = options->precision;

    if (precision == HATPOSE_PRECISION_AUTO &&
        options->decode != HATPOSE_DECODE_BEST)
        precision = HATPOSE_PRECISION_F32;
    hp_kernels_select(options->cpu_off, precision, kernels);
}

/* Threads and engine for these options; both or none. */
static hatpose_status make_engine(hatpose_context *context,
                                  const hatpose_options *options,
                                  const hp_kernels *kernels, hp_pool **pool,
                                  hp_engine **engine, hatpose_error *err)
{
    *engine = NULL;
    hatpose_status status =
        hp_pool_create(&context->memory, options->thread_count, pool, err);

    if (status != HATPOSE_OK)
        return status;
    const hp_engine_source source = {
        .model = context->model, .pool = *pool, .kernels = kernels};
    status = hp_engine_create(&context->memory, &source, engine, err);
    if (status != HATPOSE_OK) {
        hp_pool_destroy(*pool);
        *pool = NULL;
    }
    return status;
}

hatpose_status hatpose_context_create(hatpose_model *model,
                                      const hatpose_options *options,
                                      hatpose_context **out, hatpose_error *err)
{
    hatpose_options settled;
    hp_memory memory;
    void *block;

    if (out == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "out is NULL");
    *out = NULL;
    if (model == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "model is NULL");
    hatpose_status status = settle_options(options, &settled, err);
    if (status != HATPOSE_OK)
        return status;
    hp_memory_init(&memory, &model->memory.host, 0);
    status = hp_allocate_array(&memory, 1, sizeof(hatpose_context), "context",
                               &block, err);
    if (status != HATPOSE_OK)
        return status;
    hatpose_context *context = block;
    hp_memory_init(&context->memory, &model->memory.host,
                   settled.max_memory_bytes);
    atomic_flag_clear(&context->busy);
    context->options = settled;
    hp_model_retain(model);
    context->model = model;
    /* The engine keeps a pointer to the table: it must not move. */
    select_kernels(&settled, &context->kernels);
    context->preparer.resizer.kernels = &context->kernels;
    atomic_init(&context->description, context->kernels.layers->name);
    status = make_engine(context, &settled, &context->kernels, &context->pool,
                         &context->engine, err);
    if (status == HATPOSE_OK)
        status = hp_pose_decoder_create(&context->memory, &context->kernels,
                                        &context->decoder, err);
    if (status != HATPOSE_OK) {
        hatpose_context_destroy(context);
        return status;
    }
    hp_error_clear(err);
    *out = context;
    return HATPOSE_OK;
}

static hatpose_status apply(hatpose_context *context,
                            const hatpose_options *settled, hatpose_error *err)
{
    hp_pool *pool;
    hp_engine *engine;
    hp_kernels before = context->kernels;

    if (settled->max_memory_bytes != 0 &&
        atomic_load(&context->memory.used_bytes) > settled->max_memory_bytes)
        return hp_fail(err, HATPOSE_E_LIMIT,
                       "the context already uses more than max_memory_bytes "
                       "%llu",
                       (unsigned long long)settled->max_memory_bytes);
    select_kernels(settled, &context->kernels);
    if (settled->thread_count != context->options.thread_count ||
        before.layers != context->kernels.layers) {
        hatpose_status status = make_engine(context, settled, &context->kernels,
                                            &pool, &engine, err);
        if (status != HATPOSE_OK) {
            context->kernels = before;
            return status;
        }
        hp_engine_destroy(context->engine);
        hp_pool_destroy(context->pool);
        context->engine = engine;
        context->pool = pool;
    }
    atomic_store(&context->description, context->kernels.layers->name);
    context->memory.limit_bytes = (size_t)settled->max_memory_bytes;
    context->options = *settled;
    return HATPOSE_OK;
}

hatpose_status hatpose_context_configure(hatpose_context *context,
                                         const hatpose_options *options,
                                         hatpose_error *err)
{
    hatpose_options settled;
    hatpose_status status = hp_context_enter(context, err);

    if (status != HATPOSE_OK)
        return status;
    status = settle_options(options, &settled, err);
    if (status == HATPOSE_OK)
        status = apply(context, &settled, err);
    hp_context_leave(context);
    return status;
}

void hatpose_context_destroy(hatpose_context *context)
{
    if (context == NULL)
        return;
    hp_memory memory;
    hp_memory_init(&memory, &context->memory.host, 0);
    hp_pose_decoder_destroy(context->decoder);
    hp_engine_destroy(context->engine);
    hp_pool_destroy(context->pool);
    hp_preparer_release(&context->memory, &context->preparer);
    hp_picture_release(&context->memory, &context->picture);
    hp_buffer_release(&context->memory, &context->painted);
    hp_buffer_release(&context->memory, &context->file);
    hp_matcher_release(&context->memory, &context->matcher);
    hp_head_finder_release(&context->memory, &context->heads);
    hp_model_release(context->model);
    hp_deallocate(&memory, context);
}

const char *hatpose_context_kernels(const hatpose_context *context)
{
    return context == NULL ? "" : atomic_load(&context->description);
}

hatpose_status hatpose_context_layer_time(const hatpose_context *context,
                                          uint32_t index,
                                          hatpose_layer_time *layer)
{
    /* Reading is a call like any other: configure may free the engine. The
     * flag is the one thing here that is not constant. */
    hatpose_context *flagged = (hatpose_context *)(uintptr_t)context;
    hatpose_layer_time ours;
    hp_op_time time;

    if (layer == NULL)
        return HATPOSE_E_ARGUMENT;
    hatpose_status status = hp_context_enter(flagged, NULL);
    if (status != HATPOSE_OK)
        return status;
    bool found = index <= INT32_MAX &&
                 hp_engine_op_time(context->engine, (int)index, &time);
    hp_context_leave(flagged);
    if (!found)
        return HATPOSE_E_ARGUMENT;
    memset(&ours, 0, sizeof ours);
    ours.precision = time.precision;
    ours.mac_count = time.mac_count;
    ours.time_us = time.time_us;
    snprintf(ours.name, sizeof ours.name, "%s", time.name);
    snprintf(ours.kernel, sizeof ours.kernel, "%s", time.kernel);
    return hp_sized_struct_write(layer, &ours, sizeof ours, sizeof ours);
}

hatpose_status hp_context_enter(hatpose_context *context, hatpose_error *err)
{
    if (context == NULL)
        return hp_fail(err, HATPOSE_E_ARGUMENT, "context is NULL");
    if (atomic_flag_test_and_set(&context->busy))
        return hp_fail(err, HATPOSE_E_ARGUMENT,
                       "the context is in use by another call");
    hp_error_clear(err);
    return HATPOSE_OK;
}

void hp_context_leave(hatpose_context *context)
{
    atomic_flag_clear(&context->busy);
}

hp_image_limits hp_context_image_limits(const hatpose_context *context)
{
    hp_image_limits limits = {
        .max_side_px = context->options.max_side_px,
        .max_pixels = context->options.max_pixels,
        .max_encoded_bytes = context->options.max_encoded_bytes,
        .accept_damaged_jpeg = context->options.accept_damaged_jpeg != 0,
    };

    return limits;
}
