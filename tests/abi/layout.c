/* layout.c - the ABI of soname 1 as numbers: sizes, offsets, constants. A
 * line here changes only with a reason in NEWS (docs/abi.md). */
#include "hatpose.h"

#define SIZE(type, bytes) \
    _Static_assert(sizeof(hatpose_##type) == (bytes), #type)
#define AT(type, field, bytes)                                       \
    _Static_assert(offsetof(hatpose_##type, field) == (bytes), #type \
                   "." #field)
#define IS(constant, value) \
    _Static_assert(HATPOSE_##constant == (value), #constant)

#if UINTPTR_MAX == UINT64_MAX
SIZE(error, 256);
AT(error, offset, 8);
AT(error, message, 16);
SIZE(keypoint, 12);
SIZE(peak, 16);
AT(peak, joint, 12);
SIZE(hat, 56);
AT(hat, score, 32);
AT(hat, kind, 36);
AT(hat, person_index, 40);
AT(hat, holder_index, 44);
AT(hat, source, 48);
SIZE(head, 44);
AT(head, hat_score, 20);
AT(head, hat_state, 24);
AT(head, hat_index, 32);
AT(head, person_index, 36);
SIZE(host, 40);
AT(host, user, 8);
AT(host, allocate, 16);
AT(host, deallocate, 24);
AT(host, log, 32);
SIZE(options, 96);
AT(options, thread_count, 4);
AT(options, net_height_px, 8);
AT(options, precision, 12);
AT(options, cpu_off, 16);
AT(options, decode, 20);
AT(options, hat_rule, 24);
AT(options, hat_sources, 28);
AT(options, paint_hats, 32);
AT(options, keypoint_threshold, 36);
AT(options, limb_threshold, 40);
AT(options, person_threshold, 44);
AT(options, max_people, 48);
AT(options, max_hats, 52);
AT(options, max_side_px, 56);
AT(options, max_net_width_px, 60);
AT(options, max_pixels, 64);
AT(options, max_encoded_bytes, 72);
AT(options, max_memory_bytes, 80);
AT(options, accept_damaged_jpeg, 88);
SIZE(image, 24);
AT(image, format, 4);
AT(image, width_px, 8);
AT(image, height_px, 12);
AT(image, stride_bytes, 16);
SIZE(map_shape, 24);
AT(map_shape, hat_map_count, 20);
SIZE(model_info, 808);
AT(model_info, file_bytes, 8);
AT(model_info, name, 40);
AT(model_info, source_url, 552);
SIZE(person, 376);
AT(person, score, 8);
AT(person, hat_score, 16);
AT(person, area_rate, 24);
AT(person, keypoint_count, 32);
AT(person, hat_state, 40);
AT(person, hat_index, 48);
AT(person, compat_x1, 56);
AT(person, left, 72);
AT(person, keypoints, 88);
AT(person, peaks, 304);
SIZE(times, 56);
AT(times, decode_us, 8);
AT(times, total_us, 48);
SIZE(layer_time, 152);
AT(layer_time, mac_count, 8);
AT(layer_time, time_us, 16);
AT(layer_time, name, 24);
AT(layer_time, kernel, 88);
#endif

IS(KEYPOINT_COUNT, 18);
IS(OK, 0);
IS(E_ARGUMENT, 1);
IS(E_MEMORY, 2);
IS(E_UNSUPPORTED, 3);
IS(E_ABI, 4);
IS(E_BUFFER_TOO_SMALL, 5);
IS(E_LIMIT, 6);
IS(E_IO, 10);
IS(E_MODEL_FORMAT, 20);
IS(E_MODEL_CORRUPT, 21);
IS(E_IMAGE_FORMAT, 30);
IS(E_IMAGE_CORRUPT, 31);
IS(E_INTERNAL, 90);
IS(LOG_NONE, 0);
IS(LOG_DEBUG, 4);
IS(CPU_AVX2, 1);
IS(CPU_AVX512, 2);
IS(CPU_NEON, 4);
IS(CPU_AMX, 8);
IS(CPU_VNNI, 16);
IS(CPU_BLAS, 32);
IS(PRECISION_AUTO, 0);
IS(PRECISION_F32, 1);
IS(PRECISION_BF16, 2);
IS(PRECISION_INT8, 3);
IS(DECODE_BEST, 0);
IS(DECODE_COMPAT, 1);
IS(DECODE_COMPAT_EXACT, 2);
IS(HATS_GEOMETRIC, 0);
IS(HATS_COMPAT, 1);
IS(FROM_CALLER, 1);
IS(FROM_MODEL, 2);
IS(RGB8, 1);
IS(BGR8, 2);
IS(RGBA8, 3);
IS(BGRA8, 4);
IS(GRAY8, 5);
IS(FILE_PNG, 1);
IS(FILE_JPEG, 2);
IS(GEAR_HAT, 0);
IS(GEAR_VEST, 1);
IS(GEAR_GLOVE, 2);
IS(GEAR_BOOT, 3);
IS(GEAR_MASK, 4);
IS(HAT_UNKNOWN, 0);
IS(HAT_WORN, 1);
IS(HAT_NOT_WORN, 2);
IS(REASON_NO_EVIDENCE, 0);
IS(REASON_HAT_ON_HEAD, 1);
IS(REASON_HEAD_BARE, 2);
IS(REASON_HAT_IN_HAND, 3);
IS(REASON_HEAD_HIDDEN, 4);
IS(REASON_HEAD_TOO_SMALL, 5);
IS(JSON_TIMINGS, 1);
IS(DRAW_SKELETONS, 1);
IS(DRAW_BOXES, 2);
IS(DRAW_HATS, 4);
IS(DRAW_TAGS, 8);
IS(DRAW_BLUR, 16);

int main(void)
{
    return hatpose_check_abi(HATPOSE_VERSION) == HATPOSE_OK ? 0 : 1;
}
