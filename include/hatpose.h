/* hatpose.h - photo in, people out. */
#ifndef HATPOSE_H
#define HATPOSE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define HATPOSE_API __attribute__((visibility("default")))
#else
#define HATPOSE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define HATPOSE_VERSION 0x000100u /* 0xMMmmpp */
#define HATPOSE_KEYPOINT_COUNT 18 /* fixed for soname 1 */

typedef struct hatpose_model hatpose_model; /* immutable, ref-counted */
typedef struct hatpose_context hatpose_context; /* one thread at a time */
typedef struct hatpose_result hatpose_result; /* immutable, caller's */

typedef int32_t hatpose_status; /* numbers never change or get reused */
enum {
    HATPOSE_OK = 0,
    HATPOSE_E_ARGUMENT = 1, /* caller's bug */
    HATPOSE_E_MEMORY = 2,
    HATPOSE_E_UNSUPPORTED = 3, /* newer than this library or build */
    HATPOSE_E_ABI = 4, /* header and library do not fit */
    HATPOSE_E_BUFFER_TOO_SMALL = 5, /* *needed was stored */
    HATPOSE_E_LIMIT = 6, /* a max_ in hatpose_options */
    HATPOSE_E_IO = 10,
    HATPOSE_E_MODEL_FORMAT = 20, HATPOSE_E_MODEL_CORRUPT = 21,
    HATPOSE_E_IMAGE_FORMAT = 30, HATPOSE_E_IMAGE_CORRUPT = 31,
    HATPOSE_E_INTERNAL = 90
};
enum { HATPOSE_LOG_NONE = 0, HATPOSE_LOG_ERROR = 1, HATPOSE_LOG_WARN = 2,
       HATPOSE_LOG_INFO = 3, HATPOSE_LOG_DEBUG = 4 };
enum { HATPOSE_CPU_AVX2 = 1, HATPOSE_CPU_AVX512 = 2, HATPOSE_CPU_NEON = 4,
       HATPOSE_CPU_AMX = 8, HATPOSE_CPU_VNNI = 16, HATPOSE_CPU_BLAS = 32 };
enum { HATPOSE_PRECISION_AUTO = 0, HATPOSE_PRECISION_F32 = 1,
       HATPOSE_PRECISION_BF16 = 2, HATPOSE_PRECISION_INT8 = 3 };
enum { HATPOSE_DECODE_BEST = 0, HATPOSE_DECODE_COMPAT = 1,
       HATPOSE_DECODE_COMPAT_EXACT = 2 };
enum { HATPOSE_HATS_GEOMETRIC = 0, HATPOSE_HATS_COMPAT = 1 };
enum { HATPOSE_FROM_CALLER = 1, HATPOSE_FROM_MODEL = 2 }; /* bits */
enum { HATPOSE_RGB8 = 1, HATPOSE_BGR8 = 2, HATPOSE_RGBA8 = 3,
       HATPOSE_BGRA8 = 4, HATPOSE_GRAY8 = 5 };
enum { HATPOSE_FILE_PNG = 1, HATPOSE_FILE_JPEG = 2 };
enum { HATPOSE_GEAR_HAT = 0, HATPOSE_GEAR_VEST = 1, HATPOSE_GEAR_GLOVE = 2,
       HATPOSE_GEAR_BOOT = 3, HATPOSE_GEAR_MASK = 4 };
enum { HATPOSE_HAT_UNKNOWN = 0, HATPOSE_HAT_WORN = 1,
       HATPOSE_HAT_NOT_WORN = 2 };
enum { HATPOSE_REASON_NO_EVIDENCE = 0, HATPOSE_REASON_HAT_ON_HEAD = 1,
       HATPOSE_REASON_HEAD_BARE = 2, HATPOSE_REASON_HAT_IN_HAND = 3,
       HATPOSE_REASON_HEAD_HIDDEN = 4, HATPOSE_REASON_HEAD_TOO_SMALL = 5 };

/* Frozen structs: never grow in soname 1, so arrays of them are safe. */
typedef struct hatpose_error { /* err may always be NULL */
    hatpose_status status;
    uint32_t reserved;
    uint64_t offset;   /* byte in the model or image, 0 = none */
    char message[240]; /* English, one line, terminated */
} hatpose_error;
typedef struct hatpose_keypoint {
    float x, y, score; /* image px; score 0 = not found */
} hatpose_keypoint;
typedef struct hatpose_peak { /* joint = 0..17; by joint, then as found */
    float x, y, score; /* image px, never cut */
    uint32_t joint;
} hatpose_peak;
typedef struct hatpose_hat {
    double left, top, width, height; /* image px */
    float score;
    uint32_t kind;        /* HATPOSE_GEAR_* */
    int32_t person_index; /* out: wearer or -1 */
    int32_t holder_index; /* out: has it in the hand, or -1 */
    uint32_t source;      /* out: HATPOSE_FROM_* */
    uint32_t reserved;
} hatpose_hat;
typedef struct hatpose_head { /* as the hat maps show it */
    float left, top, width, height, score; /* image px */
    float hat_score;
    int32_t hat_state, hat_reason;
    int32_t hat_index;    /* -1 = none */
    int32_t person_index; /* -1 = no pose was found */
    uint32_t reserved;
} hatpose_head;

/* Growing structs: struct_size = sizeof in the caller's build. */
typedef struct hatpose_host { /* contexts inherit the model's */
    uint32_t struct_size;
    int32_t log_level;
    void *user;
    void *(*allocate)(void *user, size_t bytes, size_t alignment);
    void (*deallocate)(void *user, void *block, size_t bytes);
    void (*log)(void *user, int32_t level, const char *message);
} hatpose_host;
typedef struct hatpose_options {
    uint32_t struct_size;
    uint32_t thread_count;  /* 0 = all allowed cores, 1 = no workers */
    uint32_t net_height_px; /* 256, a multiple of 8 */
    uint32_t precision;
    uint32_t cpu_off;       /* HATPOSE_CPU_* bits not to use */
    uint32_t decode, hat_rule;
    uint32_t hat_sources;   /* HATPOSE_FROM_*, 0 = what there is */
    uint32_t paint_hats;    /* 1 = the old service's white discs */
    float keypoint_threshold, limb_threshold, person_threshold; /* -1 */
    uint32_t max_people, max_hats, max_side_px, max_net_width_px;
    uint64_t max_pixels, max_encoded_bytes, max_memory_bytes;
} hatpose_options;
typedef struct hatpose_image { /* layout only, no pointer inside */
    uint32_t struct_size;
    uint32_t format;
    uint32_t width_px, height_px;
    int64_t stride_bytes; /* 0 = packed rows; negative is refused */
} hatpose_image;
typedef struct hatpose_map_shape { /* planes of floats, in this order */
    uint32_t struct_size;
    uint32_t width_map_px, height_map_px;
    uint32_t heatmap_count, paf_count, hat_map_count; /* 19, 38, 0.. */
} hatpose_map_shape;
typedef struct hatpose_person {
    uint32_t struct_size;
    int32_t id; /* -1 */
    double score, hat_score; /* double: COMPAT is bit-exact */
    double area_rate;        /* COMPAT: box / picture, or -1 */
    uint32_t keypoint_count, flags; /* flags: 0 */
    int32_t hat_state, hat_reason, hat_index; /* index -1 = none */
    uint32_t reserved;
    int32_t compat_x1, compat_y1, compat_x2, compat_y2;
    float left, top, width, height; /* keypoints >= keypoint_threshold */
    hatpose_keypoint keypoints[HATPOSE_KEYPOINT_COUNT];
    int32_t peaks[HATPOSE_KEYPOINT_COUNT]; /* indices or -1 */
} hatpose_person;
typedef struct hatpose_times { /* 0 = did not run */
    uint32_t struct_size, reserved;
    double decode_us, prepare_us, network_us; /* decode: the file */
    double decode_people_us, match_us, total_us;
} hatpose_times;
typedef struct hatpose_layer_time {
    uint32_t struct_size;
    uint32_t precision;
    uint64_t mac_count;
    double time_us;
    char name[64], kernel[64];
} hatpose_layer_time;

HATPOSE_API uint32_t hatpose_version(void);
HATPOSE_API const char *hatpose_version_string(void);
HATPOSE_API hatpose_status hatpose_check_abi(uint32_t header_version);
HATPOSE_API const char *hatpose_status_string(hatpose_status status); /* never NULL */
HATPOSE_API const char *hatpose_reason_string(int32_t reason); /* "head_bare" */

/* *out is NULL unless HATPOSE_OK. host NULL = malloc, silent. */
HATPOSE_API hatpose_status hatpose_model_load_default(const hatpose_host *host,
    hatpose_model **out, hatpose_error *err);
HATPOSE_API hatpose_status hatpose_model_load_file(const char *utf8_path,
    const hatpose_host *host, hatpose_model **out, hatpose_error *err);
HATPOSE_API hatpose_status hatpose_model_load_memory(const void *data, size_t bytes,
    const hatpose_host *host, hatpose_model **out, hatpose_error *err);
HATPOSE_API hatpose_model *hatpose_model_retain(hatpose_model *model);
HATPOSE_API void hatpose_model_release(hatpose_model *model);
HATPOSE_API const char *hatpose_model_name(const hatpose_model *model);

HATPOSE_API void hatpose_options_init(hatpose_options *options, uint32_t struct_size);
HATPOSE_API hatpose_status hatpose_context_create(hatpose_model *model,
    const hatpose_options *options, hatpose_context **out, hatpose_error *err);
HATPOSE_API hatpose_status hatpose_context_configure(hatpose_context *context,
    const hatpose_options *options, hatpose_error *err); /* all or nothing */
HATPOSE_API void hatpose_context_destroy(hatpose_context *context);
HATPOSE_API const char *hatpose_context_kernels(const hatpose_context *context);
HATPOSE_API hatpose_status hatpose_context_layer_time(const hatpose_context *context,
    uint32_t index, hatpose_layer_time *layer); /* of the last network run */

HATPOSE_API hatpose_status hatpose_detect(hatpose_context *context,
    const void *pixels, const hatpose_image *layout, const hatpose_hat *hats,
    uint32_t hat_count, hatpose_result **out, hatpose_error *err);
HATPOSE_API hatpose_status hatpose_detect_encoded(hatpose_context *context,
    const void *data, size_t bytes, const hatpose_hat *hats,
    uint32_t hat_count, hatpose_result **out, hatpose_error *err);
/* The two halves of detect: pixels to maps, maps to people. */
HATPOSE_API hatpose_status hatpose_maps(hatpose_context *context,
    const void *pixels, const hatpose_image *layout,
    hatpose_map_shape *shape, float *maps,
    size_t capacity, size_t *needed, hatpose_error *err);
HATPOSE_API hatpose_status hatpose_detect_maps(hatpose_context *context,
    const float *maps, const hatpose_map_shape *shape,
    uint32_t width_px, uint32_t height_px,
    const hatpose_hat *hats, uint32_t hat_count,
    hatpose_result **out, hatpose_error *err);
/* Only the matcher: people x 18 keypoints from elsewhere. */
HATPOSE_API hatpose_status hatpose_match(hatpose_context *context,
    uint32_t width_px, uint32_t height_px,
    const hatpose_keypoint *keypoints, uint32_t person_count,
    const hatpose_hat *hats, uint32_t hat_count,
    hatpose_result **out, hatpose_error *err);

/* layout: format and stride in, width and height out. */
HATPOSE_API hatpose_status hatpose_image_decode(hatpose_context *context,
    const void *data, size_t bytes, hatpose_image *layout,
    void *pixels, size_t capacity, size_t *needed, hatpose_error *err);
HATPOSE_API hatpose_status hatpose_image_encode(hatpose_context *context,
    const void *pixels, const hatpose_image *layout,
    uint32_t file_type, uint32_t quality, /* JPEG: 1..100 */
    void *data, size_t capacity, size_t *needed, hatpose_error *err);

HATPOSE_API void hatpose_result_destroy(hatpose_result *result);
HATPOSE_API void hatpose_result_size(const hatpose_result *result,
    uint32_t *width_px, uint32_t *height_px);
HATPOSE_API uint32_t hatpose_result_precision(const hatpose_result *result); /* ran */
HATPOSE_API hatpose_status hatpose_result_times(const hatpose_result *result,
    hatpose_times *times);
HATPOSE_API uint32_t hatpose_result_person_count(const hatpose_result *result);
HATPOSE_API hatpose_status hatpose_result_person(const hatpose_result *result,
    uint32_t index, hatpose_person *person); /* fills struct_size bytes */
HATPOSE_API uint32_t hatpose_result_hat_count(const hatpose_result *result);
HATPOSE_API hatpose_status hatpose_result_hat(const hatpose_result *result,
    uint32_t index, hatpose_hat *hat);
HATPOSE_API uint32_t hatpose_result_head_count(const hatpose_result *result);
HATPOSE_API hatpose_status hatpose_result_head(const hatpose_result *result,
    uint32_t index, hatpose_head *head);
HATPOSE_API uint32_t hatpose_result_peak_count(const hatpose_result *result);
HATPOSE_API hatpose_status hatpose_result_peak(const hatpose_result *result,
    uint32_t index, hatpose_peak *peak); /* unused ones too */
HATPOSE_API hatpose_status hatpose_result_to_json(const hatpose_result *result,
    uint32_t flags, char *text, size_t capacity, size_t *needed);
HATPOSE_API hatpose_status hatpose_result_draw(const hatpose_result *result,
    uint32_t flags, void *pixels, const hatpose_image *layout,
    hatpose_error *err);

#ifdef __cplusplus
}
#endif

#endif
