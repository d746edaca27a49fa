/* context.h - all of one caller's working state. */
#ifndef HP_CONTEXT_H
#define HP_CONTEXT_H

#include "engine/engine.h"
#include "hat/head_map.h"
#include "hat/matcher.h"
#include "image/decode.h"
#include "pose/pose.h"

struct hatpose_context {
    hp_memory memory;
    hatpose_model *model;
    hatpose_options options; /* checked */
    hp_kernels kernels;
    _Atomic(const char *) description; /* of the kernels, any thread reads */
    hp_pool *pool;
    hp_engine *engine;
    hp_pose_decoder *decoder;
    hp_preparer preparer;
    hp_picture picture; /* of the last encoded one */
    hp_buffer painted;  /* copy of raw pixels, with white discs */
    hp_matcher matcher;
    hp_head_finder heads;
    hp_buffer file;   /* encoder's output */
    atomic_flag busy; /* a call is in it */
};

/* Each call on a context goes through these two: one at a time, and an
 * honest HATPOSE_E_ARGUMENT for the second. */
hatpose_status hp_context_enter(hatpose_context *context, hatpose_error *err);
void hp_context_leave(hatpose_context *context);

hp_image_limits hp_context_image_limits(const hatpose_context *context);

#endif
