/* hatpose.h - photo in, people out: where each person's 18 joints are, and
 * whether a hard hat is on the head.
 *
 *     hatpose_model *model;
 *     hatpose_context *context;
 *     hatpose_result *result;
 *     hatpose_error err;
 *
 *     hatpose_model_load_file("model.gguf", NULL, &model, &err);
 *     hatpose_context_create(model, NULL, &context, &err);
 *     hatpose_detect_encoded(context, jpeg, bytes, NULL, 0, &result, &err);
 *     ... hatpose_result_person_count(result) ...
 *
 * A model is immutable and shared by any number of threads. A context is
 * one caller's working state: threads, memory, plans. A result belongs to
 * the caller and outlives both.
 *
 * Coordinates are pixels of the picture after its EXIF turn; the centre of
 * the top-left pixel is (0, 0). Units are in the names: px, bytes, us.
 *
 * Every call that can fail returns a hatpose_status and fills the caller's
 * hatpose_error (NULL is fine) with one sentence. An out pointer is NULL
 * unless the call returned HATPOSE_OK. No call prints, exits, raises a
 * signal, reads the environment or touches the locale.
 *
 * SPDX-License-Identifier: Apache-2.0 */
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

/* ---- Handles ---------------------------------------------------------- */

typedef struct hatpose_model hatpose_model;     /* immutable, counted */
typedef struct hatpose_context hatpose_context; /* one thread at a time */
typedef struct hatpose_result hatpose_result;   /* immutable, the caller's */

/* ---- Version ---------------------------------------------------------- */

#define HATPOSE_VERSION 0x000100u /* 0xMMmmpp */

HATPOSE_API uint32_t hatpose_version(void);
HATPOSE_API const char *hatpose_version_string(void); /* "0.1.0" */

/* ---- Statuses and other numbers --------------------------------------- */

/* Numbers never change and are never used again for something else. */
typedef int32_t hatpose_status;
enum {
    HATPOSE_OK = 0,
    HATPOSE_E_ARGUMENT = 1,         /* the caller's bug */
    HATPOSE_E_MEMORY = 2,           /* the allocator gave none */
    HATPOSE_E_UNSUPPORTED = 3,      /* newer than this library or build */
    HATPOSE_E_ABI = 4,              /* header and library do not fit */
    HATPOSE_E_BUFFER_TOO_SMALL = 5, /* *needed was stored */
    HATPOSE_E_LIMIT = 6,            /* over a max_ of hatpose_options */
    HATPOSE_E_IO = 10,
    HATPOSE_E_MODEL_FORMAT = 20, /* not a model of ours */
    HATPOSE_E_MODEL_CORRUPT = 21,
    HATPOSE_E_IMAGE_FORMAT = 30, /* not a picture that is read here */
    HATPOSE_E_IMAGE_CORRUPT = 31,
    HATPOSE_E_INTERNAL = 90 /* our bug */
};

enum {
    HATPOSE_LOG_NONE = 0,
    HATPOSE_LOG_ERROR = 1,
    HATPOSE_LOG_WARN = 2,
    HATPOSE_LOG_INFO = 3,
    HATPOSE_LOG_DEBUG = 4
};

/* Parts of the machine, as bits: for hatpose_options.cpu_off. */
enum {
    HATPOSE_CPU_AVX2 = 1,
    HATPOSE_CPU_AVX512 = 2,
    HATPOSE_CPU_NEON = 4,
    HATPOSE_CPU_AMX = 8,
    HATPOSE_CPU_VNNI = 16,
    HATPOSE_CPU_BLAS = 32 /* OpenBLAS, where there are no kernels of ours */
};

/* The arithmetic of the network. AUTO: BF16 where the machine has units for
 * it, else F32; F32 with a COMPAT decoder. INT8 needs a model that was
 * calibrated. */
enum {
    HATPOSE_PRECISION_AUTO = 0,
    HATPOSE_PRECISION_F32 = 1,
    HATPOSE_PRECISION_BF16 = 2,
    HATPOSE_PRECISION_INT8 = 3
};

enum {
    HATPOSE_DECODE_BEST = 0,        /* what we would defend before a user */
    HATPOSE_DECODE_COMPAT = 1,      /* the original, to the bit */
    HATPOSE_DECODE_COMPAT_EXACT = 2 /* its people, before the cut to px */
};

enum { HATPOSE_HATS_GEOMETRIC = 0, HATPOSE_HATS_COMPAT = 1 };

/* Where evidence of hats comes from, as bits. */
enum { HATPOSE_FROM_CALLER = 1, HATPOSE_FROM_MODEL = 2 };

/* Pixel formats: bytes in memory in this order, 8 bit each. */
enum {
    HATPOSE_RGB8 = 1,
    HATPOSE_BGR8 = 2,
    HATPOSE_RGBA8 = 3,
    HATPOSE_BGRA8 = 4,
    HATPOSE_GRAY8 = 5
};

enum { HATPOSE_FILE_PNG = 1, HATPOSE_FILE_JPEG = 2 };

enum {
    HATPOSE_GEAR_HAT = 0,
    HATPOSE_GEAR_VEST = 1,
    HATPOSE_GEAR_GLOVE = 2,
    HATPOSE_GEAR_BOOT = 3,
    HATPOSE_GEAR_MASK = 4
};

/* UNKNOWN: there is no evidence. It never means "no hat". */
enum {
    HATPOSE_HAT_UNKNOWN = 0,
    HATPOSE_HAT_WORN = 1,
    HATPOSE_HAT_NOT_WORN = 2
};

enum {
    HATPOSE_REASON_NO_EVIDENCE = 0,
    HATPOSE_REASON_HAT_ON_HEAD = 1,
    HATPOSE_REASON_HEAD_BARE = 2,
    HATPOSE_REASON_HAT_IN_HAND = 3,
    HATPOSE_REASON_HEAD_HIDDEN = 4,
    HATPOSE_REASON_HEAD_TOO_SMALL = 5
};

/* Flags of hatpose_result_to_json. */
enum { HATPOSE_JSON_TIMINGS = 1 };

/* Flags of hatpose_result_draw; 0 draws skeletons, hats and tags. */
enum {
    HATPOSE_DRAW_SKELETONS = 1,
    HATPOSE_DRAW_BOXES = 2, /* of people */
    HATPOSE_DRAW_HATS = 4,
    HATPOSE_DRAW_TAGS = 8, /* number and state beside the head */
    HATPOSE_DRAW_BLUR = 16 /* found heads are pixelated first */
};

/* Keypoints, in this order everywhere: 0 nose, 1 neck, 2 right shoulder,
 * 3 right elbow, 4 right wrist, 5 left shoulder, 6 left elbow, 7 left
 * wrist, 8 right hip, 9 right knee, 10 right ankle, 11 left hip, 12 left
 * knee, 13 left ankle, 14 right eye, 15 left eye, 16 right ear, 17 left
 * ear. Right and left are the person's own. */
#define HATPOSE_KEYPOINT_COUNT 18 /* fixed for soname 1 */

/* ---- Frozen structs: they never grow in soname 1 ---------------------- */

typedef struct hatpose_error {
    hatpose_status status;
    uint32_t reserved;
    uint64_t offset;   /* byte in the model or picture, 0 = none */
    char message[240]; /* English, one line, terminated */
} hatpose_error;

typedef struct hatpose_keypoint {
    float x, y;  /* px */
    float score; /* 0 = not found (x and y are 0 then) */
} hatpose_keypoint;

/* A candidate joint: one maximum of a heatmap. */
typedef struct hatpose_peak {
    float x, y; /* px, never cut to whole ones */
    float score;
    uint32_t joint; /* 0..17 */
} hatpose_peak;

/* A hat (or other gear) from any detector. The first six fields go in; the
 * same with the next three filled come out of a result. */
typedef struct hatpose_hat {
    double left, top, width, height; /* px */
    float score;
    uint32_t kind;        /* HATPOSE_GEAR_* */
    int32_t person_index; /* out: who wears it, or -1 */
    int32_t holder_index; /* out: who has it in the hand, or -1 */
    uint32_t source;      /* out: HATPOSE_FROM_* */
    uint32_t reserved;
} hatpose_hat;

/* A head as the hat maps of a model show it, in the order of their scores.
 * Found people's heads are among them, and heads of people whose pose was
 * not found. */
typedef struct hatpose_head {
    float left, top, width, height, score; /* px */
    float hat_score;
    int32_t hat_state, hat_reason;
    int32_t hat_index;    /* -1 = none */
    int32_t person_index; /* -1 = no pose was found */
    uint32_t reserved;
} hatpose_head;

/* ---- Growing structs: set struct_size to sizeof in your build --------- */

/* What the library takes from its host. Allocate returns `bytes` bytes
 * aligned to `alignment` or NULL; deallocate gets the same size back. Both
 * may be called from worker threads, must not throw and must not call
 * back into the library. Both NULL: malloc and free. log NULL: silent.
 * Contexts and results inherit the host of their model; it is used until
 * the last of them is gone. */
typedef struct hatpose_host {
    uint32_t struct_size;
    int32_t log_level; /* HATPOSE_LOG_*: the most talkative one wanted */
    void *user;
    void *(*allocate)(void *user, size_t bytes, size_t alignment);
    void (*deallocate)(void *user, void *block, size_t bytes);
    void (*log)(void *user, int32_t level, const char *message);
} hatpose_host;

/* Start from hatpose_options_init. */
typedef struct hatpose_options {
    uint32_t struct_size;
    uint32_t thread_count; /* 0 = all cores this process may use, 1 = no
                              worker threads */
    /* 256, a multiple of 8. BEST: height of a 16:9 picture of the same area
     * as the network's input. COMPAT: the height of the input itself. */
    uint32_t net_height_px;
    uint32_t precision;   /* HATPOSE_PRECISION_* */
    uint32_t cpu_off;     /* HATPOSE_CPU_* bits not to use */
    uint32_t decode;      /* HATPOSE_DECODE_* */
    uint32_t hat_rule;    /* HATPOSE_HATS_* */
    /* HATPOSE_FROM_*, 0 = what there is. Of boxes and hat maps the surer one
     * says what a person's state is. Rule COMPAT knows no maps. */
    uint32_t hat_sources;
    /* 1 = the old service's white discs: painted at the hats on a copy of
     * the picture, before the network sees it. */
    uint32_t paint_hats;
    /* Negative = the mode's own: COMPAT 0.1, 0.05, 0.2; BEST 0.1, 0.05,
     * 0.6. A peak below keypoint_threshold starts no limb; in BEST weaker
     * ones (from 0.02) may still complete a person. limb_threshold is the
     * least PAF response of a sample. person_threshold is on the sum of the
     * scores of n keypoints and their limbs, COMPAT over n, BEST over
     * 0.75 * (n + 3). */
    float keypoint_threshold, limb_threshold, person_threshold;
    /* Over one of these: HATPOSE_E_LIMIT that names it. max_people: BEST
     * keeps the first by score; COMPAT has no such limit. In BEST a
     * network side over max_net_width_px is cut to it. */
    uint32_t max_people;         /* 256 */
    uint32_t max_hats;           /* 4096 */
    uint32_t max_side_px;        /* 32768 */
    uint32_t max_net_width_px;   /* 2048 */
    uint64_t max_pixels;         /* 100,000,000 */
    uint64_t max_encoded_bytes;  /* 64 MiB */
    uint64_t max_memory_bytes;   /* 1 GiB, of one context */
    /* 1 = a JPEG that is damaged or cut inside its picture is decoded as
     * OpenCV 4 decodes it from memory: rows that are missing repeat the last
     * one. For clients of the old service: half a picture gives people that
     * are not there. Without libjpeg-turbo the rest has no certain look. */
    uint32_t accept_damaged_jpeg;
    uint32_t reserved;
} hatpose_options;

/* Layout of pixels; the pixels themselves are an argument of their own. */
typedef struct hatpose_image {
    uint32_t struct_size;
    uint32_t format; /* HATPOSE_RGB8 .. HATPOSE_GRAY8 */
    uint32_t width_px, height_px;
    int64_t stride_bytes; /* from row to row; 0 = packed */
} hatpose_image;

/* Maps are planes of width * height floats: heatmaps, PAFs, hat maps. */
typedef struct hatpose_map_shape {
    uint32_t struct_size;
    uint32_t width_map_px, height_map_px;
    uint32_t heatmap_count, paf_count; /* 19, 38 */
    uint32_t hat_map_count;            /* 0: the model has none */
} hatpose_map_shape;

typedef struct hatpose_model_info {
    uint32_t struct_size;
    uint32_t crc32;
    uint64_t file_bytes, parameter_count;
    uint32_t operation_count;
    uint32_t heatmap_count, paf_count, hat_map_count;
    char name[128], license[128], description[256], source_url[256];
} hatpose_model_info;

typedef struct hatpose_person {
    uint32_t struct_size;
    int32_t id; /* -1: not tracked */
    /* BEST: for ranking; grows with keypoints, limbs and size. COMPAT: the
     * original's sum. */
    double score;
    /* How sure the state is, 0..1: one half where worn and not worn are
     * equally likely. COMPAT: 1; of a vest the largest overlap. */
    double hat_score;
    double area_rate;        /* rule COMPAT: box / picture, or -1 */
    uint32_t keypoint_count; /* found; COMPAT: as the original counts */
    uint32_t flags;          /* 0 */
    int32_t hat_state;       /* HATPOSE_HAT_* */
    int32_t hat_reason;      /* HATPOSE_REASON_* */
    int32_t hat_index;       /* -1 = none */
    uint32_t reserved;
    int32_t compat_x1, compat_y1, compat_x2, compat_y2; /* rule COMPAT */
    /* Around the keypoints of at least keypoint_threshold; px. */
    float left, top, width, height;
    hatpose_keypoint keypoints[HATPOSE_KEYPOINT_COUNT];
    int32_t peaks[HATPOSE_KEYPOINT_COUNT]; /* indices or -1 */
} hatpose_person;

/* 0 = that step did not run. total_us is the whole call. */
typedef struct hatpose_times {
    uint32_t struct_size, reserved;
    double decode_us;  /* the file */
    double prepare_us; /* resize and normalise */
    double network_us;
    double decode_people_us; /* maps to people */
    double match_us;         /* hats */
    double total_us;
} hatpose_times;

/* An operation that was joined with the next one has no time of its own, and
 * its multiplications are counted there. */
typedef struct hatpose_layer_time {
    uint32_t struct_size;
    uint32_t precision; /* that ran: HATPOSE_PRECISION_* */
    uint64_t mac_count;
    double time_us;
    char name[64], kernel[64];
} hatpose_layer_time;

/* ---- Compatibility and texts ------------------------------------------ */

/* Pass HATPOSE_VERSION. HATPOSE_E_ABI when the major differs or the library
 * is older than the header. */
HATPOSE_API hatpose_status hatpose_check_abi(uint32_t header_version);

/* Short stable words such as "image_corrupt", "head_bare"; never NULL. */
HATPOSE_API const char *hatpose_status_string(hatpose_status status);
HATPOSE_API const char *hatpose_reason_string(int32_t reason);
/* "right_wrist"; NULL from HATPOSE_KEYPOINT_COUNT on. */
HATPOSE_API const char *hatpose_keypoint_name(uint32_t joint);

/* ---- Models ------------------------------------------------------------
 * Counted: a load gives one reference, release the last to free it. Any
 * number of threads may use one model at the same time. host is copied;
 * NULL means malloc and silence. */

/* The library's own allocate and deallocate (large blocks ask for huge
 * pages; any user will do), for a host that counts and passes on; silent.
 * Pass sizeof(hatpose_host). */
HATPOSE_API void hatpose_host_init(hatpose_host *host, uint32_t struct_size);
/* The model built into the library. HATPOSE_E_UNSUPPORTED without one. */
HATPOSE_API hatpose_status hatpose_model_load_default(
    const hatpose_host *host, hatpose_model **out, hatpose_error *err);
/* The file stays open as long as the model lives: its weights are read when a
 * context wants them in another arithmetic. To replace a file, give its name
 * to a new one; contexts of a model whose file was written over may fail with
 * HATPOSE_E_IO. */
HATPOSE_API hatpose_status hatpose_model_load_file(const char *utf8_path,
                                                   const hatpose_host *host,
                                                   hatpose_model **out,
                                                   hatpose_error *err);
/* data is copied. */
HATPOSE_API hatpose_status hatpose_model_load_memory(const void *data,
                                                     size_t bytes,
                                                     const hatpose_host *host,
                                                     hatpose_model **out,
                                                     hatpose_error *err);
HATPOSE_API hatpose_model *hatpose_model_retain(hatpose_model *model);
HATPOSE_API void hatpose_model_release(hatpose_model *model); /* NULL ok */
HATPOSE_API const char *hatpose_model_name(const hatpose_model *model);
HATPOSE_API hatpose_status hatpose_model_describe(const hatpose_model *model,
                                                  hatpose_model_info *info);

/* ---- Contexts -----------------------------------------------------------
 * One thread at a time: a second call meanwhile gets HATPOSE_E_ARGUMENT. A
 * context keeps its memory from picture to picture: after the first one of
 * a kind and size a call allocates nothing but its result. After fork() a
 * child may only release and destroy. */

/* Sets the defaults; pass sizeof(hatpose_options). */
HATPOSE_API void hatpose_options_init(hatpose_options *options,
                                      uint32_t struct_size);
/* options NULL: the defaults. The context holds a reference to model. */
HATPOSE_API hatpose_status hatpose_context_create(
    hatpose_model *model, const hatpose_options *options,
    hatpose_context **out, hatpose_error *err);
/* New options, all or nothing; memory and plans are kept. */
HATPOSE_API hatpose_status hatpose_context_configure(
    hatpose_context *context, const hatpose_options *options,
    hatpose_error *err);
HATPOSE_API void hatpose_context_destroy(hatpose_context *context);
/* What computes, e.g. "scalar + OpenBLAS"; as long as the context. */
HATPOSE_API const char *
hatpose_context_kernels(const hatpose_context *context);
/* Time of one operation in the last network run; HATPOSE_E_ARGUMENT past
 * the last one. */
HATPOSE_API hatpose_status
hatpose_context_layer_time(const hatpose_context *context, uint32_t index,
                           hatpose_layer_time *layer);

/* ---- Detection ----------------------------------------------------------
 * hats NULL: no detector ran, and every state is UNKNOWN. Not NULL with
 * hat_count 0: it ran and saw none. One call judges one kind of gear; the
 * hat_* of people then speak of that kind. A number that is not finite is
 * HATPOSE_E_ARGUMENT; boxes without an area are on nobody's head (rule
 * COMPAT: only their centre counts).
 *
 * Rule GEOMETRIC: one hat to one person. Rule COMPAT: hats and vests only;
 * several people may share a hat_index, the hat names the first of them. */

HATPOSE_API hatpose_status hatpose_detect(
    hatpose_context *context, const void *pixels, const hatpose_image *layout,
    const hatpose_hat *hats, uint32_t hat_count, hatpose_result **out,
    hatpose_error *err);
/* JPEG, PNG, BMP, GIF (first frame), PNM, known by their first bytes. 16
 * bit is divided by 256, alpha dropped, a JPEG turned as its EXIF says. In
 * mode BEST a large JPEG is decoded no larger than the network needs:
 * keypoints may then lie up to a tenth of a network pixel from where
 * hatpose_detect finds them in its pixels. */
HATPOSE_API hatpose_status hatpose_detect_encoded(
    hatpose_context *context, const void *data, size_t bytes,
    const hatpose_hat *hats, uint32_t hat_count, hatpose_result **out,
    hatpose_error *err);

/* The two halves of hatpose_detect. capacity and *needed count floats.
 * maps NULL with capacity 0 only asks for shape and size. */
HATPOSE_API hatpose_status hatpose_maps(
    hatpose_context *context, const void *pixels, const hatpose_image *layout,
    hatpose_map_shape *shape, float *maps, size_t capacity, size_t *needed,
    hatpose_error *err);
/* shape must be the one that hatpose_maps gives for a picture of width_px
 * times height_px and these options. */
HATPOSE_API hatpose_status hatpose_detect_maps(
    hatpose_context *context, const float *maps,
    const hatpose_map_shape *shape, uint32_t width_px, uint32_t height_px,
    const hatpose_hat *hats, uint32_t hat_count, hatpose_result **out,
    hatpose_error *err);
/* Only the matcher: person_count times 18 keypoints from elsewhere. Rule
 * COMPAT fails where the old service did: HATPOSE_E_ARGUMENT names a person
 * without any joint at x > 0. */
HATPOSE_API hatpose_status hatpose_match(
    hatpose_context *context, uint32_t width_px, uint32_t height_px,
    const hatpose_keypoint *keypoints, uint32_t person_count,
    const hatpose_hat *hats, uint32_t hat_count, hatpose_result **out,
    hatpose_error *err);

/* ---- Pictures -----------------------------------------------------------
 * capacity and *needed count bytes; a NULL buffer with capacity 0 asks. */

/* layout: format and stride in, width and height out. */
HATPOSE_API hatpose_status hatpose_image_decode(
    hatpose_context *context, const void *data, size_t bytes,
    hatpose_image *layout, void *pixels, size_t capacity, size_t *needed,
    hatpose_error *err);
/* quality: JPEG, 1..100. Asking gives a bound; else *needed is the file's
 * size. */
HATPOSE_API hatpose_status hatpose_image_encode(
    hatpose_context *context, const void *pixels, const hatpose_image *layout,
    uint32_t file_type, uint32_t quality, void *data, size_t capacity,
    size_t *needed, hatpose_error *err);

/* One line of printable ASCII in the library's own font, onto pixels of any
 * format: a character takes 6 * scale px to the right and 9 * scale px down
 * from left_px, top_px; what the font lacks shows as "?", what leaves the
 * picture is cut. scale: 1..64. rgb: 0xRRGGBB. */
HATPOSE_API hatpose_status hatpose_image_text(
    void *pixels, const hatpose_image *layout, int32_t left_px, int32_t top_px,
    const char *text, uint32_t scale, uint32_t rgb, hatpose_error *err);

/* ---- Results ------------------------------------------------------------
 * Immutable; any number of readers. People come by falling score (COMPAT:
 * in the original's order), peaks by joint. An index past the end is
 * HATPOSE_E_ARGUMENT. Set struct_size of what is to be filled first. */

HATPOSE_API void hatpose_result_destroy(hatpose_result *result); /* NULL ok */
HATPOSE_API void hatpose_result_size(const hatpose_result *result,
                                     uint32_t *width_px, uint32_t *height_px);
/* The arithmetic that ran, HATPOSE_PRECISION_*; 0 when no network did. */
HATPOSE_API uint32_t hatpose_result_precision(const hatpose_result *result);
HATPOSE_API hatpose_status hatpose_result_times(const hatpose_result *result,
                                                hatpose_times *times);
HATPOSE_API uint32_t
hatpose_result_person_count(const hatpose_result *result);
HATPOSE_API hatpose_status hatpose_result_person(const hatpose_result *result,
                                                 uint32_t index,
                                                 hatpose_person *person);
HATPOSE_API uint32_t hatpose_result_hat_count(const hatpose_result *result);
HATPOSE_API hatpose_status hatpose_result_hat(const hatpose_result *result,
                                              uint32_t index,
                                              hatpose_hat *hat);
HATPOSE_API uint32_t hatpose_result_head_count(const hatpose_result *result);
HATPOSE_API hatpose_status hatpose_result_head(const hatpose_result *result,
                                               uint32_t index,
                                               hatpose_head *head);
HATPOSE_API uint32_t hatpose_result_peak_count(const hatpose_result *result);
HATPOSE_API hatpose_status hatpose_result_peak(const hatpose_result *result,
                                               uint32_t index,
                                               hatpose_peak *peak);

/* A copy in which joints with a score below min_score are not found; boxes,
 * scores, hats and all else stay. */
HATPOSE_API hatpose_status hatpose_result_filter(const hatpose_result *result,
                                                 float min_score,
                                                 hatpose_result **out,
                                                 hatpose_error *err);

/* One JSON object: format, width, height, people, hats, heads (with hat
 * maps). flags: HATPOSE_JSON_*. text NULL with capacity 0 asks; *needed
 * counts the final zero. */
HATPOSE_API hatpose_status hatpose_result_to_json(
    const hatpose_result *result, uint32_t flags, char *text,
    size_t capacity, size_t *needed);
/* Onto a picture of the result's size, any format. flags: HATPOSE_DRAW_*. */
HATPOSE_API hatpose_status hatpose_result_draw(const hatpose_result *result,
                                               uint32_t flags, void *pixels,
                                               const hatpose_image *layout,
                                               hatpose_error *err);

#ifdef __cplusplus
}
#endif

#endif
